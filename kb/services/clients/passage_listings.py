"""Passages and comments one by one, as programs that export annotations ask for them."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote, unquote

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
from kb.services.items.items import item_if_readable, item_page
from kb.services.search.search_access import find_result_ids

MOST_ITEMS_AT_ADDRESS = 1_000
MOST_AT_ADDRESS = 10_000
"""Passages and replies on the items with an address that are read; a search gives as many."""
_END_OF_ID = re.compile("[/?#]")
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


@dataclass(frozen=True, slots=True)
class PageAddress:
    """An address that a program annotates: `addresses` are the canonical ones of the page, `item_id` is the item whose
    page on this site it is, if it is one.
    """

    url: str
    addresses: tuple[str, ...]
    item_id: str | None = None

    def is_of(self, item: Item) -> bool:
        """Whether an item is of this page."""
        return item.id == self.item_id or canonical_url(item.url) in self.addresses


def page_address(library: Library, actor: Actor, url: str) -> PageAddress:
    """The page at an address. The page of an item here is also the page that the item is of, if the actor reads it."""
    start = f"{library.settings.base_url}/items/"
    address = canonical_url(url)
    if not url.startswith(start):
        return PageAddress(url, (address,) if address else ())
    item_id = unquote(_END_OF_ID.split(url[len(start) :], maxsplit=1)[0])
    item = item_if_readable(library, actor, item_id)
    urls = (canonical_url(start + quote(item_id, safe="")), canonical_url(item.url) if item is not None else None)
    return PageAddress(url, tuple(filter(None, urls)), item.id if item is not None else None)


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


def passages_of_pages(
    library: Library, actor: Actor, pages: Sequence[PageAddress], *, with_replies: bool = False
) -> Iterator[Passage]:
    """All passages and comments on the readable items of these pages, and the replies to them if they are wanted;
    MOST_AT_ADDRESS at most.
    """
    count = 0
    with library.store.read() as reading:
        groups = {group.id: group for group in readable_groups(reading, actor).groups}
        ids = dict.fromkeys(
            item_id
            for page in pages
            for address in page.addresses
            for item_id in reading.items.ids_at_address(address, groups, MOST_ITEMS_AT_ADDRESS)
        )
        ids |= dict.fromkeys(page.item_id for page in pages if page.item_id)
        known = list(ids)[:MOST_ITEMS_AT_ADDRESS]
        for position in range(0, len(known), _BATCH):
            for item in reading.items.any_of(known[position : position + _BATCH]).values():
                if item.group_id not in groups:
                    continue
                group = groups[item.group_id]
                for annotation in item.annotations:
                    yield Passage(annotation, item, group)
                    if with_replies:
                        yield from _replies_of(annotation, annotation.replies, item, group)
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


def passages_with_ids(library: Library, actor: Actor, ids: Sequence[str]) -> Iterator[Passage]:
    """The annotations and the replies with these ids, in their order; those that the actor may not read are left out.

    An annotation has no more than its first replies, and above a reply stand its annotation and the reply it answers.
    """
    with library.store.read() as reading:
        scope, readable = readable_groups(reading, actor)
        item_ids = reading.items.taken_annotation_ids(ids)
        items = reading.items.without_annotations(item_ids.values(), scope)
        parts = reading.items.listed_annotations(part_id for part_id in ids if item_ids.get(part_id) in items)
        replies = {reply.id: reply for annotation in parts.values() for reply in annotation.replies}
        answered = reading.items.taken_annotation_ids(reply.reply_to for reply in replies.values() if reply.reply_to)
    groups = {group.id: group for group in readable}
    for part_id in ids:
        item, annotation = items.get(item_ids.get(part_id, "")), parts.get(part_id)
        if item is None or annotation is None or item.group_id not in groups:
            continue
        group = groups[item.group_id]
        if annotation.id == part_id:
            yield Passage(annotation, item, group)
        else:
            reply = replies[part_id]
            is_there = answered.get(reply.reply_to or "") == item.id
            yield Passage(
                reply, item, group, (annotation.id, reply.reply_to) if is_there and reply.reply_to else (annotation.id,)
            )


def reply_passages(library: Library, passage: Passage) -> Iterator[Passage]:
    """The replies to an annotation, in their order; none to a reply. They are read from the database."""
    if isinstance(passage.part, Annotation):
        with library.store.read() as reading:
            replies = reading.items.replies_to(passage.part.id)
        yield from _replies_of(passage.part, replies, passage.item, passage.group)


def _replies_of(annotation: Annotation, replies: Sequence[Reply], item: Item, group: Group) -> Iterator[Passage]:
    parents = parents_of(replies)
    for reply in replies:
        yield Passage(reply, item, group, (annotation.id, *ancestor_ids(reply.id, parents)))


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
