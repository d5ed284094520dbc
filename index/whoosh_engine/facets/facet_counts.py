"""Facets: count how often each value occurs in the documents of a search.

The counts of a segment are arrays, which are added across segments. If more than half of the accessible documents are
to be counted, the count of all (`AccessibleDocs.total`) less that of the others is used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from index.analysis import fold
from index.hits import Facet
from index.plan import FacetRequest
from index.schema import Field, Kind, Schema
from index.whoosh_engine.candidate_docs import AccessibleDocs
from index.whoosh_engine.facets.global_ordinals import GlobalOrdinals, GlobalOrdinalsCache, Numbers
from index.whoosh_engine.storage.array_file import Array, Ids, Ints, ranges
from index.whoosh_engine.storage.columns import KeywordColumn
from index.whoosh_engine.storage.scored_docs import mask_of
from index.whoosh_engine.storage.segments import Key, Segment

WIDEST = 24
"""The most values of one document for which a table with a row for each document is cached."""
NEAR = 1 << 16
"""Numbers that are counted at a time."""
SPREAD = 61
"""Numbers that stand for no value: one alone would be counted so often that each count waits for the one before."""
FEW_VALUES = 8
"""So few values are counted one by one, for the same reason."""


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


@dataclass(slots=True)
class CountedDocs:
    """The documents of one segment that all facets of a search count, among the accessible ones. For one thread."""

    docs: AccessibleDocs
    ids: Ids
    _others: Ids | None = None

    def others(self) -> Ids:
        """The other accessible documents, found once."""
        if self._others is None:
            docs = self.docs
            others = np.ones(docs.segment.documents, bool) if docs.allowed is None else docs.allowed.copy()
            others[self.ids] = False
            self._others = others.nonzero()[0]
        return self._others


def value_counts(field: Field, chosen: CountedDocs) -> Ints:
    """How many of these accessible documents hold each spelling of a KEYWORD field, by its ordinal."""
    segment = chosen.docs.segment
    size = len(segment.spellings(field))
    # The column itself is not asked for again: a table that is used stays in the cache without it.
    table = segment.cached((field.name, "table"), lambda: _table(segment.column(field), size))

    def count(some: Ids | None) -> Ints:
        if table is not None and table.ndim == 1 and size == 1:
            return np.array([segment.documents if some is None else len(some)])
        if table is not None and table.ndim == 1:
            return _occurrences(_values_of(table, some), size)
        if table is not None and some is not None:
            return _rows_counted(table, some, size)
        column = segment.column(field)
        if some is None:
            return np.bincount(column.ordinals, minlength=size)
        starts = column.starts.take(some)
        return np.bincount(column.ordinals.take(ranges(starts, column.starts.take(some + 1) - starts)), minlength=size)

    return _cached_counts((field.name, "value counts"), count, chosen)


def month_counts(name: str, chosen: CountedDocs) -> tuple[MonthColumn, Ints]:
    """How many periods of these documents begin in each month, and then, unless each lies in one, how many end there.

    The last number of either half counts the documents without a period.
    """
    segment = chosen.docs.segment
    months = segment.cached((name, "months"), lambda: _month_column(segment, name))

    def count(some: Ids | None) -> Ints:
        first = np.bincount(_values_of(months.first, some), minlength=months.size + 1)
        if months.last is None:
            return first
        return np.concatenate((first, np.bincount(_values_of(months.last, some), minlength=months.size + 1)))

    return months, _cached_counts((name, "month counts"), count, chosen)


def _cached_counts(key: Key, count: Callable[[Ids | None], Ints], chosen: CountedDocs) -> Ints:
    docs, ids = chosen.docs, chosen.ids
    if 2 * len(ids) <= docs.documents:
        return count(ids)
    total = docs.total(key, count)
    return total if len(ids) == docs.documents else total - count(chosen.others())


def _values_of(column: Array, ids: Ids | None) -> Array:
    return column if ids is None else column.take(ids, mode="clip")


def _rows_counted(table: Array, ids: Ids, size: int) -> Ints:
    """How often each number below `size` occurs in some rows. It reads so many at a time that they fit in a processor's
    cache.
    """
    step = NEAR // max(table.shape[1], 1)
    counts = np.zeros(size, np.int64)
    for start in range(0, len(ids), step):
        counts += _occurrences(table.take(ids[start : start + step], axis=0, mode="clip"), size)
    return counts


def _occurrences(numbers: Array, size: int) -> Ints:
    """How often each number below `size` occurs."""
    if size <= FEW_VALUES:
        return np.array([np.count_nonzero(numbers == number) for number in range(size)], np.int64)
    return np.bincount(numbers.ravel(), minlength=size)[:size]


def _table(column: KeywordColumn, size: int) -> Array | None:
    """The ordinal of each document, if each has one; or a row for each document: its ordinals, padded to the width of
    the widest one with numbers that stand for no value. None if that is wider than WIDEST.
    """
    if column.single:
        return column.ordinals
    if column.widest > WIDEST:
        return None
    documents = len(column.starts) - 1
    counts = np.diff(column.starts)
    kind = np.uint8 if size <= FEW_VALUES else np.uint16 if size + SPREAD < 1 << 16 else np.uint32
    # Rows of 2, 4 or 8 bytes are read quickest.
    width = 1 << max(column.widest - 1, 0).bit_length() if size <= FEW_VALUES else column.widest
    table = (size + np.arange(documents * width) % SPREAD).astype(kind).reshape(documents, width)
    rows = np.repeat(np.arange(documents), counts)
    table[rows, ranges(np.zeros(documents, np.int64), counts)] = column.ordinals
    return table


def _month_column(segment: Segment, name: str) -> MonthColumn:
    value_ranges = segment.value_ranges(name)
    if not value_ranges.has.any():
        return MonthColumn(0, 0, np.zeros(segment.documents, np.uint16), None)
    first, last = _month(value_ranges.first), _month(value_ranges.last)
    low = int(first[value_ranges.has].min())
    size = int(last[value_ranges.has].max()) - low + 1
    kind = np.uint16 if size < 1 << 16 else np.uint32
    firsts, lasts = (np.where(value_ranges.has, months - low, size).astype(kind) for months in (first, last))
    return MonthColumn(low, size, firsts, None if np.array_equal(firsts, lasts) else lasts)


def _month(days: Array) -> Ints:
    """Months since 1970-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


FEW = 500
"""So many values are put in order without asking which of them can come first."""

Chosen = Sequence[CountedDocs]
"""The documents to count, segment by segment."""

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _FormCounts:
    """How many documents hold each form, and each spelling, by global ordinals."""

    counts: Ints
    spelled: Ints
    ordinals: GlobalOrdinals

    def best(self, form: int) -> int:
        """The most frequent spelling of a form, the smallest one of equals."""
        known = (number for number in self.ordinals.spellings(form) if number < len(self.spelled))
        return min(known, key=lambda number: (-int(self.spelled[number]), self.ordinals.value(number)))

    def shown(self, compared: str, otherwise: str) -> tuple[str, int]:
        """The spelling of a compared form and its count, or `otherwise` and 0."""
        form = self.ordinals.form(compared)
        count = int(self.counts[form]) if 0 <= form < len(self.counts) else 0
        return (self.ordinals.value(self.best(form)), count) if count else (otherwise, 0)


def facet_of(request: FacetRequest, chosen: Chosen, schema: Schema, global_ordinals: GlobalOrdinalsCache) -> Facet:
    """The requested counts, over these documents."""
    field = schema[request.field]
    some = [chosen_docs for chosen_docs in chosen if len(chosen_docs.ids)]
    if field.kind is Kind.PERIOD:
        return Facet(field.name, _months(field.name, some))
    return Facet(field.name, _values(request, field, some, global_ordinals.of(field)))


def _values(request: FacetRequest, field: Field, chosen: Chosen, ordinals: GlobalOrdinals) -> Counts:
    # All segments are numbered before arrays get the size of the numbering.
    numbered = [(chosen_docs, ordinals.numbers(chosen_docs.docs.segment)) for chosen_docs in chosen]
    forms = ordinals.forms()
    if not len(forms):
        return _with_selected(request, field, [], _FormCounts(forms, forms, ordinals))
    spelled = _summed_counts([(numbers, value_counts(field, docs)) for docs, numbers in numbered], len(forms))
    counts = spelled
    if field.folded:
        if ordinals.several:
            counts = np.bincount(forms, spelled, len(ordinals.first_spellings())).astype(np.int64)
        for chosen_docs in chosen:
            segment = chosen_docs.docs.segment
            documents, terms = segment.second_spellings(field)
            if len(documents):
                # A document that spells one value in several ways counts once.
                which = mask_of(chosen_docs.ids, segment.documents)[documents]
                np.subtract.at(counts, ordinals.form_numbers(segment)[terms[which]], 1)
    counted = _FormCounts(counts, spelled, ordinals)
    return _with_selected(request, field, _first(counted, request.limit), counted)


def _summed_counts(parts: Sequence[tuple[Numbers, Ints]], size: int) -> Ints:
    """The sum of the counts of segments, as an array of `size` global ordinals."""
    if len(parts) == 1 and isinstance(parts[0][0], slice) and len(parts[0][1]) == size:
        return parts[0][1]
    total = np.zeros(size, np.int64)
    for numbers, counts in parts:
        total[numbers] += counts
    return total


def _first(counted: _FormCounts, limit: int | None) -> list[tuple[str, int]]:
    """The first values in order, and their counts."""
    counts, ordinals = counted.counts, counted.ordinals
    # Of numbers, numpy would look at one after another.
    forms = (counts > 0).nonzero()[0]
    form_counts = counts.take(forms)
    if limit is not None and 0 < limit < len(forms) > FEW:
        # Only candidates for the first places are sorted.
        largest = (
            form_counts >= np.partition(form_counts, len(form_counts) - limit)[len(form_counts) - limit]
        ).nonzero()[0]
        forms, form_counts = forms.take(largest), form_counts.take(largest)
    shown = ordinals.first_spellings().take(forms)
    several = ordinals.several
    if several:
        for index in [index for index, form in enumerate(forms.tolist()) if form in several]:
            shown[index] = counted.best(int(forms[index]))
    ranks = ordinals.ranks()
    # Many documents first, then a low rank: one number holds both.
    order = (form_counts * len(ranks) - ranks.take(shown)).argsort()[::-1][:limit]
    return list(zip(ordinals.values_of(shown.take(order).tolist()), form_counts.take(order).tolist(), strict=True))


def _with_selected(request: FacetRequest, field: Field, listed: list[tuple[str, int]], counted: _FormCounts) -> Counts:
    """The same, with the selected values that are missing."""
    there = {field.compared(value) for value, _ in listed} if request.selected else set()
    for value in request.selected:
        compared = field.compared(value)
        if compared not in there:
            there.add(compared)
            listed.append(counted.shown(compared, value))
            listed.sort(key=lambda pair: (-pair[1], fold(pair[0]), pair[0]))
    return tuple(listed)


def _months(name: str, chosen: Chosen) -> Counts:
    """Count starts and ends by month, not the months between."""
    counted = [month_counts(name, chosen_docs) for chosen_docs in chosen]
    without = sum(int(counts[-1]) for _, counts in counted)
    nothing = (("", without),) if without else ()
    # The numbers of documents without a period are not those of a month.
    sized = [(months, counts) for months, counts in counted if months.size]
    if not sized:
        return nothing
    first = min(months.low for months, _ in sized)
    end = max(months.low + months.size for months, _ in sized)
    running = np.zeros(end - first + 1, np.int64)
    for months, counts in sized:
        offset, size = months.low - first, months.size
        if months.last is not None:
            steps = np.zeros(len(running), np.int64)
            steps[offset : offset + size] = counts[:size]
            # A period no longer counts in the month after its last.
            steps[offset + 1 : offset + size + 1] -= counts[size + 1 : -1]
            running += steps.cumsum()
        else:
            running[offset : offset + size] += counts[:size]
    labels, present = _labels(first, end), running[: end - first].nonzero()[0]
    if len(present) == len(labels):
        return (*zip(labels, running.tolist(), strict=False), *nothing)
    names = [labels[month] for month in present.tolist()]
    return (*zip(names, running.take(present).tolist(), strict=True), *nothing)


@lru_cache
def _labels(first: int, end: int) -> tuple[str, ...]:
    return tuple([f"{1970 + month // 12:04}-{month % 12 + 1:02}" for month in range(first, end)])
