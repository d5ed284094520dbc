"""Turn the value counts of a search into the facets that were requested."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from index.analysis import fold
from index.hits import Facet
from index.plan import FacetRequest
from index.schema import Field, Kind, Schema
from index.whoosh_engine.doc_sets.accessible_docs import AccessibleDocs
from index.whoosh_engine.facets.facet_counts import month_counts, value_counts
from index.whoosh_engine.facets.global_ordinals import GlobalOrdinals, GlobalOrdinalsCache, Numbers
from index.whoosh_engine.storage.array_file import Ids, Ints
from index.whoosh_engine.storage.scored_docs import mask_of

FEW = 500
"""So many values are put in order without asking which of them can come first."""

Chosen = Sequence[tuple[AccessibleDocs, Ids]]
"""Documents in reach, segment by segment."""

Counts = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class _Counted:
    """How many documents hold each form, and each spelling, by global ordinals."""

    counts: Ints
    spelled: Ints
    vocabulary: GlobalOrdinals

    def best(self, form: int) -> int:
        """The most frequent spelling of a form, the smallest one of equals."""
        known = (number for number in self.vocabulary.spellings(form) if number < len(self.spelled))
        return min(known, key=lambda number: (-int(self.spelled[number]), self.vocabulary.value(number)))

    def shown(self, compared: str, otherwise: str) -> tuple[str, int]:
        """The spelling of a compared form and its count, or `otherwise` and 0."""
        form = self.vocabulary.form(compared)
        count = int(self.counts[form]) if 0 <= form < len(self.counts) else 0
        return (self.vocabulary.value(self.best(form)), count) if count else (otherwise, 0)


def facet_of(request: FacetRequest, chosen: Chosen, schema: Schema, vocabularies: GlobalOrdinalsCache) -> Facet:
    """The requested counts, over these documents."""
    field = schema[request.field]
    some = [(reach, ids) for reach, ids in chosen if len(ids)]
    if field.kind is Kind.PERIOD:
        return Facet(field.name, _months(field.name, some))
    return Facet(field.name, _values(request, field, some, vocabularies.of(field)))


def _values(request: FacetRequest, field: Field, chosen: Chosen, vocabulary: GlobalOrdinals) -> Counts:
    # All segments are numbered before arrays get the size of the numbering.
    numbered = [(reach, ids, vocabulary.numbers(reach.segment)) for reach, ids in chosen]
    forms = vocabulary.forms()
    spelled = _added([(numbers, value_counts(field, ids, reach)) for reach, ids, numbers in numbered], len(forms))
    counts = spelled
    if field.folded:
        if vocabulary.several:
            counts = np.bincount(forms, spelled, len(vocabulary.first_spellings())).astype(np.int64)
        for reach, ids, _ in numbered:
            documents, terms = reach.segment.column(field).twice
            if len(documents):
                # A document that spells one value in several ways counts once.
                which = mask_of(ids, reach.segment.documents)[documents]
                np.subtract.at(counts, vocabulary.form_numbers(reach.segment)[terms[which]], 1)
    counted = _Counted(counts, spelled, vocabulary)
    return _with_selected(request, field, _first(counted, request.limit), counted)


def _added(parts: Sequence[tuple[Numbers, Ints]], size: int) -> Ints:
    """The sum of the counts of segments, as an array of `size` global ordinals."""
    if len(parts) == 1 and isinstance(parts[0][0], slice) and len(parts[0][1]) == size:
        return parts[0][1]
    total = np.zeros(size, np.int64)
    for numbers, counts in parts:
        total[numbers] += counts
    return total


def _first(counted: _Counted, limit: int | None) -> list[tuple[str, int]]:
    """The first values in order, and their counts."""
    counts, vocabulary = counted.counts, counted.vocabulary
    found = counts.nonzero()[0]
    held = counts.take(found)
    if limit is not None and 0 < limit < len(found) > FEW:
        # Only candidates for the first places are sorted.
        kept = (held >= np.partition(held, len(held) - limit)[len(held) - limit]).nonzero()[0]
        found, held = found.take(kept), held.take(kept)
    shown = vocabulary.first_spellings().take(found)
    several = vocabulary.several
    if several:
        for place in [place for place, form in enumerate(found.tolist()) if form in several]:
            shown[place] = counted.best(int(found[place]))
    ranks = vocabulary.ranks()
    # Many documents first, then a low rank: one number holds both.
    order = (held * len(ranks) - ranks.take(shown)).argsort()[::-1][:limit]
    return list(zip(vocabulary.values_of(shown.take(order).tolist()), held.take(order).tolist(), strict=True))


def _with_selected(request: FacetRequest, field: Field, listed: list[tuple[str, int]], counted: _Counted) -> Counts:
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
    counted = [month_counts(name, ids, reach) for reach, ids in chosen]
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
        at, size = months.low - first, months.size
        if months.last is not None:
            steps = np.zeros(len(running), np.int64)
            steps[at : at + size] = counts[:size]
            # A period no longer counts in the month after its last.
            steps[at + 1 : at + size + 1] -= counts[size + 1 : -1]
            running += steps.cumsum()
        else:
            running[at : at + size] += counts[:size]
    present = running.nonzero()[0]
    labels = map(_label, (present + first).tolist())
    return (*zip(labels, running.take(present).tolist(), strict=True), *nothing)


@cache
def _label(month: int) -> str:
    return f"{1970 + month // 12:04}-{month % 12 + 1:02}"
