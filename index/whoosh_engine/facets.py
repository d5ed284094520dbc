"""Counting the values of what was found."""

from collections.abc import Sequence
from itertools import chain

import numpy as np

from index.analysis import folded
from index.hits import Facet
from index.plan import FacetRequest
from index.schema import Field, Kind, Schema
from index.whoosh_engine.arrays import Array, Ids, Ints, ranges
from index.whoosh_engine.lexicon import to_text
from index.whoosh_engine.segments import Segment

Chosen = Sequence[tuple[Segment, Ids]]
"""Documents, segment by segment."""


def facet(request: FacetRequest, chosen: Chosen, schema: Schema) -> Facet:
    """The counts asked for, over these documents."""
    field = schema[request.field]
    if field.kind is Kind.PERIOD:
        return Facet(field.name, _months(field.name, chosen))
    return Facet(field.name, _values(request, field, chosen))


def _values(request: FacetRequest, field: Field, chosen: Chosen) -> tuple[tuple[str, int], ...]:
    spelled: dict[str, int] = {}
    excess: dict[str, int] = {}
    for segment, ids in chosen:
        _add(spelled, segment, field, _spelling_counts(segment, field, ids))
        if field.folded:
            _subtract(excess, segment, field, ids)
    if not field.folded:
        counts = {value: (count, value) for value, count in spelled.items()}
    else:
        counts = _folded_counts(field, spelled, excess)
    for value in request.selected:
        counts.setdefault(field.compared(value), (0, value))
    return _first(request, field, counts)


def _spelling_counts(segment: Segment, field: Field, ids: Ids) -> Array:
    column = segment.column(field)
    size = len(segment.spellings(field))
    if len(ids) == segment.documents:
        return segment.kept((field.name, "totals"), lambda: np.bincount(column.ordinals, minlength=size), _nbytes)
    starts = column.starts[ids]
    held = column.ordinals[ranges(starts, column.starts[ids + 1] - starts)]
    return np.bincount(held, minlength=size)


def _add(counts: dict[str, int], segment: Segment, field: Field, fresh: Array) -> None:
    present = np.flatnonzero(fresh)
    spellings = segment.spellings(field)
    for ordinal, count in zip(present.tolist(), fresh[present].tolist(), strict=True):
        value = to_text(spellings[ordinal])
        counts[value] = counts.get(value, 0) + count


def _subtract(excess: dict[str, int], segment: Segment, field: Field, ids: Ids) -> None:
    """Count the documents that spell one value in several ways: once for each spelling too many."""
    documents, terms = segment.column(field).twice
    if len(documents):
        forms = segment.lexicon(field.name)
        for ordinal in terms[np.isin(documents, ids)].tolist():
            form = to_text(forms[ordinal])
            excess[form] = excess.get(form, 0) + 1


def _folded_counts(field: Field, spelled: dict[str, int], excess: dict[str, int]) -> dict[str, tuple[int, str]]:
    """By compared form: how many documents hold it, and the spelling that most of them use."""
    best: dict[str, tuple[int, str]] = {}
    counts: dict[str, int] = {}
    for value, count in spelled.items():
        form = field.compared(value)
        counts[form] = counts.get(form, 0) + count
        best[form] = min(best.get(form, (0, "")), (-count, value))
    return {form: (count - excess.get(form, 0), best[form][1]) for form, count in counts.items()}


def _first(request: FacetRequest, field: Field, counts: dict[str, tuple[int, str]]) -> tuple[tuple[str, int], ...]:
    selected = {field.compared(value) for value in request.selected}
    found = sorted((count for count, _ in counts.values() if count), reverse=True)
    limit = len(found) if request.limit is None else min(request.limit, len(found))
    # Only values that can come first are put in order: folding a value for the comparison is what costs.
    least = found[limit - 1] if limit else None
    rivals = [form for form, (count, _) in counts.items() if least is not None and count >= least]

    def rank(form: str) -> tuple[int, str, str]:
        count, shown = counts[form]
        return -count, folded(shown), shown

    first = sorted(rivals, key=rank)[:limit]
    listed = sorted({*first, *selected}, key=rank)
    return tuple((counts[form][1], counts[form][0]) for form in listed)


def _months(name: str, chosen: Chosen) -> tuple[tuple[str, int], ...]:
    """Beginnings and ends are counted by month, not the months between."""
    bounds = [_bounds(segment, name, ids) for segment, ids in chosen]
    without = sum(len(ids) - len(first) for (_, ids), (first, _) in zip(chosen, bounds, strict=True))
    first = np.concatenate([np.zeros(0, np.int64), *(first for first, _ in bounds)])
    last = np.concatenate([np.zeros(0, np.int64), *(last for _, last in bounds)])
    nothing = (("", without),) if without else ()
    if not len(first):
        return nothing
    low, size = int(first.min()), int(last.max() - first.min()) + 2
    running = np.cumsum(np.bincount(first - low, minlength=size) - np.bincount(last - low + 1, minlength=size))
    present = np.flatnonzero(running)
    counts = zip((present + low).tolist(), running[present].tolist(), strict=True)
    return tuple(chain(((_label(month), count) for month, count in counts), nothing))


def _bounds(segment: Segment, name: str, ids: Ids) -> tuple[Ints, Ints]:
    """The first and last months of the documents that have a period."""
    has, first, last = segment.kept((name, "months"), lambda: _all_months(segment, name), lambda it: 17 * len(it[0]))
    held = ids[has[ids]]
    return first[held], last[held]


def _all_months(segment: Segment, name: str) -> tuple[Array, Ints, Ints]:
    extents = segment.extents(name)
    return extents.has, _month(extents.first), _month(extents.last)


def _month(days: Ints) -> Ints:
    """Months since 1970-01."""
    return days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def _label(month: int) -> str:
    return f"{1970 + month // 12:04}-{month % 12 + 1:02}"


def _nbytes(array: Array) -> int:
    return int(array.nbytes)
