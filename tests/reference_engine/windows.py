"""Raise scores by the best part of a long text, with lists and loops."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence

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
from tests.reference_engine.scoring import WordStatistics
from tests.reference_engine.stored_document import Piece, StoredDocument

NEAR = 1e-9


WindowTerms = Sequence[tuple[str, Sequence[tuple[str, float]]]]
"""For each field, its terms that some document holds, with their weight and rarity in one number."""


def raised_scores(
    windows: Windows,
    scores: Mapping[str, float],
    documents: Sequence[StoredDocument],
    words: WordStatistics,
    bounds: Bounds,
) -> dict[str, float]:
    """The scores of the documents by their keys, each raised to that of its best windows if that is more."""
    raised = dict(scores)
    fields = [(field.name, _weighted_terms(field, words)) for field in windows.fields]
    most = sum(weight for _, terms in fields for _, weight in terms)
    words_of_first = len(fields[0][1])
    share_of_words = WINDOWS_WEIGHT * words_of_first / (words_of_first + 1)
    for document in _chosen(fields, documents, words, bounds):
        best = sum(_best(document.pieces.get(name, ()), terms) for name, terms in fields)
        share = best / (most / (1 + K1))
        raised[document.key] = max(raised[document.key], share_of_words * best * min(1.0, share) ** 0.5)
    return raised


def _weighted_terms(field: WindowField, words: WordStatistics) -> list[tuple[str, float]]:
    terms = []
    for term in field.terms:
        names = [weighted.name for weighted in term.fields]
        if words.held_by(names, term.value):
            terms.append((term.value, term.weight * words.rarity_in_any(names, term.value)))
    return terms


def _chosen(
    fields: WindowTerms, documents: Sequence[StoredDocument], words: WordStatistics, bounds: Bounds
) -> list[StoredDocument]:
    """The documents with the best texts as a whole, within the bounds; of equal ones, all or none."""
    ranked = []
    for document in documents:
        score, occurrences = 0.0, 0
        for name, terms in fields:
            for term, weight in terms:
                if often := document.counts.get(name, {}).get(term, 0):
                    score += weight * often / (often + WINDOW_FIRST_K1 * words.norm(name, document))
                    occurrences += often
        if occurrences:
            ranked.append((score, occurrences, document))
    ranked.sort(key=lambda row: -row[0])
    total = 0
    for place, (score, occurrences, _) in enumerate(ranked):
        total += occurrences
        if place >= bounds.window_documents or total > bounds.window_occurrences:
            return [document for other, _, document in ranked if other > score * (1 + NEAR)]
    return [document for _, _, document in ranked]


def _best(pieces: Sequence[Piece], terms: Sequence[tuple[str, float]]) -> float:
    """The best windows of each length, and what the whole text holds."""
    held = {value for piece in pieces for value, _ in piece}
    best = WHOLE_SHARE * sum(weight for term, weight in terms if term in held) / (1 + K1)
    found = [_positions(piece, terms) for piece in pieces]
    for size in WINDOWS:
        # A window that begins before its first term holds no more than one that begins there.
        each = (
            _score(terms, positions, start, size)
            for positions in found
            for starts in positions.values()
            for start in starts
        )
        best += WINDOW_SHARE * max(each, default=0.0)
    return best


def _positions(piece: Piece, terms: Sequence[tuple[str, float]]) -> Mapping[str, Sequence[int]]:
    """The positions of each term in a piece, ascending."""
    positions: dict[str, list[int]] = {term: [] for term, _ in terms}
    for value, position in piece:
        if value in positions:
            positions[value].append(position)
    return {term: sorted(some) for term, some in positions.items()}


def _score(terms: Sequence[tuple[str, float]], positions: Mapping[str, Sequence[int]], start: int, size: int) -> float:
    """The score of the window that begins at a position."""
    score = 0.0
    for term, weight in terms:
        often = bisect_left(positions[term], start + size) - bisect_left(positions[term], start)
        score += weight * often * (1 + WINDOW_K1) / (often + WINDOW_K1) / (1 + K1)
    return score
