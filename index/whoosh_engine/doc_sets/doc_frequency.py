"""The number of accessible documents that hold each term.

Counts are made for a block of neighbouring terms at a time, as if nothing were deleted, and cached with the segment, so
that a commit that deletes a document does not start the count again. A cached count is therefore an upper bound; the
few terms that come first are counted again in the documents that are left.
"""

from functools import partial

import numpy as np

from index.whoosh_engine.doc_sets.accessible_docs import AccessibleDocs
from index.whoosh_engine.storage.array_file import Array, Ints, Mask, narrow
from index.whoosh_engine.storage.segments import Segment

BLOCK = 1024


def doc_frequency_bounds(reach: AccessibleDocs, name: str, ordinals: Ints) -> Ints:
    """For terms of a segment (ordinals, ascending), the accessible documents that hold them, deleted ones included."""
    segment, inside = reach.segment, reach.inside
    if inside is None:
        return segment.array(f"{name}/entries")["documents"][ordinals].astype(np.int64)
    return _by_blocks(segment, name, ordinals, inside, ("held", reach.within))


def doc_frequencies(reach: AccessibleDocs, name: str, ordinals: Ints) -> Ints:
    """For terms of a segment (ordinals, ascending), the accessible documents that hold them."""
    counts = doc_frequency_bounds(reach, name, ordinals)
    if not len(reach.gone):
        return counts
    gone = np.zeros(reach.segment.documents, bool)
    gone[reach.gone] = True
    # A deletion is final, so the number of deletions identifies a state of a segment.
    return counts - _by_blocks(reach.segment, name, ordinals, gone, ("gone", reach.within, len(reach.gone)))


def _by_blocks(segment: Segment, name: str, ordinals: Ints, inside: Mask, key: tuple[object, ...]) -> Ints:
    counts = np.zeros(len(ordinals), np.int64)
    edges = np.arange(ordinals.min(initial=0) // BLOCK, ordinals.max(initial=-1) // BLOCK + 2)
    cuts = np.searchsorted(ordinals, edges * BLOCK).tolist()
    for block, first, last in zip(edges.tolist(), cuts, cuts[1:], strict=False):
        if first < last:
            make = partial(_counted, segment, name, inside, block * BLOCK)
            known = segment.kept((name, block, *key), make, lambda known: known.nbytes)
            counts[first:last] = known[ordinals[first:last] - block * BLOCK]
    return counts


def _counted(segment: Segment, name: str, inside: Mask, start: int) -> Array:
    """The same for one block of terms."""
    ordinals = np.arange(start, min(start + BLOCK, len(segment.lexicon(name))))
    return narrow(segment.postings(name).counts_in(inside, ordinals))
