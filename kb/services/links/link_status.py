"""The status of links: shown to the readers of an item, listed for the members of its group, checked on request."""

from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission
from kb.errors import Conflict
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.web_pages.canonical_address import web_address
from kb.model.web_pages.link_check import LinkCheck
from kb.services.core.library import Library
from kb.services.core.pagination import page_count
from kb.services.items.items import readable_item
from kb.settings import OFF
from kb.store.database.clock import timestamp_now

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class DeadLinks:
    """One page of a group's items with dead links, the latest first; `total` counts all of them."""

    group: Group
    total: int
    page: int
    links: tuple[tuple[Item, LinkCheck], ...]

    @property
    def pages(self) -> int:
        """The number of pages, at least one."""
        return page_count(self.total, PER_PAGE)


def dead_links(library: Library, actor: Actor, slug: str, page: int = 1) -> DeadLinks:
    """The items of a group with dead links, for members, who can act on them.

    Raises NotFound, LoginNeeded, Forbidden. Pages after the last are empty.
    """
    with library.store.read() as reading:
        group = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        total, links = reading.link_checks.dead_in(group.id, (page - 1) * PER_PAGE, PER_PAGE)
    return DeadLinks(group, total, page, tuple(links))


def request_link_check(library: Library, actor: Actor, item_id: str) -> tuple[Item, Group]:
    """Request a check of an item's address soon.

    Raises NotFound, LoginNeeded, Forbidden; Conflict if it cannot be checked.
    """
    with library.store.write() as writing:
        item, group = readable_item(writing, actor, item_id)
        group = require_permission(actor, Action.CONTRIBUTE, group)
        if library.settings.fetch == OFF:
            raise Conflict("This site does not look at other sites' pages.")
        if item.url is None or web_address(item.url) is None:
            raise Conflict("This item has no address on the web.")
        now = timestamp_now()
        check = writing.link_checks.of_item(item.id)
        if check is None or check.address != item.url:
            check = LinkCheck(item.id, item.url, now, now)
        writing.link_checks.put(replace(check, requested_at=check.requested_at or now))
        return item, group


def visible_link_check(library: Library, actor: Actor, item: Item, group: Group) -> LinkCheck | None:
    """The last check of the address of an item, which the caller knows to be readable.

    All readers see a dead link; only users who can act on it see the other results.
    """
    if item.url is None:
        return None
    with library.store.read() as reading:
        check = reading.link_checks.of_item(item.id)
    if check is None or check.address != item.url:
        return None
    return check if check.is_dead or is_allowed(actor, Action.CONTRIBUTE, group) else None
