"""The documents that can still match while the parts of a query are evaluated one after another."""

import numpy as np

from index.whoosh_engine.storage.array_file import Ids, Mask

FEW = 8
"""One list of documents is searched for in another by halving when it is this many times shorter."""


class Candidates:
    """A set of documents of a segment, as numbers (ascending), as a mask, or both. For one thread only."""

    __slots__ = ("_documents", "_ids", "_mask")

    def __init__(self, documents: int, *, ids: Ids | None = None, mask: Mask | None = None) -> None:
        self._documents = documents
        self._ids = ids
        self._mask = mask

    @property
    def ids(self) -> Ids:
        """The documents."""
        if self._ids is None:
            self._ids = self.mask.nonzero()[0]
        return self._ids

    @property
    def mask(self) -> Mask:
        """For each document of the segment, whether it is in the set."""
        if self._mask is None:
            self._mask = np.zeros(self._documents, bool)
            self._mask[self._ids] = True
        return self._mask

    @property
    def few(self) -> bool:
        """Whether the documents are known by their numbers, and are few in relation to the segment."""
        return self._ids is not None and len(self._ids) * FEW < self._documents

    def places(self, other: Ids) -> Ids:
        """The indices of another list whose documents are in this set."""
        if self._ids is not None and self._mask is None and len(self._ids) * FEW < len(other):
            wanted = self._ids.astype(other.dtype)
            places = other.searchsorted(wanted)
            places[places == len(other)] = 0
            found: Ids = places[other.take(places) == wanted]
            return found
        return self.mask.take(other.astype(np.intp), mode="clip").nonzero()[0]
