"""TEXT fields of a segment: postings with positions, exact lengths, and the start of each piece of a text.

`GAP` free positions separate the pieces of a text, so that most phrases cannot cross from one piece to the next; wider
phrases look up where the pieces begin.
"""

from collections.abc import Iterator

import numpy as np

from index.whoosh_engine.storage.array_file import Array, ArrayWriter, Ints, narrow, run_starts
from index.whoosh_engine.storage.postings import Postings, PostingsWriter

GAP = 16
STRETCH = 1 << 21
"""Tokens that are made postings at once, about."""


def write_lengths(file: ArrayWriter, name: str, lengths: Array, pieces: tuple[Array, Array]) -> None:
    """Write the number of tokens of each document (0: the field is not held), and (document, first position) of each
    piece of a text but its first.
    """
    file.put(f"{name}/lengths", narrow(lengths))
    file.put(f"{name}/pieces_documents", pieces[0].astype(np.uint32))
    file.put(f"{name}/pieces_starts", narrow(pieces[1]))


def write_token_postings(
    file: ArrayWriter, name: str, terms: list[bytes], ranks: Array, occurrences: tuple[Array, Array]
) -> None:
    """Write the postings of tokens, in any order, given as indices of `terms`, which are sorted.

    `occurrences` are the document and the position of each token.
    """
    writer = PostingsWriter(file, name)
    for pairs, shift, positions in _sorted(ranks, *occurrences, len(terms)):
        begins = np.flatnonzero(run_starts(pairs))
        postings = pairs[begins]
        ranked = postings >> shift
        firsts = np.flatnonzero(run_starts(ranked))
        writer.add(
            list(map(terms.__getitem__, ranked[firsts].tolist())),
            Postings(
                counts=np.diff(firsts, append=len(ranked)),
                ids=(postings & ((1 << shift) - 1)).astype(np.int32),
                tfs=np.diff(begins, append=len(pairs)),
                positions=positions,
            ),
        )
    writer.finish()


def _sorted(ranks: Array, documents: Array, positions: Array, terms: int) -> Iterator[tuple[Ints, int, Array]]:
    """The tokens by term, document and position, so many whole terms at a time.

    Gives (term << shift | document) of each, the shift, and the positions.
    """
    depth, shift = _bits(positions), _bits(documents)
    if depth + shift + terms.bit_length() > 63:
        order = np.lexsort((positions, documents, ranks))
        yield (ranks.astype(np.int64)[order] << shift) | documents[order], shift, positions[order]
        return
    # All in one number: sorting numbers is several times faster than sorting an order of them.
    keys = ranks.astype(np.int64)
    keys <<= shift
    keys |= documents
    keys <<= depth
    keys |= positions
    keys.sort()
    start = 0
    while start < len(keys):
        last = keys[min(start + STRETCH, len(keys)) - 1] >> (shift + depth)
        end = int(np.searchsorted(keys, (last + 1) << (shift + depth)))
        stretch = keys[start:end]
        yield stretch >> depth, shift, stretch & ((1 << depth) - 1)
        start = end


def _bits(numbers: Array) -> int:
    return int(numbers.max(initial=0)).bit_length()
