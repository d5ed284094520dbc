"""The matches of a query in one segment: document numbers in ascending order, and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.whoosh_engine.storage.array_file import Floats, Ids, Mask, run_starts

NONE = np.zeros(0, np.intp)

DENSE = 16
"""A union that is larger than one document in DENSE is made in an array of the segment's size."""


@dataclass(frozen=True, slots=True)
class ScoredDocs:
    """Documents, and their scores; None when all scores are 0."""

    ids: Ids
    scores: Floats | None = None


NO_DOCS = ScoredDocs(NONE)


def mask_of(ids: Ids, documents: int) -> Mask:
    """The mask of these documents."""
    mask = np.zeros(documents, bool)
    mask[ids] = True
    return mask


def union(parts: Sequence[ScoredDocs], documents: int) -> ScoredDocs:
    """The union of the parts; the scores of a document are added in the order of the parts."""
    parts = [part for part in parts if len(part.ids)]
    if len(parts) < 2:
        return parts[0] if parts else NO_DOCS
    scored = any(part.scores is not None for part in parts)
    if sum(len(part.ids) for part in parts) * DENSE >= documents:
        return _summed_union(parts, documents) if scored else ScoredDocs(_union_ids(parts, documents))
    ids = np.concatenate([part.ids for part in parts])
    scores = [np.zeros(len(part.ids)) if part.scores is None else part.scores for part in parts]
    return _merged(ids, np.concatenate(scores) if scored else None)


def _summed_union(parts: Sequence[ScoredDocs], documents: int) -> ScoredDocs:
    """The union in an array of the segment's size. The parts are added one by one, as elsewhere, so that equal
    documents get scores that are equal to the last bit.
    """
    total = np.zeros(documents)
    positive = True
    for number, part in enumerate(parts):
        if part.scores is None:
            positive = False
        else:
            positive = positive and bool(part.scores.min() > 0)
            total[part.ids] = total.take(part.ids) + part.scores if number else part.scores
    ids = (total > 0).nonzero()[0] if positive else _union_ids(parts, documents)
    return ScoredDocs(ids, total.take(ids))


def _union_ids(parts: Sequence[ScoredDocs], documents: int) -> Ids:
    mask = np.zeros(documents, bool)
    for part in parts:
        mask[part.ids] = True
    return mask.nonzero()[0]


def distinct_ids(ids: Ids, documents: int) -> Ids:
    """Documents in any order, perhaps repeated: sorted and without repetition."""
    if len(ids) * DENSE < documents:
        return _merged(ids, None).ids
    return mask_of(ids, documents).nonzero()[0]


def _merged(ids: Ids, scores: Floats | None) -> ScoredDocs:
    if scores is None:
        ids = np.sort(ids, kind="stable")
        return ScoredDocs(ids[run_starts(ids)])
    # Sorted runs are merged, not sorted again.
    order = ids.argsort(kind="stable")
    ids = ids.take(order)
    first = run_starts(ids)
    summed = np.bincount(first.cumsum() - 1, scores.take(order)).astype(np.float64, copy=False)
    return ScoredDocs(ids[first], summed)
