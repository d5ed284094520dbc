"""Passages and comments one by one, as programs that export annotations ask for them."""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from kb.access.actor import Actor
from kb.model.dates import stored_instant
from kb.model.items.annotation import Annotation, Reply
from kb.model.items.item import Item, date_of_change
from kb.model.items.reply_threads import ancestor_ids, parents_of
from kb.model.people.group import Group
from kb.model.search_request import MAX_PER_PAGE, SearchRequest, View
from kb.model.web_pages.canonical_address import canonical_url
from kb.services.annotations.annotations import annotation_or_reply
from kb.services.clients.listings import Span
from kb.services.core.library import Library
from kb.services.core.readable_groups import readable_groups
from kb.services.items.items import item_page
from kb.services.search.search_access import find_result_ids

MOST_ITEMS_AT_ADDRESS = 1_000
MOST_AT_ADDRESS = 10_000
"""Passages and replies on the items with an address that are read; a search gives as many."""
_BATCH = 5
"""Items in memory at a time: one may have thousands of annotations."""


@dataclass(frozen=True, slots=True)
class Passage:
    """An annotation, or a reply, with its item and group; `above` are the ids of the annotation and the replies that
    stand above a reply in its thread.
    """

    part: Annotation | Reply
    item: Item
    group: Group
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PassageWindow:
    """Some passages of a listing, and the number of all of them."""

    total: int
    passages: tuple[Passage, ...]


def passage_date(passage: Passage) -> datetime | None:
    """When a passage was added, as listings by date compare it."""
    return stored_instant(passage.part.added)


def passage_change(passage: Passage) -> datetime | None:
    """When a passage was last changed, as listings by the date of the change compare it."""
    return stored_instant(date_of_change(passage.part, passage.item))


def tags_of(passage: Passage) -> tuple[str, ...]:
    """The tags of a passage: its own, or else those of its item."""
    return passage.item.tags if passage.part.tags is None else passage.part.tags


def listed_passages(
    library: Library, actor: Actor, request: SearchRequest, span: Span, *, is_reversed: bool = False
) -> PassageWindow:
    """Some of the passages and comments that a request finds; `is_reversed`: from the last one on. Raises
    Unavailable.
    """
    if is_reversed:
        total = listed_passages(library, actor, request, Span(0, 1)).total
        end = max(0, total - span.start)
        start = max(0, end - max(1, span.count))
        if start == end:
            return PassageWindow(total, ())
        window = listed_passages(library, actor, request, Span(start, end - start))
        return PassageWindow(total, window.passages[::-1])
    per_page = max(1, min(MAX_PER_PAGE, span.count))
    first, last = span.start // per_page, (span.start + max(1, span.count) - 1) // per_page
    total, all_passages = 0, list[Passage | None]()
    for number in range(first, last + 1):
        total, passages = _page(library, actor, replace(request, page=number + 1, per_page=per_page))
        all_passages += passages
        if (number + 1) * per_page >= total:
            break
    begin = span.start - first * per_page
    return PassageWindow(
        total, tuple(passage for passage in all_passages[begin : begin + span.count] if passage is not None)
    )


def count_before(
    library: Library,
    actor: Actor,
    request: SearchRequest,
    is_before: Callable[[Passage], bool],
    *,
    is_reversed: bool = False,
) -> int:
    """How many passages, from the first in the order of a request on, or its reverse, are before a date.

    They stand first: a binary search finds the last of them.
    """

    def is_past(position: int) -> bool:
        passages = listed_passages(library, actor, request, Span(position, 1), is_reversed=is_reversed).passages
        return not passages or not is_before(passages[0])

    return bisect_left(range(listed_passages(library, actor, request, Span(0, 1)).total), True, key=is_past)


def passages_at_address(library: Library, actor: Actor, url: str) -> Iterator[Passage]:
    """All passages and comments on the readable items with an address, MOST_AT_ADDRESS at most."""
    address = canonical_url(url)
    if address is None:
        return
    count = 0
    with library.store.read() as reading:
        groups = {group.id: group for group in readable_groups(reading, actor).groups}
        ids = reading.items.ids_at_address(address, groups, MOST_ITEMS_AT_ADDRESS)
        for position in range(0, len(ids), _BATCH):
            for item in reading.items.any_of(ids[position : position + _BATCH]).values():
                for annotation in item.annotations:
                    yield Passage(annotation, item, groups[item.group_id])
                count += sum(1 for _ in item.parts)
            if count >= MOST_AT_ADDRESS:
                return


def passage_with_id(library: Library, actor: Actor, passage_id: str) -> Passage:
    """The annotation or the reply with this id. Raises NotFound."""
    view = annotation_or_reply(library, actor, passage_id)
    group = item_page(library, actor, view.item.id).group
    if isinstance(view.part, Annotation):
        return Passage(view.part, view.item, group)
    annotation = next(annotation for annotation in view.item.annotations if annotation.id == view.parent)
    return Passage(
        view.part, view.item, group, (annotation.id, *ancestor_ids(view.part.id, parents_of(annotation.replies)))
    )


def reply_passages(library: Library, passage: Passage) -> Iterator[Passage]:
    """The replies to an annotation, in their order; none to a reply. They are read from the database."""
    if isinstance(passage.part, Annotation):
        with library.store.read() as reading:
            replies = reading.items.replies_to(passage.part.id)
        parents = parents_of(replies)
        for reply in replies:
            above = (passage.part.id, *ancestor_ids(reply.id, parents))
            yield Passage(reply, passage.item, passage.group, above)


def _page(library: Library, actor: Actor, request: SearchRequest) -> tuple[int, list[Passage | None]]:
    """The number of hits, and the hits of a page, without replies; None for what has gone meanwhile."""
    hits = find_result_ids(library, actor, replace(request, view=View.PASSAGES))
    with library.store.read() as reading:
        items = reading.items.with_annotations(hits.ids, hits.scope)
    return hits.total, [_passage(items.get(hit_id), hit_id, hits.groups) for hit_id in hits.ids]


def _passage(item: Item | None, passage_id: str, groups: dict[str, Group]) -> Passage | None:
    if item is None or item.group_id not in groups:
        return None
    passages = (Passage(part, item, groups[item.group_id]) for part in item.annotations if part.id == passage_id)
    return next(passages, None)
