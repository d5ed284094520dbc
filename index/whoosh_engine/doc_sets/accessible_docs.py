"""The accessible documents of one segment: the documents of `Plan.within` that were not deleted.

A commit usually deletes few of the documents of a segment. A count over a whole segment is therefore made once, as if
nothing were deleted, and cached with the segment; the deleted documents are counted separately and subtracted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from index.query import Query
from index.whoosh_engine.doc_sets.candidates import Candidates
from index.whoosh_engine.storage.array_file import Ids, Mask
from index.whoosh_engine.storage.segments import Segment, SegmentView

Count = TypeVar("Count", int, "np.typing.NDArray[np.int64]")


@dataclass(frozen=True, slots=True)
class AccessibleDocs:
    """`inside`: the documents that match `within`, deleted ones included; None for all. `gone`: the deleted ones of
    them.

    `within` is the cache key of the set, None if it is the whole segment. `documents` is the number of accessible
    documents, and `allowed` their mask (None: all of the segment).
    """

    view: SegmentView
    within: Query | None
    inside: Mask | None
    gone: Ids
    allowed: Mask | None
    documents: int

    @property
    def segment(self) -> Segment:
        return self.view.segment

    def among(self) -> Candidates | None:
        """The accessible documents as candidates; None for all of the segment."""
        return None if self.allowed is None else Candidates(self.segment.documents, mask=self.allowed)

    def ids(self) -> Ids:
        """The accessible documents."""
        return self.segment.everything() if self.allowed is None else self.allowed.nonzero()[0]

    def total(self, key: tuple[object, ...], count: Callable[[Ids | None], Count]) -> Count:
        """A count over the accessible documents. `count` counts documents of the segment (None: all of them).

        It must be a sum over documents: a number, or an array of numbers.
        """

        def whole() -> Count:
            return count(None if self.inside is None else self.inside.nonzero()[0])

        kept: Count = self.segment.kept((*key, self.within), whole, lambda it: getattr(it, "nbytes", 8))
        return kept - count(self.gone) if len(self.gone) else kept


def accessible_docs_of(view: SegmentView, within: Query | None, inside: Mask | None) -> AccessibleDocs:
    """The accessible documents of a view; `inside` is the mask of `within` in its segment (None: everything)."""
    segment = view.segment
    gone = view.gone if inside is None else view.gone[inside[view.gone]]
    allowed = inside
    if len(gone):
        allowed = np.ones(segment.documents, bool) if inside is None else inside.copy()
        allowed[gone] = False
    documents = segment.documents if inside is None else int(np.count_nonzero(inside))
    return AccessibleDocs(view, within, inside, gone, allowed, documents - len(gone))
