"""Counting the values of what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from index.analysis import folded
from index.hits import Facet
from index.plan import FacetRequest
from index.schema import Field, Kind, Schema
from index.whoosh_engine.arrays import Array, Ids, Ints, ranges
from index.whoosh_engine.segments import Segment
from index.whoosh_engine.vocabularies import Vocabularies, Vocabulary

Chosen = Sequence[tuple[Segment, Ids]]
"""Documents, segment by segment."""

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Counted:
    """How many documents hold each form, and each spelling, of a vocabulary."""

    counts: Ints
    spelled: Ints
    vocabulary: Vocabulary

    def best(self, form: int) -> int:
        """The spelling of a form that most documents use, the smallest one among equals."""
        known = (number for number in self.vocabulary.spellings(form) if number < len(self.spelled))
        return min(known, key=lambda number: (-int(self.spelled[number]), self.vocabulary.value(number)))

    def shown(self, compared: str, otherwise: str) -> tuple[str, int]:
        """The spelling of a compared form and its count, or 0 and the spelling given."""
        form = self.vocabulary.form(compared)
        count = int(self.counts[form]) if 0 <= form < len(self.counts) else 0
        return (self.vocabulary.value(self.best(form)), count) if count else (otherwise, 0)


def facet(request: FacetRequest, chosen: Chosen, schema: Schema, vocabularies: Vocabularies) -> Facet:
    """The counts asked for, over these documents."""
    field = schema[request.field]
    if field.kind is Kind.PERIOD:
        return Facet(field.name, _months(field.name, chosen))
    return Facet(field.name, _values(request, field, chosen, vocabularies.of(field)))


def _values(request: FacetRequest, field: Field, chosen: Chosen, vocabulary: Vocabulary) -> Counts:
    # All segments are numbered before anything is sized by the vocabulary.
    numbered = [(segment, ids, vocabulary.numbers(segment)) for segment, ids in chosen if len(ids)]
    forms = vocabulary.forms()
    spelled = np.zeros(len(forms), np.int64)
    for segment, ids, numbers in numbered:
        spelled[numbers] += _spelling_counts(segment, field, ids)
    counts = spelled
    if field.folded:
        counts = np.bincount(forms, weights=spelled).astype(np.int64)
        for segment, ids, _ in numbered:
            documents, terms = segment.column(field).twice
            if len(documents):
                # A document that spells one value in several ways counts once.
                np.subtract.at(counts, vocabulary.form_numbers(segment)[terms[np.isin(documents, ids)]], 1)
    counted = _Counted(counts, spelled, vocabulary)
    return _with_selected(request, field, _first(counted, request.limit), counted)


def _spelling_counts(segment: Segment, field: Field, ids: Ids) -> Array:
    column = segment.column(field)
    if column.single:
        held = column.ordinals[ids]
    else:
        starts = column.starts[ids]
        held = column.ordinals[ranges(starts, column.starts[ids + 1] - starts)]
    return np.bincount(held, minlength=len(segment.spellings(field)))


def _first(counted: _Counted, limit: int | None) -> list[tuple[str, int]]:
    """The values that come first, in their order, and their counts."""
    counts, vocabulary = counted.counts, counted.vocabulary
    found = np.flatnonzero(counts)
    if limit is not None and limit < len(found):
        # Only those that can come first are put in order.
        held = counts[found]
        found = found[held >= np.partition(held, len(held) - limit)[len(held) - limit]] if limit else found[:0]
    shown = vocabulary.first_spellings()[found]
    several = vocabulary.several
    if several:
        for place in [place for place, form in enumerate(found.tolist()) if form in several]:
            shown[place] = counted.best(int(found[place]))
    order = np.lexsort((vocabulary.ranks()[shown], -counts[found]))[:limit]
    pairs = zip(shown[order].tolist(), counts[found[order]].tolist(), strict=True)
    return [(vocabulary.value(number), count) for number, count in pairs]


def _with_selected(request: FacetRequest, field: Field, listed: list[tuple[str, int]], counted: _Counted) -> Counts:
    """The same, with the selected values that are not among them."""
    there = {field.compared(value) for value, _ in listed} if request.selected else set()
    for value in request.selected:
        compared = field.compared(value)
        if compared not in there:
            there.add(compared)
            listed.append(counted.shown(compared, value))
            listed.sort(key=lambda pair: (-pair[1], folded(pair[0]), pair[0]))
    return tuple(listed)


def _months(name: str, chosen: Chosen) -> Counts:
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
