"""BM25 with statistics of the accessible documents only.

A `ScopeStatistics` holds the documents of one snapshot that `Plan.within` allows, and their statistics. Each statistic
is computed at first use. Formula and constants: `docs/architecture.md`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from index.plan import K1, B
from index.whoosh_engine.candidate_docs import AccessibleDocs
from index.whoosh_engine.storage.array_file import Array, Floats, Ids, Ints, Mask
from index.whoosh_engine.storage.postings import FrequencyNorms
from index.whoosh_engine.storage.segments import Segment

MOST_TERMS = 20_000
"""Terms of which a scope remembers how many documents hold them, and how rare they are."""


@dataclass(frozen=True, slots=True)
class ScopeStatistics:
    """The accessible documents of each segment, and their word statistics."""

    segment_docs: Sequence[AccessibleDocs]
    documents: int
    _averages: dict[str, float] = field(default_factory=dict)
    _norms: dict[tuple[str, int], Floats] = field(default_factory=dict)
    _holding: dict[tuple[str, ...], int] = field(default_factory=dict)
    _rarities: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        return sum(docs.allowed.nbytes for docs in self.segment_docs if docs.allowed is not None)

    def average(self, name: str) -> float:
        """The mean number of tokens of a TEXT field, in the documents that have it; 0 if none has."""
        average = self._averages.get(name)
        if average is None:
            tokens, document_count = sum(
                (_tokens(docs, name) for docs in self.segment_docs), np.zeros(2, np.int64)
            ).tolist()
            average = self._averages[name] = tokens / document_count if document_count else 0.0
        return average

    def holding(self, name: str, term: str) -> int:
        """How many documents hold a term."""
        holding = self._holding.get((name, term))
        if holding is None:
            holding = sum([_holding(docs, name, term) for docs in self.segment_docs])
            if len(self._holding) >= MOST_TERMS:
                self._holding.clear()
            self._holding[name, term] = holding
        return holding

    def rarity(self, name: str, term: str) -> float:
        """The inverse document frequency of a term that some document holds."""
        rarity = self._rarities.get((name, term))
        if rarity is None:
            holding = self.holding(name, term)
            rarity = self._inverse_document_frequency(holding)
            if len(self._rarities) >= MOST_TERMS:
                self._rarities.clear()
            self._rarities[name, term] = rarity
        return rarity

    def holding_any(self, names: tuple[str, ...], term: str) -> int:
        """How many documents hold a term in any of several fields."""
        held = tuple(name for name in names if self.holding(name, term))
        if len(held) < 2:
            return self.holding(held[0], term) if held else 0
        holding = self._holding.get((*held, term))
        if holding is None:
            holding = sum([_holding_any(docs, held, term) for docs in self.segment_docs])
            if len(self._holding) >= MOST_TERMS:
                self._holding.clear()
            self._holding[(*held, term)] = holding
        return holding

    def rarity_in_any(self, names: tuple[str, ...], term: str) -> float:
        """The inverse document frequency of a term over several fields."""
        return self._inverse_document_frequency(self.holding_any(names, term))

    def relative_frequencies(self, name: str, frequencies: FrequencyNorms, codes: Array) -> Floats:
        """How often each document holds a term, by its code, divided by the length of its text: BM25F adds these."""
        if not self.average(name):
            return np.zeros(len(codes))
        return self._of_codes(name, frequencies, codes, lambda often, norms: K1 * often / norms)

    def scores(self, name: str, term: str, frequencies: FrequencyNorms, codes: Array) -> Floats:
        """The score of each document that holds a term, by its code, which is one of `frequencies`."""
        if not self.average(name):
            # No document with the field is accessible, so no score is used.
            return np.zeros(len(codes))
        rarity = self.rarity(name, term)
        return self._of_codes(name, frequencies, codes, lambda often, norms: rarity * often / (often + norms))

    def _of_codes(
        self, name: str, frequencies: FrequencyNorms, codes: Array, formula: Callable[[Array, Floats], Floats]
    ) -> Floats:
        """The value of a formula of frequency and length term for each code; looked up, if there are fewer pairs of
        these than codes.
        """
        norms = self._norms_of(name, frequencies.width)
        if (frequencies.top + 1) * frequencies.width > 2 * len(codes):
            often, lengths = np.divmod(codes, codes.dtype.type(frequencies.width))
            return formula(often, norms.take(lengths))
        often = np.arange(frequencies.top + 1, dtype=np.float64)[:, np.newaxis]
        return formula(often, norms).ravel().take(codes, mode="clip")

    def scores_of_lengths(self, name: str, term: str, often: Array, lengths: Array, width: int) -> Floats:
        """The score of documents of one segment that hold a term: how often each does, how many tokens its field has,
        and one more than the most of any document.
        """
        if not self.average(name):
            return np.zeros(len(often))
        scores: Floats = self.rarity(name, term) * often / (often + self._norms_of(name, width).take(lengths))
        return scores

    def _inverse_document_frequency(self, holding: int) -> float:
        return log(1 + (self.documents - holding + 0.5) / (holding + 0.5))

    def _norms_of(self, name: str, width: int) -> Floats:
        """The length term of the divisor, for all lengths below `width`."""
        norms = self._norms.get((name, width))
        if norms is None:
            lengths = np.arange(width, dtype=np.float64)
            norms = self._norms[name, width] = K1 * (1 - B + B * lengths / self.average(name))
        return norms


def _tokens(docs: AccessibleDocs, name: str) -> Ints:
    """How many tokens of a field there are, and in how many documents."""

    def count(ids: Ids | None) -> Ints:
        lengths = docs.segment.lengths(name)
        chosen = lengths if ids is None else lengths.take(ids)
        return np.array([chosen.sum(dtype=np.int64), np.count_nonzero(chosen)])

    return docs.total((name, "tokens"), count)


def _holding(docs: AccessibleDocs, name: str, term: str) -> int:
    segment = docs.segment
    ordinal = segment.ordinal(name, term)
    if ordinal < 0:
        return 0
    if (inside := docs.inside) is None:
        whole = segment.frequency(name, ordinal)
    else:

        def look() -> int:
            return int(np.count_nonzero(inside.take(segment.ids(name, ordinal))))

        whole = segment.cached_here((name, "holding", ordinal, docs.within), look)
    return whole - _common(segment, name, ordinal, docs.deleted) if len(docs.deleted) else whole


def _holding_any(docs: AccessibleDocs, names: tuple[str, ...], term: str) -> int:
    segment = docs.segment
    ordinals = [(name, segment.ordinal(name, term)) for name in names]
    held = [(name, ordinal) for name, ordinal in ordinals if ordinal >= 0]
    if len(held) < 2:
        return sum(_holding(docs, name, term) for name, _ in held)

    def look() -> int:
        mask = np.zeros(segment.documents, bool)
        for name, ordinal in held:
            mask[segment.ids(name, ordinal)] = True
        return int(np.count_nonzero(mask if docs.inside is None else mask & docs.inside))

    whole = segment.cached_here((*held, "holding", docs.within), look)
    if not len(docs.deleted):
        return whole
    deleted = np.zeros(len(docs.deleted), bool)
    for name, ordinal in held:
        deleted |= _are_in(segment.ids(name, ordinal), docs.deleted)
    return whole - int(np.count_nonzero(deleted))


def _common(segment: Segment, name: str, ordinal: int, deleted: Ids) -> int:
    """How many of a few documents hold a term."""
    return int(np.count_nonzero(_are_in(segment.ids(name, ordinal), deleted)))


def _are_in(ids: Ids, few: Ids) -> Mask:
    """Which of a few documents are among some, which are not empty."""
    positions = ids.searchsorted(few)
    positions[positions == len(ids)] = 0
    found: Mask = ids.take(positions) == few
    return found
