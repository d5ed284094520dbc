"""What the page of an item says of its page elsewhere: found there, or gone."""

from dataclasses import dataclass
from urllib.parse import quote

from kb.access.actor import Action
from kb.model.web_pages.link_check import LinkCheck
from kb.services.groups.groups import allowed_in
from kb.services.items.items import ItemView
from kb.services.links.link_status import seen_of
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.ui.fragments import Link, Pieces
from kb.web.ui.group_header import DEAD_LINKS

ARCHIVE = "https://web.archive.org/web/*/"
"""Where old copies of pages are looked for, by who wants to: nothing is asked of it from here."""


@dataclass(frozen=True, slots=True)
class PageElsewhere:
    """`found` are the words of the page in which what was asked for stands; `dead` says since when its address leads
    nowhere, and `ways` what one can do then.
    """

    found: Pieces
    dead: str
    ways: tuple[Link, ...]


def page_elsewhere(context: Context, view: ItemView) -> PageElsewhere | None:
    """None where there is nothing to say."""
    seen = seen_of(context.library, context.actor, view.item, view.group)
    found = next((match.pieces for match in view.matches if match.field == "page"), ())
    dead = dead_told(seen, context.words) if seen and seen.is_dead else ""
    if not (found or dead):
        return None
    return PageElsewhere(found, dead, _ways(context, view) if dead else ())


def dead_told(check: LinkCheck, words: Translator) -> str:
    """Since when an address leads nowhere."""
    return words.say("The address has led nowhere since %(day)s.", day=words.instant(check.failing_since or ""))


def archive_of(address: str) -> str:
    """Where old copies of a page are looked for."""
    return ARCHIVE + quote(address, safe=":/?&=%#,;+@!$'()*~[]")


def _ways(context: Context, view: ItemView) -> tuple[Link, ...]:
    words, addresses = context.words, context.addresses
    ways = [Link(words.say("Look for a copy in the Internet Archive"), archive_of(view.item.url or ""))]
    if Action.CONTRIBUTE in allowed_in(context.actor, view.group):
        ways.append(Link(words.say("All dead addresses of the group"), addresses.group(view.group.slug, DEAD_LINKS)))
    return tuple(ways)
