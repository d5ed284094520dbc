"""BM25 with statistics of the accessible documents only.

A `ScopeStatistics` holds the documents of one snapshot that `Plan.within` allows, and their statistics. Each statistic
is computed at first use. Formula and constants: `docs/architecture.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from index.plan import K1, B
from index.whoosh_engine.candidate_docs import AccessibleDocs
from index.whoosh_engine.storage.array_file import Array, Floats, Ids, Ints
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
    _holding: dict[tuple[str, str], int] = field(default_factory=dict)
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
            rarity = log(1 + (self.documents - holding + 0.5) / (holding + 0.5))
            if len(self._rarities) >= MOST_TERMS:
                self._rarities.clear()
            self._rarities[name, term] = rarity
        return rarity

    def scores(self, name: str, term: str, frequencies: FrequencyNorms, codes: Array) -> Floats:
        """The score of each document that holds a term, by its code, which is one of `frequencies`."""
        if not self.average(name):
            # No document with the field is accessible, so no score is used.
            return np.zeros(len(codes))
        rarity, norms = self.rarity(name, term), self._norms_of(name, frequencies.width)
        if (frequencies.top + 1) * frequencies.width > 2 * len(codes):
            often, lengths = np.divmod(codes, codes.dtype.type(frequencies.width))
            return rarity * often / (often + norms.take(lengths))
        often = np.arange(frequencies.top + 1, dtype=np.float64)[:, np.newaxis]
        table: Floats = rarity * often / (often + norms)
        return table.ravel().take(codes, mode="clip")

    def scores_of_lengths(self, name: str, term: str, often: Array, lengths: Array, width: int) -> Floats:
        """The score of documents of one segment that hold a term: how often each does, how many tokens its field has,
        and one more than the most of any document.
        """
        if not self.average(name):
            return np.zeros(len(often))
        scores: Floats = self.rarity(name, term) * often / (often + self._norms_of(name, width).take(lengths))
        return scores

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


def _common(segment: Segment, name: str, ordinal: int, deleted: Ids) -> int:
    """How many of a few documents hold a term."""
    ids = segment.ids(name, ordinal)
    positions = ids.searchsorted(deleted)
    positions[positions == len(ids)] = 0
    return int(np.count_nonzero(ids.take(positions) == deleted))
