"""What a query finds in one segment: document numbers, ascending, and their scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from index.whoosh_engine.arrays import Floats, Ids, Mask

NONE = np.zeros(0, np.int32)

DENSE = 16
"""A union that is larger than one document in DENSE is made in an array of the segment's size."""


@dataclass(frozen=True, slots=True)
class Found:
    """Documents, and their scores; None when all scores are 0."""

    ids: Ids
    scores: Floats | None = None


def everything(documents: int) -> Found:
    """All documents of a segment."""
    return Found(np.arange(documents, dtype=np.int32))


def mask_of(ids: Ids, documents: int) -> Mask:
    """Which documents these are."""
    mask = np.zeros(documents, bool)
    mask[ids] = True
    return mask


def both(one: Ids, other: Ids, documents: int) -> Ids:
    """The documents that stand in both."""
    if len(one) > len(other):
        one, other = other, one
    if not len(one) or len(other) == documents:
        return one
    if len(one) * 16 < len(other):
        places = np.searchsorted(other, one)
        places[places == len(other)] = 0
        stands: Mask = other[places] == one
    else:
        stands = mask_of(other, documents)[one]
    return one[stands]


def without(one: Ids, other: Ids, documents: int) -> Ids:
    """The documents of the first that do not stand in the second."""
    if not len(other) or not len(one):
        return one
    return one[~mask_of(other, documents)[one]]


def any_of(parts: Sequence[Ids], documents: int) -> Ids:
    """The documents that stand in any."""
    parts = [part for part in parts if len(part)]
    if len(parts) < 2:
        return parts[0] if parts else NONE
    if sum(map(len, parts)) * DENSE < documents:
        return np.unique(np.concatenate(parts))
    mask = np.zeros(documents, bool)
    for part in parts:
        mask[part] = True
    return np.flatnonzero(mask).astype(np.int32)


def summed(parts: Sequence[Found], ids: Ids, documents: int) -> Floats | None:
    """The sum, in the order of the parts, of the scores that each gives to these documents (which it may not hold)."""
    scored = [part for part in parts if part.scores is not None and len(part.ids)]
    if not scored or not len(ids):
        return None
    first = scored[0]
    if len(scored) == 1 and len(first.ids) == len(ids):
        return first.scores
    if sum(len(part.ids) for part in scored) * DENSE < documents:
        total = np.zeros(len(ids))
        for part in scored:
            places = np.searchsorted(ids, part.ids)
            places[places == len(ids)] = 0
            held = ids[places] == part.ids
            total[places[held]] += _scores(part)[held]
        return total
    dense = np.zeros(documents)
    for part in scored:
        dense[part.ids] += _scores(part)
    return dense[ids]


def _scores(part: Found) -> Floats:
    return np.zeros(len(part.ids)) if part.scores is None else part.scores
