"""Signatures of vectors: a few bits for each component, which tell roughly how near two vectors are.

Each component is compared with four values. The number of comparisons that differ is about the distance of two
vectors. A signature depends on its vector alone, never on other vectors of the index, so that documents that a user may
not find cannot change what is found: a mean of all vectors, around which signs would tell more, would do that. A
question compares two of the four (`coarse`) of all vectors, and the other two (`fine`) of the nearest by these.
"""

import numpy as np

from index.whoosh_engine.storage.array_file import Array

COARSE, FINE = (0.8, -0.25), (0.25, -0.8)
"""Where components are cut, in relation to the root of their mean square in the vector. Those of every other word are
negated before: coarse comparisons then tell more than with the same two cuts everywhere.
"""
_WORD = 8
SUMMED = 3
"""Words whose differing bits, at most 64 each, are summed in 8 bits, which is quicker than in 16."""


def signatures_of(vectors: Array) -> tuple[Array, Array]:
    """The signatures of vectors, which are rows: coarse words, one row for each word; fine words, one for each vector.

    A word has 64 bits; missing components are 0.
    """
    numbers = vectors.astype(np.float32)
    numbers[:, np.arange(numbers.shape[1]) // (8 * _WORD) % 2 == 1] *= -1
    root = np.sqrt(np.einsum("ij,ij->i", numbers, numbers) / numbers.shape[1])[:, np.newaxis]
    coarse, fine = (np.concatenate([_words(numbers > cut * root) for cut in cuts], axis=1) for cuts in (COARSE, FINE))
    return np.ascontiguousarray(coarse.T), fine


def _words(bits: Array) -> Array:
    packed = np.packbits(bits, axis=1)
    words = np.zeros((len(packed), -(-packed.shape[1] // _WORD) * _WORD), np.uint8)
    words[:, : packed.shape[1]] = packed
    return words.view("<u8")


def words_of(dimensions: int) -> int:
    """The words of the coarse comparisons, and those of the fine ones."""
    return 2 * -(-dimensions // (8 * _WORD))


def coarse_distances(words: Array, question: Array, distances: Array) -> None:
    """Write the number of differing bits of each vector, whose words are a column, into an array of 16 bits."""
    different = np.empty(words.shape[1], np.uint64)
    counts, sums = np.empty((2, words.shape[1]), np.uint8)
    distances[:] = 0
    for start in range(0, len(words), SUMMED):
        sums[:] = 0
        for word, asked in zip(words[start : start + SUMMED], question[start : start + SUMMED], strict=True):
            np.bitwise_xor(word, asked, out=different)
            np.bitwise_count(different, out=counts)
            np.add(sums, counts, out=sums)
        np.add(distances, sums, out=distances)


def fine_distances(words: Array, question: Array) -> Array:
    """The number of differing bits of each vector, whose words are a row."""
    # The sum of numpy takes three times as long in this direction.
    counts: Array = np.einsum("ij->i", np.bitwise_count(words ^ question).astype(np.uint16))
    return counts
