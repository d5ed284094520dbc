"""The order of hits: the page's own, segment by segment, then of all segments together."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np

from index.plan import SortKey
from index.schema import Kind
from index.whoosh_engine.arrays import Array, Floats, Ids
from index.whoosh_engine.lexicon import to_text
from index.whoosh_engine.segments import Segment

LAST = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Row:
    """One hit, comparable with those of other segments. `ranks`: one value for each sort key, None for no value."""

    key: str
    score: float
    ranks: tuple[str | int | None, ...]


def best(segment: Segment, ids: Ids, scores: Floats | None, sort: tuple[SortKey, ...], size: int) -> list[Row]:
    """The first `size` of these documents of a segment, in no order."""
    columns: list[Array] = [] if scores is None else [-scores]
    for key in sort:
        columns += _columns(segment, key, ids)
    places = np.arange(len(ids))
    if len(ids) > size:
        # One partition by the first column leaves little for the exact sort, unless many are equal.
        first = columns[0] if columns else segment.column(segment.schema[segment.schema.key]).ordinals[ids]
        places = np.flatnonzero(first <= np.partition(first, size - 1)[size - 1]) if size else places[:0]
    if len(places) > size:
        keys = segment.column(segment.schema[segment.schema.key]).ordinals[ids[places]]
        order = np.lexsort((keys, *(column[places] for column in reversed(columns))))
        places = places[order[:size]]
    values = [_values(segment, key, ids[places]) for key in sort]
    points = np.zeros(len(places)) if scores is None else scores[places]
    ranks = list(zip(*values, strict=True)) if values else [()] * len(places)
    return list(map(Row, segment.some_keys(ids[places]), points.tolist(), ranks))


def merged(rows: Sequence[Row], sort: tuple[SortKey, ...]) -> list[Row]:
    """The rows of all segments in order: the last rule first, each next one keeping it among its equals."""
    ordered = sorted(rows, key=attrgetter("key"))
    for place, key in reversed(list(enumerate(sort))):
        held = [row for row in ordered if row.ranks[place] is not None]
        bare = [row for row in ordered if row.ranks[place] is None]
        held.sort(key=lambda row: row.ranks[place], reverse=key.descending)  # type: ignore[arg-type,return-value]
        ordered = held + bare
    return sorted(ordered, key=lambda row: -row.score)


def _columns(segment: Segment, key: SortKey, ids: Ids) -> list[Array]:
    """What sorts documents of one segment, ascending: a number, and whether there is none where that could be told."""
    has, values = _ranks(segment, key)
    held, chosen = has[ids], values[ids]
    # The complement turns the order round, and has no number that it cannot turn.
    return [np.where(held, ~chosen if key.descending else chosen, LAST), ~held]


def _ranks(segment: Segment, key: SortKey) -> tuple[Array, Array]:
    """Whether each document has a value, and a number that sorts as it does within this segment."""
    field = segment.schema[key.field]
    if field.kind is not Kind.KEYWORD:
        extents = segment.extents(field.name)
        return extents.has, extents.first

    def look() -> tuple[Array, Array]:
        column = segment.column(field)
        starts = column.starts[:-1]
        has = column.starts[1:] > starts
        ranks = np.zeros(segment.documents, np.int64)
        first = column.ordinals[starts[has]]
        ranks[has] = first if column.compared is None else column.compared[first]
        return has, ranks

    return segment.kept((field.name, "ranks"), look, lambda it: it[0].nbytes + it[1].nbytes)


def _values(segment: Segment, key: SortKey, ids: Ids) -> list[str | int | None]:
    """What documents of different segments are compared by."""
    has, ranks = _ranks(segment, key)
    keyword = segment.schema[key.field].kind is Kind.KEYWORD
    pairs = zip(has[ids].tolist(), ranks[ids].tolist(), strict=True)
    if not keyword:
        return [rank if held else None for held, rank in pairs]
    forms = segment.lexicon(key.field)
    return [to_text(forms[rank]) if held else None for held, rank in pairs]
