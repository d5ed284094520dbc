"""The matches of a query in one segment: document numbers in ascending order, and their scores."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from index.whoosh_engine.storage.array_file import Floats, Ids, Mask, run_starts

NONE = np.zeros(0, np.intp)

DENSE = 16
"""A union that is larger than one document in DENSE is made in an array of the segment's size."""
LARGE = 8
"""A union that is larger than one document in LARGE is looked for in a mask."""
LOOKED_UP = 25
"""To look for a document among sorted ones takes as long as to mark so many in a mask."""


class ScoredDocs(NamedTuple):
    """Documents, and their scores; None when all scores are 0.

    A named tuple and not a dataclass: a search makes many, and a frozen dataclass takes three times as long to make.
    """

    ids: Ids
    scores: Floats | None = None


NO_DOCS = ScoredDocs(NONE)


def mask_of(ids: Ids, documents: int) -> Mask:
    """The mask of these documents."""
    mask = np.zeros(documents, bool)
    mask[ids] = True
    return mask


def union(parts: Sequence[ScoredDocs], documents: int, *, ordered: bool = True) -> ScoredDocs:
    """The union of the parts; the scores of a document are added in the order of the parts, so that equal documents get
    scores that are equal to the last bit.

    Without `ordered` the documents may come in any order, which takes less time.
    """
    parts = [part for part in parts if len(part.ids)]
    if len(parts) < 2:
        return parts[0] if parts else NO_DOCS
    scored = any(part.scores is not None for part in parts)
    if scored and len(parts) == 2:
        docs = _union_of_two(parts[0], parts[1], documents)
        return _in_order(docs) if ordered else docs
    size = sum(len(part.ids) for part in parts)
    if size * DENSE >= documents:
        if not scored:
            return ScoredDocs(_union_ids(parts, documents))
        if size * LARGE > documents:
            return _large_union(parts, documents)
        return _summed_union(parts, documents, ordered=ordered)
    ids = np.concatenate([part.ids for part in parts])
    return _merged(ids, np.concatenate([_scores_of(part) for part in parts]) if scored else None)


def _scores_of(part: ScoredDocs) -> Floats:
    return np.zeros(len(part.ids)) if part.scores is None else part.scores


def _union_of_two(first: ScoredDocs, second: ScoredDocs, documents: int) -> ScoredDocs:
    """The documents of the longer part, and then those of the other one that are not among them."""
    # The order of two summands does not matter.
    shorter, longer = (first, second) if len(first.ids) < len(second.ids) else (second, first)
    ids, scores, added = longer.ids, _scores_of(longer), _scores_of(shorter)
    if len(shorter.ids) * LOOKED_UP < len(ids) + documents // DENSE:
        indices = ids.searchsorted(shorter.ids)
        known = ids.take(indices, mode="clip") == shorter.ids
        both = known.nonzero()[0]
        indices = indices.take(both)
    else:
        known = mask_of(ids, documents).take(shorter.ids)
        both = known.nonzero()[0]
        common = shorter.ids.take(both)
        if len(both) * LOOKED_UP > len(ids):
            places = np.empty(documents, np.int32)
            places[ids] = np.arange(len(ids), dtype=np.int32)
            indices = places.take(common).astype(np.intp)
        else:
            indices = ids.searchsorted(common)
    if len(both):
        scores = scores.copy()
        scores[indices] += added.take(both)
    others = np.logical_not(known, out=known).nonzero()[0]
    return ScoredDocs(np.concatenate((ids, shorter.ids.take(others))), np.concatenate((scores, added.take(others))))


def _in_order(docs: ScoredDocs) -> ScoredDocs:
    # Two ascending runs are merged, not sorted again.
    order = docs.ids.argsort(kind="stable")
    return ScoredDocs(docs.ids.take(order), None if docs.scores is None else docs.scores.take(order))


def _large_union(parts: Sequence[ScoredDocs], documents: int) -> ScoredDocs:
    """The union by way of arrays of the segment's size, in order: facets then read their tables in one direction."""
    total, mask = np.zeros(documents), np.zeros(documents, bool)
    for part in parts:
        mask[part.ids] = True
        if part.scores is not None:
            total[part.ids] = total.take(part.ids) + part.scores
    ids = mask.nonzero()[0]
    return ScoredDocs(ids, total.take(ids))


def _summed_union(parts: Sequence[ScoredDocs], documents: int, *, ordered: bool) -> ScoredDocs:
    """The union by way of arrays of which few places are written: of each part, what no part before it holds."""
    total, mask = np.empty(documents), np.zeros(documents, bool)
    each: list[Ids] = []
    for part in parts:
        ids, scores = part.ids, part.scores
        if each:
            known = mask.take(ids)
            both = known.nonzero()[0]
            if scores is not None:
                common = ids.take(both)
                total[common] = total.take(common) + scores.take(both)
            others = np.logical_not(known, out=known).nonzero()[0]
            ids, scores = ids.take(others), None if scores is None else scores.take(others)
        mask[ids] = True
        total[ids] = 0.0 if scores is None else scores
        each.append(ids)
    ids = np.concatenate(each)
    if ordered:
        # To look for few documents in a mask takes numpy longer.
        ids.sort()
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
