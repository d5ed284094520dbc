"""The link status on an item's page: the link works, or is dead."""

from dataclasses import dataclass
from urllib.parse import quote

from kb.access.actor import Action
from kb.model.web_pages.link_check import LinkCheck
from kb.services.groups.groups import allowed_actions
from kb.services.items.items import ItemView
from kb.services.links.link_status import visible_link_check
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.ui.fragments import Link, MarkedPieces
from kb.web.ui.group_header import DEAD_LINKS

ARCHIVE = "https://web.archive.org/web/*/"
"""Where old copies of pages are looked for, by who wants to: nothing is asked of it from here."""


@dataclass(frozen=True, slots=True)
class LinkStatusNotice:
    """`found` are the words of the page in which what was asked for stands; `dead` says since when its address leads
    nowhere, and `ways` what one can do then.
    """

    found: MarkedPieces
    dead: str
    ways: tuple[Link, ...]


def link_status_notice(context: RequestContext, view: ItemView) -> LinkStatusNotice | None:
    """None where there is nothing to say."""
    seen = visible_link_check(context.library, context.actor, view.item, view.group)
    found = next((match.pieces for match in view.matches if match.field == "page"), ())
    dead = dead_link_sentence(seen, context.words) if seen and seen.is_dead else ""
    if not (found or dead):
        return None
    return LinkStatusNotice(found, dead, _ways(context, view) if dead else ())


def dead_link_sentence(check: LinkCheck, words: Translator) -> str:
    """Since when an address leads nowhere."""
    return words.say("The address has led nowhere since %(day)s.", day=words.instant(check.failing_since or ""))


def archive_address(address: str) -> str:
    """Where old copies of a page are looked for."""
    return ARCHIVE + quote(address, safe=":/?&=%#,;+@!$'()*~[]")


def _ways(context: RequestContext, view: ItemView) -> tuple[Link, ...]:
    words, addresses = context.words, context.addresses
    ways = [Link(words.say("Look for a copy in the Internet Archive"), archive_address(view.item.url or ""))]
    if Action.CONTRIBUTE in allowed_actions(context.actor, view.group):
        ways.append(Link(words.say("All dead addresses of the group"), addresses.group(view.group.slug, DEAD_LINKS)))
    return tuple(ways)
