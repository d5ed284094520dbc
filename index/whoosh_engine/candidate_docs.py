"""Sets of documents of one segment: candidates of a query, and accessible documents.

The accessible documents are the documents of `Plan.within` that were not deleted. A commit usually deletes few of the
documents of a segment. A count over a whole segment is therefore made once, as if nothing were deleted, and cached with
the segment; the deleted documents are counted separately and subtracted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np

from index.query import Query
from index.whoosh_engine.storage.array_file import Array, Ids, Ints, Mask, narrow
from index.whoosh_engine.storage.segments import Key, Segment, SegmentView

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

    def indices_in(self, other: Ids) -> Ids:
        """The indices of another list whose documents are in this set."""
        if self._ids is not None and self._mask is None and len(self._ids) * FEW < len(other):
            ids = self._ids.astype(other.dtype)
            positions = other.searchsorted(ids)
            positions[positions == len(other)] = 0
            indices: Ids = positions[other.take(positions) == ids]
            return indices
        return self.mask.take(other.astype(np.intp), mode="clip").nonzero()[0]


Count = TypeVar("Count", int, "np.typing.NDArray[np.int64]")


@dataclass(frozen=True, slots=True)
class AccessibleDocs:
    """`inside`: the documents that match `within`, deleted ones included; None for all. `deleted`: the deleted ones of
    them.

    `within` is the cache key of the set, None if it is the whole segment. `documents` is the number of accessible
    documents, and `allowed` their mask (None: all of the segment).
    """

    view: SegmentView
    within: Query | None
    inside: Mask | None
    deleted: Ids
    allowed: Mask | None
    documents: int

    @property
    def segment(self) -> Segment:
        return self.view.segment

    def candidates(self) -> Candidates | None:
        """The accessible documents as candidates; None for all of the segment."""
        return None if self.allowed is None else Candidates(self.segment.documents, mask=self.allowed)

    def total(self, key: Key, count: Callable[[Ids | None], Count]) -> Count:
        """A count over the accessible documents. `count` counts documents of the segment (None: all of them).

        It must be a sum over documents: a number, or an array of numbers.
        """

        def whole() -> Count:
            return count(None if self.inside is None else self.inside.nonzero()[0])

        with_deleted: Count = self.segment.cached((*key, self.within), whole)
        return with_deleted - count(self.deleted) if len(self.deleted) else with_deleted


def accessible_docs_of(view: SegmentView, within: Query | None, inside: Mask | None) -> AccessibleDocs:
    """The accessible documents of a view; `inside` is the mask of `within` in its segment (None: everything)."""
    segment = view.segment
    deleted = view.deleted if inside is None else view.deleted[inside[view.deleted]]
    allowed = inside
    if len(deleted):
        allowed = np.ones(segment.documents, bool) if inside is None else inside.copy()
        allowed[deleted] = False
    documents = segment.documents if inside is None else int(np.count_nonzero(inside))
    return AccessibleDocs(view, within, inside, deleted, allowed, documents - len(deleted))


BLOCK = 1024


def doc_frequency_bounds(docs: AccessibleDocs, name: str, ordinals: Ints) -> Ints:
    """For terms of a segment (ordinals, ascending), the accessible documents that hold them, deleted ones included."""
    segment, inside = docs.segment, docs.inside
    if inside is None:
        return segment.array(f"{name}/entries")["documents"][ordinals].astype(np.int64)
    return _by_blocks(segment, name, ordinals, inside, ("held", docs.within))


def doc_frequencies(docs: AccessibleDocs, name: str, ordinals: Ints) -> Ints:
    """For terms of a segment (ordinals, ascending), the accessible documents that hold them."""
    counts = doc_frequency_bounds(docs, name, ordinals)
    if not len(docs.deleted):
        return counts
    deleted = np.zeros(docs.segment.documents, bool)
    deleted[docs.deleted] = True
    # A deletion is final, so the number of deletions identifies a state of a segment.
    return counts - _by_blocks(docs.segment, name, ordinals, deleted, ("deleted", docs.within, len(docs.deleted)))


def _by_blocks(segment: Segment, name: str, ordinals: Ints, inside: Mask, key: Key) -> Ints:
    counts = np.zeros(len(ordinals), np.int64)
    edges = np.arange(ordinals.min(initial=0) // BLOCK, ordinals.max(initial=-1) // BLOCK + 2)
    cuts = np.searchsorted(ordinals, edges * BLOCK).tolist()
    for block, first, last in zip(edges.tolist(), cuts, cuts[1:], strict=False):
        if first < last:
            make = partial(_block_counts, segment, name, inside, block * BLOCK)
            known = segment.cached_here((name, block, *key), make)
            counts[first:last] = known[ordinals[first:last] - block * BLOCK]
    return counts


def _block_counts(segment: Segment, name: str, inside: Mask, start: int) -> Array:
    """The same for one block of terms."""
    ordinals = np.arange(start, min(start + BLOCK, len(segment.term_dictionary(name))))
    return narrow(segment.postings(name).counts_in(inside, ordinals))
