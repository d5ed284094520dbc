"""Raise the scores of documents by the best part of a long text (`Plan.windows`).

A long text is about many things: as a whole it holds each word of a query somewhere, and one paragraph holds them all.
The texts that are best as a whole are looked at closely, within the bounds of the plan: where their words stand, and
which window holds most. Formula: `docs/architecture.md`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from index.engine import Deadline
from index.plan import (
    K1,
    WHOLE_SHARE,
    WINDOW_FIRST_K1,
    WINDOW_K1,
    WINDOW_SHARE,
    WINDOWS,
    WINDOWS_WEIGHT,
    Bounds,
    WindowField,
    Windows,
)
from index.whoosh_engine.candidate_docs import Candidates
from index.whoosh_engine.matching.phrases import DOCUMENT_SHIFT, positions_in, value_starts
from index.whoosh_engine.ranking.bm25 import ScopeStatistics
from index.whoosh_engine.storage.array_file import Floats, Ids, Ints, run_starts
from index.whoosh_engine.storage.scored_docs import ScoredDocs
from index.whoosh_engine.storage.segments import Segment

_NEAR = 1e-9
"""Scores of texts that differ by less than this share are equal: of equal ones, all are chosen or none."""

Found = Sequence[tuple[Segment, ScoredDocs]]
"""The matches of each segment."""


@dataclass(frozen=True, slots=True)
class _Texts:
    """Matches of one segment with a text that holds words: their indices among the matches, the score of the text as a
    whole, and how often it holds the words.
    """

    indices: Ids
    scores: Floats
    occurrences: Ints

    def taken(self, chosen: Ids) -> "_Texts":
        return _Texts(self.indices.take(chosen), self.scores.take(chosen), self.occurrences.take(chosen))


def raised_scores(
    found: Found, windows: Windows, scope: ScopeStatistics, bounds: Bounds, deadline: Deadline
) -> list[tuple[Segment, ScoredDocs]]:
    """The same matches, with the scores of the best windows where these are more. Raises OutOfTime."""
    weights = [[weight for _, weight in _weighted_terms(field, scope)] for field in windows.fields]
    most = sum(map(sum, weights)) / (1 + K1)
    weight = WINDOWS_WEIGHT * len(weights[0]) / (len(weights[0]) + 1)
    raised = []
    for (segment, docs), texts in zip(found, _selected_texts(found, windows, scope, bounds), strict=True):
        deadline.check()
        if len(texts.indices):
            # Matches may come in any order.
            indices = texts.indices.take(docs.ids.take(texts.indices).argsort())
            best = _best_windows(segment, docs.ids.take(indices), windows, scope)
            best *= weight * np.sqrt(np.minimum(1.0, best / most))
            scores = np.zeros(len(docs.ids)) if docs.scores is None else docs.scores.copy()
            scores[indices] = np.maximum(scores.take(indices), best)
            docs = ScoredDocs(docs.ids, scores)  # noqa: PLW2901
        raised.append((segment, docs))
    return raised


def _weighted_terms(field: WindowField, scope: ScopeStatistics) -> Iterator[tuple[str, float]]:
    """The terms that some document holds, with their weight and rarity in one number."""
    for term in field.terms:
        names = tuple(weighted.name for weighted in term.fields)
        if scope.holding_any(names, term.value):
            yield term.value, term.weight * scope.rarity_in_any(names, term.value)


def _selected_texts(found: Found, windows: Windows, scope: ScopeStatistics, bounds: Bounds) -> list[_Texts]:
    """For each segment, the texts whose windows are scored."""
    every = [_texts(segment, docs.ids, windows, scope) for segment, docs in found]
    scores = np.concatenate([np.zeros(0), *(texts.scores for texts in every)])
    order = np.argsort(-scores)
    occurrences = np.concatenate([np.zeros(0, np.int64), *(texts.occurrences for texts in every)])
    fitting = int(occurrences.take(order).cumsum().searchsorted(bounds.window_occurrences, "right"))
    number = min(bounds.window_documents, fitting)
    if number >= len(scores):
        return every
    least = scores[order[number]] * (1 + _NEAR)
    return [texts.taken((texts.scores > least).nonzero()[0]) for texts in every]


def _texts(segment: Segment, ids: Ids, windows: Windows, scope: ScopeStatistics) -> _Texts:
    """The matches with a text that holds any of the words."""
    scores, occurrences = np.zeros(segment.documents), np.zeros(segment.documents, np.int64)
    for field in windows.fields:
        for term, weight in _weighted_terms(field, scope):
            ordinal = segment.ordinal(field.name, term)
            if ordinal >= 0:
                frequencies = segment.frequency_norms(field.name, ordinal)
                often = scope.relative_frequencies(field.name, frequencies, frequencies.codes)
                scores[frequencies.ids] += weight * (often / (often + WINDOW_FIRST_K1))
                tfs = frequencies.tfs
                occurrences[frequencies.ids] += 1 if tfs is None else tfs
    scores, occurrences = scores.take(ids), occurrences.take(ids)
    indices = occurrences.nonzero()[0]
    return _Texts(indices, scores.take(indices), occurrences.take(indices))


def _best_windows(segment: Segment, ids: Ids, windows: Windows, scope: ScopeStatistics) -> Floats:
    """For each of some documents, ascending, the sum of the best windows of all fields."""
    total = np.zeros(len(ids))
    for field in windows.fields:
        weighted = [
            (_positions(segment, field.name, ordinal, ids), weight)
            for term, weight in _weighted_terms(field, scope)
            if (ordinal := segment.ordinal(field.name, term)) >= 0
        ]
        positions = [(places, weight) for places, weight in weighted if len(places)]
        if positions:
            documents, best = _best_of_field(segment, field.name, positions)
            total[ids.searchsorted(documents)] += best
    return total


def _positions(segment: Segment, name: str, ordinal: int, ids: Ids) -> Ints:
    """The positions of a term in some documents."""
    holding = segment.tokens(name, ordinal).ids
    indices = Candidates(segment.documents, ids=ids).indices_in(holding)
    return positions_in(segment, name, ordinal, holding.take(indices).astype(np.intp), indices)


def _best_of_field(segment: Segment, name: str, positions: Sequence[tuple[Ints, float]]) -> tuple[Ids, Floats]:
    """The documents of these positions, and their scores. Windows begin at a word of the query, and end with the value
    of the field.
    """
    # Sorted runs are merged, not sorted again.
    starts = np.sort(np.concatenate([places for places, _ in positions]), kind="stable")
    starts = starts[run_starts(starts)]
    pieces = value_starts(segment, name)
    limits = np.append(pieces, np.iinfo(np.int64).max).take(pieces.searchsorted(starts, "right"))
    documents = (starts >> DOCUMENT_SHIFT).astype(np.intp)
    first = run_starts(documents).nonzero()[0]
    firsts = [places.searchsorted(starts) for places, _ in positions]
    best = _whole_text_weights(documents.take(first), positions)
    for length in WINDOWS:
        ends = np.minimum(starts + length, limits)
        scores = np.zeros(len(starts))
        for (places, weight), begins in zip(positions, firsts, strict=True):
            often = places.searchsorted(ends) - begins
            scores += weight * (1 + WINDOW_K1) / (1 + K1) * (often / (often + WINDOW_K1))
        best += WINDOW_SHARE * np.maximum.reduceat(scores, first)
    return documents.take(first), best


def _whole_text_weights(documents: Ids, positions: Sequence[tuple[Ints, float]]) -> Floats:
    """For each of these documents, what the words count that its whole text holds."""
    total = np.zeros(len(documents))
    for places, weight in positions:
        holding = (places >> DOCUMENT_SHIFT).astype(np.intp)
        total[documents.searchsorted(holding[run_starts(holding)])] += WHOLE_SHARE / (1 + K1) * weight
    return total
