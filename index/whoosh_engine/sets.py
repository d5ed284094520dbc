"""What a query finds in one segment: document numbers, ascending, and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.whoosh_engine.arrays import Floats, Ids, Mask

NONE = np.zeros(0, np.intp)

DENSE = 16
"""A union that is larger than one document in DENSE is made in an array of the segment's size."""


@dataclass(frozen=True, slots=True)
class Found:
    """Documents, and their scores; None when all scores are 0."""

    ids: Ids
    scores: Floats | None = None


NOTHING = Found(NONE)


def mask_of(ids: Ids, documents: int) -> Mask:
    """Which documents these are."""
    mask = np.zeros(documents, bool)
    mask[ids] = True
    return mask


def union(parts: Sequence[Found], documents: int) -> Found:
    """The documents that stand in any part; the scores that the parts give them are added in the order of the parts."""
    parts = [part for part in parts if len(part.ids)]
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    ids = np.concatenate([part.ids for part in parts])
    scores = None
    if any(part.scores is not None for part in parts):
        scores = np.concatenate([_scores(part) for part in parts])
    if len(ids) * DENSE < documents:
        return _merged(ids, scores)
    mask = mask_of(ids, documents)
    held = mask.nonzero()[0]
    # The sum goes through the parts one by one: equal documents get scores that are equal to the last bit.
    return Found(held, None if scores is None else sums(ids, scores, documents).take(held))


def distinct(ids: Ids, documents: int) -> Ids:
    """Documents in any order, and several times perhaps: each once, ascending."""
    if len(ids) * DENSE < documents:
        return _merged(ids, None).ids
    return mask_of(ids, documents).nonzero()[0]


def _merged(ids: Ids, scores: Floats | None) -> Found:
    if scores is None:
        ids = np.sort(ids, kind="stable")
        return Found(ids[_first(ids)])
    # Runs that are in order are merged, not sorted anew.
    order = ids.argsort(kind="stable")
    ids = ids.take(order)
    first = _first(ids)
    return Found(ids[first], sums(first.cumsum() - 1, scores.take(order), 0))


def sums(places: Ids, values: Floats, size: int) -> Floats:
    """The sum of the values at each place, in their order; `size` places at least."""
    summed: Floats = np.bincount(places, values, size)  # type: ignore[assignment]
    return summed


def _first(ids: Ids) -> Mask:
    """Where a number differs from the one before it."""
    first = np.ones(len(ids), bool)
    np.not_equal(ids[1:], ids[:-1], out=first[1:])
    return first


def _scores(part: Found) -> Floats:
    return np.zeros(len(part.ids)) if part.scores is None else part.scores
