"""The link status on an item's page: the link works, or is dead."""

from dataclasses import dataclass
from urllib.parse import quote

from kb.access.actor import Action
from kb.model.web_pages.link_check import LinkCheck
from kb.services.groups.group_views import allowed_actions
from kb.services.items.items import ItemView
from kb.services.links.link_status import visible_link_check
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link, MarkedPieces
from kb.web.ui.group_header import DEAD_LINKS

ARCHIVE = "https://web.archive.org/web/*/"
"""A site with old copies of pages, as a link for users: this site sends no request to it."""


@dataclass(frozen=True, slots=True)
class LinkStatusNotice:
    """`found` are parts of the page's text with the query's words; `dead` says since when its link is dead, and `ways`
    are the possible actions.
    """

    found: MarkedPieces
    dead: str
    ways: tuple[Link, ...]


def link_status_notice(context: RequestContext, view: ItemView) -> LinkStatusNotice | None:
    """None if there is nothing to show."""
    seen = visible_link_check(context.library, context.actor, view.item, view.group)
    found = next((match.pieces for match in view.matches if match.field == "page"), ())
    dead = dead_link_sentence(seen, context.words) if seen and seen.is_dead else ""
    if not (found or dead):
        return None
    return LinkStatusNotice(found, dead, _ways(context, view) if dead else ())


def dead_link_sentence(check: LinkCheck, words: Translator) -> str:
    """Since when a link is dead."""
    return words.say("The address has led nowhere since %(day)s.", day=words.instant(check.failing_since or ""))


def archive_address(address: str) -> str:
    """The address with old copies of a page."""
    return ARCHIVE + quote(address, safe=":/?&=%#,;+@!$'()*~[]")


def _ways(context: RequestContext, view: ItemView) -> tuple[Link, ...]:
    words, addresses = context.words, context.addresses
    ways = [Link(words.say("Look for a copy in the Internet Archive"), archive_address(view.item.url or ""))]
    if Action.CONTRIBUTE in allowed_actions(context.actor, view.group):
        ways.append(Link(words.say("All dead addresses of the group"), addresses.group(view.group.slug, DEAD_LINKS)))
    return tuple(ways)
