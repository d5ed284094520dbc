"""Listings of items as programs of bookmark services ask for them: a number of items from any place on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.model.dates import stored_instant
from kb.model.items.item import Item
from kb.model.items.reading_list import ReadingListPart
from kb.model.people.group import Group
from kb.model.search_request import MAX_PER_PAGE, SearchRequest, Sort
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.groups.group_views import readable_group
from kb.services.items.items import ItemView, items_page
from kb.services.items.reading_list import MOST_ENTRIES
from kb.services.search.search_access import search_access

MOST_LISTED = 1_000
"""Items of one answer; programs ask for the next ones."""


@dataclass(frozen=True, slots=True)
class ItemWindow:
    """Some items of a listing, and the number of all of them."""

    total: int
    items: tuple[ItemView, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """`count` items from place `start` on, from 0; MOST_LISTED at most."""

    start: int
    count: int


def listed_items(library: Library, actor: Actor, request: SearchRequest, span: Span) -> ItemWindow:
    """Some of the items that a request finds. Raises Unavailable."""
    start, count = span.start, min(span.count, MOST_LISTED)
    if count <= 0:
        return ItemWindow(items_page(library, actor, replace(request, page=1, per_page=1)).total, ())
    per_page = min(MAX_PER_PAGE, count)
    first = start // per_page
    views: list[ItemView] = []
    for number in range(first, (start + count - 1) // per_page + 1):
        page = items_page(library, actor, replace(request, page=number + 1, per_page=per_page))
        views += page.items
        if (number + 1) * per_page >= page.total:
            break
    begin = start - first * per_page
    return ItemWindow(page.total, tuple(views[begin : begin + count]))


def date_added(item: Item) -> datetime | None:
    """When an item was added, as listings by date compare it."""
    return stored_instant(item.added)


def date_modified(item: Item) -> datetime | None:
    """When an item was last changed, as listings by date compare it."""
    return stored_instant(item.updated or item.added)


def newer_count(library: Library, actor: Actor, request: SearchRequest, sort: Sort, since: datetime) -> int:
    """How many items of a request were added (`RECENT`) or changed (`UPDATED`) after an instant.

    They stand first in that order: a binary search finds the last of them, with some twenty searches for a million.
    """
    date_of: Callable[[Item], datetime | None] = date_modified if sort is Sort.UPDATED else date_added
    request = replace(request, sort=sort, per_page=1)

    def is_newer(place: int) -> bool:
        items = items_page(library, actor, replace(request, page=place + 1)).items
        date = date_of(items[0].item) if items else None
        return date is not None and date > since

    low, high = 0, items_page(library, actor, replace(request, page=1)).total
    while low < high:
        middle = (low + high) // 2
        if is_newer(middle):
            low = middle + 1
        else:
            high = middle
    return low


def reading_list_items(
    library: Library, actor: Actor, part: ReadingListPart, request: SearchRequest, span: Span
) -> ItemWindow:
    """Some of the items on a part of the actor's reading list that a request finds, the latest first.

    Raises Unavailable.
    """
    user_id = require_signed_in_user(actor, reading=True)
    readable, matchers = search_access(library, actor, request)
    result_ids = library.catalogue.search(request, readable, matchers).ids()
    groups = {group.id: group for group in readable.groups}
    with library.store.read() as reading:
        entries = reading.reading_lists.page(user_id, readable.scope, part, 0, MOST_ENTRIES)
        ids = [entry.item_id for entry in entries if entry.item_id in result_ids]
        items = reading.items.visible(
            ids[span.start : span.start + min(span.count, MOST_LISTED)], readable.scope
        ).values()
    return ItemWindow(len(ids), tuple(ItemView(item, groups[item.group_id]) for item in items))


def readable_group_list(library: Library, actor: Actor) -> tuple[Group, ...]:
    """The groups that the actor may read, without their counts, which cost searches."""
    with library.store.read() as reading:
        return readable_groups(reading, actor).groups


def shared_group_slugs(library: Library, actor: Actor) -> tuple[str, ...]:
    """The groups that the actor may read, but for libraries of single users."""
    return tuple(group.slug for group in readable_group_list(library, actor) if not group.is_personal)


def counts_by_day(library: Library, actor: Actor, request: SearchRequest) -> tuple[tuple[str, int], ...]:
    """How many items of a request were added on each day (`YYYY-MM-DD`), the last day first. Raises Unavailable."""
    readable, matchers = search_access(library, actor, request)
    result_ids = library.catalogue.search(request, readable, matchers).ids()
    with library.store.read() as reading:
        return reading.items.counts_by_day(result_ids, readable.scope)


def library_changed_at(library: Library, actor: Actor, slug: str) -> datetime | None:
    """When the library of a group last changed; None if unknown. Raises NotFound for an unreadable group."""
    group = readable_group(library, actor, slug)
    with library.store.read() as reading:
        return stored_instant(reading.groups.changed_at([group.id]))
