"""BM25 from the documents that exist for the asker alone.

A `Scope` is what `Plan.within` allows of one snapshot: a mask for each segment, and the statistics of its documents,
each computed when it is first asked for. Formula and constants: `docs/architecture.md`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from index.whoosh_engine.arrays import Floats, Mask
from index.whoosh_engine.segments import Segment, View

K1, B = 0.7, 0.5
MOST_TERMS = 20_000
"""Terms of which a scope remembers how rare they are."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What is allowed of each view (None: all of the segment), and what its documents say of words."""

    views: Sequence[View]
    allowed: Sequence[Mask | None]
    documents: int
    _averages: dict[str, float] = field(default_factory=dict)
    _rarities: dict[tuple[str, str], float] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        return sum(mask.nbytes for mask in self.allowed if mask is not None)

    def average(self, name: str) -> float:
        """The mean number of tokens of a TEXT field, where it is held; 0 where it never is."""
        if name not in self._averages:
            tokens = held = 0
            for view, mask in zip(self.views, self.allowed, strict=True):
                lengths = view.segment.lengths(name)
                chosen = lengths if mask is None else lengths[mask]
                tokens += int(chosen.sum(dtype=np.int64))
                held += int(np.count_nonzero(chosen))
            self._averages[name] = tokens / held if held else 0.0
        return self._averages[name]

    def rarity(self, name: str, term: str) -> float:
        """The inverse document frequency of a term that some document holds."""
        rarity = self._rarities.get((name, term))
        if rarity is None:
            holding = 0
            for view, mask in zip(self.views, self.allowed, strict=True):
                ordinal = view.segment.ordinal(name, term)
                if ordinal >= 0:
                    ids = view.segment.ids(name, ordinal)
                    holding += len(ids) if mask is None else int(np.count_nonzero(mask[ids]))
            rarity = log(1 + (self.documents - holding + 0.5) / (holding + 0.5))
            if len(self._rarities) >= MOST_TERMS:
                self._rarities.clear()
            self._rarities[name, term] = rarity
        return rarity

    def scores(self, segment: Segment, name: str, term: str, ordinal: int) -> Floats:
        """The score of each document of a segment that holds the term, allowed or not."""
        ids, tfs = segment.ids(name, ordinal), segment.tfs(name, ordinal)
        often = np.ones(1) if tfs is None else tfs.astype(np.float64)
        average = self.average(name)
        if not average:
            # Nothing of this segment is allowed: no score will be looked at.
            return np.zeros(len(ids))
        lengths = segment.lengths(name)[ids].astype(np.float64)
        return self.rarity(name, term) * often / (often + K1 * (1 - B + B * lengths / average))
