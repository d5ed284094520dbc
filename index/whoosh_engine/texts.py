"""TEXT fields in a segment: postings with positions, exact lengths, and where the pieces of a text begin.

The pieces of a text stand `GAP` free positions apart, so that most phrases cannot cross from one to the next; wider
ones look up where the pieces begin.
"""

import numpy as np

from index.whoosh_engine.arrays import Array, ArrayWriter, narrow
from index.whoosh_engine.postings import Postings, PostingsWriter

GAP = 16


def write_lengths(file: ArrayWriter, name: str, lengths: Array, pieces: tuple[Array, Array]) -> None:
    """Write the number of tokens of each document (0: the field is not held), and (document, first position) of each
    piece of a text but its first.
    """
    file.put(f"{name}/lengths", narrow(lengths))
    file.put(f"{name}/pieces_documents", pieces[0].astype(np.uint32))
    file.put(f"{name}/pieces_starts", narrow(pieces[1]))


def write_tokens(file: ArrayWriter, name: str, terms: list[bytes], tokens: Array, places: tuple[Array, Array]) -> None:
    """Write the postings of tokens, given as indices of `terms`, which may be in any order.

    `places` are the document and the position of each token, in their order.
    """
    documents, positions = places
    used = np.flatnonzero(np.bincount(tokens, minlength=len(terms))) if len(tokens) else np.zeros(0, np.int64)
    named = sorted((terms[number], number) for number in used.tolist())
    ranks = np.zeros(len(terms), np.int64)
    ranks[[number for _, number in named]] = np.arange(len(named))
    # Sorting (rank, place) in one number is stable, and several times faster than a stable sort of the ranks.
    keys = (ranks[tokens] << 32) | np.arange(len(tokens), dtype=np.int64)
    keys.sort()
    order = keys & 0xFFFFFFFF
    ranked = keys >> 32
    held = documents[order]
    first = np.ones(len(keys), bool)
    first[1:] = (ranked[1:] != ranked[:-1]) | (held[1:] != held[:-1])
    begins = np.flatnonzero(first)
    writer = PostingsWriter(file, name)
    writer.add(
        [term for term, _ in named],
        Postings(
            counts=np.bincount(ranked[begins], minlength=len(named)),
            ids=held[begins],
            tfs=np.diff(np.append(begins, len(keys))),
            positions=positions[order],
        ),
    )
    writer.finish()


def in_order(documents: Array, positions: Array) -> Array | None:
    """The order that puts tokens by document, then position; None when they stand so."""
    falls = (documents[1:] == documents[:-1]) & (positions[1:] < positions[:-1])
    return np.lexsort((positions, documents)) if falls.any() else None
