"""Order the hits: the top documents of each segment, then of all segments together."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from index.hits import Hit
from index.plan import SortKey
from index.schema import Kind
from index.whoosh_engine.storage.array_file import Array, Ids
from index.whoosh_engine.storage.scored_docs import ScoredDocs
from index.whoosh_engine.storage.segments import Segment
from index.whoosh_engine.storage.term_dictionary import to_text

LAST = np.int64(np.iinfo(np.int64).max)
MANY = 20_000
"""Of more values, the smallest are guessed from a sample before they are looked for."""
SAMPLED = 64
"""One value in so many is looked at for the guess."""

Column = Callable[[ScoredDocs], Array]
"""One number for each of some documents; they are ordered by it, ascending."""


class TopDocument(NamedTuple):
    """One hit, comparable with those of other segments. `ranks`: one value for each sort key, None for no value.

    A named tuple and not a dataclass: a search makes many, and a frozen dataclass takes three times as long to make.
    """

    key: str
    score: float
    ranks: tuple[str | int | None, ...]


def top_hits(
    chosen: Sequence[tuple[Segment, ScoredDocs]], sort: tuple[SortKey, ...], start: int, size: int
) -> list[Hit]:
    """The documents of all segments from `start` on, `size` at most: by score, by the sort keys, then by key."""
    end = start + size
    if not size:
        return []
    first = [(segment, _first(segment, docs, sort, end)) for segment, docs in chosen if len(docs.ids)]
    if len(first) == 1:
        segment, docs = first[0]
        order = np.lexsort([column(docs) for column in _columns(segment, docs, sort)][::-1])
        ordered = _at(docs, order[start:])
        return list(map(Hit, segment.some_keys(ordered.ids), _points(ordered)))
    scores = [scored_docs.scores for _, scored_docs in first if scored_docs.scores is not None]
    if scores:
        # Documents that other segments have pushed out need no row.
        every = np.sort(np.concatenate(scores))
        least = every[-min(end, len(every))]
        first = [
            (
                segment,
                scored_docs
                if scored_docs.scores is None
                else _at(scored_docs, (scored_docs.scores >= least).nonzero()[0]),
            )
            for segment, scored_docs in first
        ]
    rows = _ordered([row for segment, docs in first for row in _rows(segment, docs, sort)], sort)[start:end]
    return [Hit(row.key, row.score) for row in rows]


def _points(docs: ScoredDocs) -> list[float]:
    return [0.0] * len(docs.ids) if docs.scores is None else docs.scores.tolist()


def _at(docs: ScoredDocs, indices: Ids) -> ScoredDocs:
    return ScoredDocs(docs.ids.take(indices), None if docs.scores is None else docs.scores.take(indices))


def _first(segment: Segment, docs: ScoredDocs, sort: tuple[SortKey, ...], size: int) -> ScoredDocs:
    """The first `size` of these documents of a segment, in no order.

    Those that are equal by one column are told apart by the next; by the last one, the key, none are equal.
    """
    sure: list[ScoredDocs] = []
    scored_docs, room = docs, size
    for column in _columns(segment, docs, sort):
        if len(scored_docs.ids) <= room:
            break
        values = column(scored_docs)
        cut, near = _smallest(values, room)
        if len(near) == room and not sure:
            return _at(scored_docs, near)
        before = values.take(near) < cut
        sure.append(_at(scored_docs, near[before]))
        scored_docs, room = _at(scored_docs, near[~before]), room - len(sure[-1].ids)
    sure.append(_at(scored_docs, np.arange(room)) if len(scored_docs.ids) > room else scored_docs)
    if len(sure) == 1:
        return sure[0]
    scores = [part.scores for part in sure if part.scores is not None]
    return ScoredDocs(np.concatenate([part.ids for part in sure]), np.concatenate(scores) if scores else None)


def _smallest(values: Array, size: int) -> tuple[float, Ids]:
    """The greatest of the `size` smallest values, and the indices of all that are not greater."""
    if len(values) > MANY:
        sample = values[::SAMPLED]
        guess = np.partition(sample, index := min(4 + 2 * size // SAMPLED, len(sample) - 1))[index]
        indices = (values <= guess).nonzero()[0]
        if size <= len(indices) <= len(values) // 4:
            cut, near = _smallest(values.take(indices), size)
            return cut, indices.take(near)
    cut = np.partition(values, size - 1)[size - 1]
    return cut, (values <= cut).nonzero()[0]


def _columns(segment: Segment, docs: ScoredDocs, sort: tuple[SortKey, ...]) -> Iterator[Column]:
    if docs.scores is not None:
        yield lambda some: np.zeros(len(some.ids)) if some.scores is None else -some.scores
    for key in sort:
        has, ranks = _ranks(segment, key)
        yield _sorted_by(has, ranks, key)
        # What has no value comes after all that have one, the greatest of all included.
        yield lambda some, has=has: ~has.take(some.ids)  # type: ignore[misc]
    keys = segment.key_ordinals()
    every = segment.everything()
    yield lambda some: keys if some.ids is every else keys.take(some.ids, mode="clip")


def _sorted_by(has: Array, ranks: Array, key: SortKey) -> Column:
    def column(some: ScoredDocs) -> Array:
        has_value, values = has.take(some.ids), ranks.take(some.ids)
        # The complement reverses the order, and works for every number.
        return np.where(has_value, ~values if key.descending else values, LAST)

    return column


def _rows(segment: Segment, docs: ScoredDocs, sort: tuple[SortKey, ...]) -> list[TopDocument]:
    values = [_values(segment, key, docs.ids) for key in sort]
    ranks = list(zip(*values, strict=True)) if values else [()] * len(docs.ids)
    return list(map(TopDocument, segment.some_keys(docs.ids), _points(docs), ranks))


def _ordered(rows: Sequence[TopDocument], sort: tuple[SortKey, ...]) -> list[TopDocument]:
    """Rows in order: sorted by the last rule first, because each sort keeps the order of equals."""
    ordered = sorted(rows)
    for index, key in reversed(list(enumerate(sort))):
        ranked = [row for row in ordered if row.ranks[index] is not None]
        bare = [row for row in ordered if row.ranks[index] is None]
        ranked.sort(key=lambda row: row.ranks[index], reverse=key.descending)  # type: ignore[arg-type,return-value]
        ordered = ranked + bare
    return sorted(ordered, key=lambda row: -row.score)


def _ranks(segment: Segment, key: SortKey) -> tuple[Array, Array]:
    """Whether each document has a value, and a number that sorts as it does within this segment."""
    field = segment.schema[key.field]
    if field.kind is not Kind.KEYWORD:
        value_ranges = segment.value_ranges(field.name)
        return value_ranges.has, value_ranges.first

    def look() -> tuple[Array, Array]:
        column = segment.column(field)
        starts = column.starts[:-1]
        has = column.starts[1:] > starts
        ranks = np.zeros(segment.documents, np.int32)
        first = column.ordinals[starts[has]]
        ranks[has] = first if column.compared is None else column.compared[first]
        return has, ranks

    return segment.cached((field.name, "ranks"), look)


def _values(segment: Segment, key: SortKey, ids: Ids) -> list[str | int | None]:
    """The values by which documents of different segments are compared."""
    has, ranks = _ranks(segment, key)
    keyword = segment.schema[key.field].kind is Kind.KEYWORD
    pairs = zip(has.take(ids).tolist(), ranks.take(ids).tolist(), strict=True)
    if not keyword:
        return [rank if has_value else None for has_value, rank in pairs]
    forms = segment.term_dictionary(key.field)
    return [to_text(forms[rank]) if has_value else None for has_value, rank in pairs]
