"""Listings of items as programs of bookmark services ask for them: a number of items from any place on."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from kb.access.actor import Actor
from kb.access.permissions import require_signed_in_user
from kb.model.dates import stored_instant
from kb.model.items.item import Item
from kb.model.items.reading_list import ReadingListPart
from kb.model.people.group import Group
from kb.model.search_request import MAX_PER_PAGE, SearchRequest, Sort, View
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.exports.exports import exported_items
from kb.services.groups.group_views import readable_group
from kb.services.items.items import ItemView
from kb.services.items.reading_list import MOST_ENTRIES
from kb.services.search.search_access import ResultIds, find_result_ids, search_access, with_last_visit

MOST_LISTED = 1_000
"""Items of one answer; programs ask for the next ones."""


@dataclass(frozen=True, slots=True)
class ItemWindow:
    """Some items of a listing, and the number of all of them. `items` are read a few at a time, once, each with the
    rights of that moment.
    """

    total: int
    ids: tuple[str, ...]
    items: Iterator[ItemView]


@dataclass(frozen=True, slots=True)
class Span:
    """`count` items from place `start` on, from 0; MOST_LISTED at most."""

    start: int
    count: int


def listed_items(library: Library, actor: Actor, request: SearchRequest, span: Span) -> ItemWindow:
    """Some of the items that a request finds. Raises Unavailable."""
    start, count = span.start, min(span.count, MOST_LISTED)
    if count <= 0:
        return item_window(library, actor, _page(library, actor, request, 1, 1).total, ())
    per_page = min(MAX_PER_PAGE, count)
    first = start // per_page
    ids: list[str] = []
    for number in range(first, (start + count - 1) // per_page + 1):
        page = _page(library, actor, request, number + 1, per_page)
        ids += page.ids
        if (number + 1) * per_page >= page.total:
            break
    begin = start - first * per_page
    return item_window(library, actor, page.total, ids[begin : begin + count])


def item_window(library: Library, actor: Actor, total: int, ids: Sequence[str]) -> ItemWindow:
    """The items with these ids, of a listing of `total` ones."""
    views = (ItemView(item, group) for item, group in exported_items(library, actor, ids))
    return ItemWindow(total, tuple(ids), views)


def _page(library: Library, actor: Actor, request: SearchRequest, number: int, per_page: int) -> ResultIds:
    request = replace(request, view=View.ITEMS, page=number, per_page=per_page)
    return find_result_ids(library, actor, with_last_visit(request, actor))


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
    request = replace(request, sort=sort)

    def is_older(position: int) -> bool:
        page = _page(library, actor, request, position + 1, 1)
        with library.store.read() as reading:
            items = reading.items.without_annotations(page.ids, page.scope)
        date = next(map(date_of, items.values()), None)
        return date is None or date <= since

    return bisect_left(range(_page(library, actor, request, 1, 1).total), True, key=is_older)


def reading_list_items(
    library: Library, actor: Actor, part: ReadingListPart, request: SearchRequest, span: Span
) -> ItemWindow:
    """Some of the items on a part of the actor's reading list that a request finds, the latest first.

    Raises Unavailable.
    """
    user_id = require_signed_in_user(actor, reading=True)
    readable, matchers = search_access(library, actor, request)
    result_ids = library.catalogue.search(request, readable, matchers).ids()
    with library.store.read() as reading:
        entries = reading.reading_lists.page(user_id, readable.scope, part, 0, MOST_ENTRIES)
    ids = [entry.item_id for entry in entries if entry.item_id in result_ids]
    return item_window(library, actor, len(ids), ids[span.start : span.start + min(span.count, MOST_LISTED)])


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
