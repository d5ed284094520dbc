"""Read one item for its page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.errors import NotFound
from kb.model.items.item import Item
from kb.model.items.item_budget import item_size
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, View, VocabularyMode
from kb.search.marks import MatchedText, marked_spans, matched_page_text, matched_texts_of_item
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.search.search_access import ResultIds, find_result_ids, with_last_visit
from kb.store import ReadSnapshot

MOST_READ_BYTES = 4_000_000
"""Bytes of the items, as `item_size` counts them, that are read whole for one page."""
_BATCH = 5


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item and its group. `matches` are its texts with the words of the query, whole and marked.

    Of the page's text only the best part is included. `annotation_count` is that of an item which was read without its
    annotations, and else None.
    """

    item: Item
    group: Group
    matches: tuple[MatchedText, ...] = ()
    annotation_count: int | None = None


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """One page of whole items, read a few at a time, once, and the total number. After MOST_READ_BYTES, items are read
    without their annotations.
    """

    request: SearchRequest
    total: int
    items: Iterator[ItemView]


def items_page(library: Library, actor: Actor, request: SearchRequest) -> ItemsPage:
    """The readable items that a request finds, without facets and marks.

    `view` has no effect. Raises Unavailable, as a search does.
    """
    request = with_last_visit(replace(request, view=View.ITEMS), actor)
    hits = find_result_ids(library, actor, request)
    return ItemsPage(request, hits.total, _views(library, hits))


def _views(library: Library, hits: ResultIds) -> Iterator[ItemView]:
    left, position = MOST_READ_BYTES, 0
    while position < len(hits.ids) and left > 0:
        with library.store.read() as reading:
            items = reading.items.visible(hits.ids[position : position + _BATCH], hits.scope).values()
        position += _BATCH
        left -= sum(item_size(item).bytes for item in items)
        yield from (ItemView(item, hits.groups[item.group_id]) for item in items)
    ids = hits.ids[position:]
    with library.store.read() as reading:
        items = reading.items.without_annotations(ids, hits.scope).values()
        counts = reading.items.annotation_counts(ids)
    yield from (ItemView(item, hits.groups[item.group_id], annotation_count=counts.get(item.id, 0)) for item in items)


def item_page(
    library: Library, actor: Actor, item_id: str, q: str = "", vocabulary: VocabularyMode = VocabularyMode.ON
) -> ItemView:
    """An item that the actor may read, marked with the words of a query and with those that its group's vocabulary
    adds.

    Raises NotFound.
    """
    request = SearchRequest(q=q, vocabulary=vocabulary)
    with library.store.read() as reading:
        readable = readable_groups(reading, actor)
        item, group = readable_item(reading, actor, item_id)
        matchers = library.vocabulary_cache.for_search(reading, request, [group])
        page = (reading.page_texts.of_item(item.id) or "") if q.strip() else ""
    marker = library.catalogue.search(request, readable, matchers).marker()
    marks = (*matched_texts_of_item(item, marker), *matched_page_text(page, item.language, marker)) if marker else ()
    return ItemView(item, group, marks)


def spans_in_page_text(
    library: Library, actor: Actor, view: ItemView, text: str, request: SearchRequest
) -> tuple[tuple[tuple[int, int], ...], int | None]:
    """Where the words of a search stand in the page text of an item, and which place comes first, as
    `kb.search.marks.marked_spans` gives them.
    """
    with library.store.read() as reading:
        readable = readable_groups(reading, actor)
        matchers = library.vocabulary_cache.for_search(reading, request, [view.group])
    marker = library.catalogue.search(request, readable, matchers).marker()
    return marked_spans(text, view.item.language, marker) if marker else ((), None)


def item_if_readable(library: Library, actor: Actor, item_id: str) -> Item | None:
    """An item; None if it does not exist or the actor may not read it."""
    with library.store.read() as reading:
        try:
            item, _ = readable_item(reading, actor, item_id)
        except NotFound:
            return None
    return item


def writable_item(library: Library, actor: Actor, item_id: str) -> ItemView:
    """An item that the actor may read and write about. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        item, group = readable_item(reading, actor, item_id)
    return ItemView(item, require_permission(actor, Action.CONTRIBUTE, group))


def has_page_text(library: Library, item_id: str) -> bool:
    """Whether the text of an item's page or file is kept. The caller has checked that the user may read the item."""
    with library.store.read() as reading:
        return bool(reading.page_texts.present([item_id]))


def page_text(library: Library, item_id: str) -> str:
    """The kept text of an item's page or file; empty without one. The rights are checked as for `has_page_text`."""
    with library.store.read() as reading:
        return reading.page_texts.of_item(item_id) or ""


def readable_item(reading: ReadSnapshot, actor: Actor, item_id: str) -> tuple[Item, Group]:
    """An item and its group, if the actor may read them. Raises NotFound, with the same message for a missing item."""
    scope, groups = readable_groups(reading, actor)
    item = reading.items.visible((item_id,), scope).get(item_id)
    group = next((group for group in groups if item is not None and group.id == item.group_id), None)
    if item is None or group is None:
        raise NotFound("This item does not exist, or you may not read it.")
    return item, group
