"""Count how often each value occurs in documents of one segment, as arrays that can be added across segments.

If more than half of the documents are to be counted, the count of all (`AccessibleDocs.total`) less that of the others
is used.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from index.schema import Field
from index.whoosh_engine.doc_sets.accessible_docs import AccessibleDocs
from index.whoosh_engine.storage.array_file import Array, Ids, Ints, ranges
from index.whoosh_engine.storage.keyword_fields import KeywordColumn
from index.whoosh_engine.storage.segments import Segment

WIDEST = 24
"""The most values of one document for which a table with a row for each document is cached."""
NEAR = 1 << 16
"""Numbers that are counted at a time."""
SPREAD = 61
"""Numbers that stand for no value: one alone would be counted so often that each count waits for the one before."""


@dataclass(frozen=True, slots=True)
class MonthColumn:
    """The months of each document's period, counted from `low` (months since 1970-01): `first` and `last`.

    Both are `size`, one more than the greatest month, where there is no period. `last` is None where each period lies
    in one month.
    """

    low: int
    size: int
    first: Array
    last: Array | None

    @property
    def nbytes(self) -> int:
        return int(self.first.nbytes + (0 if self.last is None else self.last.nbytes))


def value_counts(field: Field, ids: Ids, reach: AccessibleDocs) -> Ints:
    """How many of these accessible documents hold each spelling of a KEYWORD field, by its ordinal."""
    segment = reach.segment
    column = segment.column(field)
    size = len(segment.spellings(field))

    def count(some: Ids | None) -> Ints:
        return _values(segment, field, column, size, some)

    return _counted((field.name, "value counts"), count, ids, reach)


def month_counts(name: str, ids: Ids, reach: AccessibleDocs) -> tuple[MonthColumn, Ints]:
    """How many periods of these documents begin in each month, and then, unless each lies in one, how many end there.

    The last number of either half counts the documents without a period.
    """
    segment = reach.segment
    months = segment.kept((name, "months"), lambda: _months(segment, name), lambda it: it.nbytes)

    def count(some: Ids | None) -> Ints:
        first = np.bincount(_chosen(months.first, some), minlength=months.size + 1)
        if months.last is None:
            return first
        return np.concatenate((first, np.bincount(_chosen(months.last, some), minlength=months.size + 1)))

    return months, _counted((name, "month counts"), count, ids, reach)


def _counted(key: tuple[object, ...], count: Callable[[Ids | None], Ints], ids: Ids, reach: AccessibleDocs) -> Ints:
    if 2 * len(ids) <= reach.documents:
        return count(ids)
    total = reach.total(key, count)
    if len(ids) == reach.documents:
        return total
    others = np.ones(reach.segment.documents, bool) if reach.allowed is None else reach.allowed.copy()
    others[ids] = False
    return total - count(others.nonzero()[0])


def _chosen(column: Array, ids: Ids | None) -> Array:
    return column if ids is None else column.take(ids, mode="clip")


def _values(segment: Segment, field: Field, column: KeywordColumn, size: int, ids: Ids | None) -> Ints:
    if ids is None or column.single:
        return np.bincount(_chosen(column.ordinals, ids), minlength=size)
    if column.widest <= WIDEST:
        table = segment.kept((field.name, "table"), lambda: _table(column, size), lambda it: it.nbytes)
        return _rows_counted(table, ids, size + SPREAD)[:size]
    starts = column.starts.take(ids)
    return np.bincount(column.ordinals.take(ranges(starts, column.starts.take(ids + 1) - starts)), minlength=size)


def _rows_counted(table: Array, ids: Ids, size: int) -> Ints:
    """How often each number occurs in some rows. It reads so many at a time that they fit in a processor's cache."""
    step = NEAR // max(table.shape[1], 1)
    if len(ids) <= step:
        return np.bincount(table.take(ids, axis=0, mode="clip").ravel(), minlength=size)
    counts = np.zeros(size, np.int64)
    for start in range(0, len(ids), step):
        rows = table.take(ids[start : start + step], axis=0, mode="clip")
        counts += np.bincount(rows.ravel(), minlength=size)
    return counts


def _table(column: KeywordColumn, size: int) -> Array:
    """A row for each document: its ordinals, padded to the width of the widest one with numbers that stand for no
    value.
    """
    documents = len(column.starts) - 1
    counts = np.diff(column.starts)
    kind = np.uint16 if size + SPREAD < 1 << 16 else np.uint32
    table = (size + np.arange(documents * column.widest) % SPREAD).astype(kind).reshape(documents, column.widest)
    rows = np.repeat(np.arange(documents), counts)
    table[rows, ranges(np.zeros(documents, np.int64), counts)] = column.ordinals
    return table


def _months(segment: Segment, name: str) -> MonthColumn:
    extents = segment.extents(name)
    if not extents.has.any():
        return MonthColumn(0, 0, np.zeros(segment.documents, np.uint16), None)
    first, last = _month(extents.first), _month(extents.last)
    low = int(first[extents.has].min())
    size = int(last[extents.has].max()) - low + 1
    kind = np.uint16 if size < 1 << 16 else np.uint32
    firsts, lasts = (np.where(extents.has, months - low, size).astype(kind) for months in (first, last))
    return MonthColumn(low, size, firsts, None if np.array_equal(firsts, lasts) else lasts)


def _month(days: Array) -> Ints:
    """Months since 1970-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
