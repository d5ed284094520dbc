"""The terms of a dictionary as a matrix of characters, to compare all of them at once without a loop over terms."""

from dataclasses import dataclass

import numpy as np

from index.whoosh_engine.storage.array_file import Array, Ints, edges_of, narrow, ranges
from index.whoosh_engine.storage.term_dictionary import TermDictionary, to_text

_STRETCH = 8_000
"""Terms decoded at once: the temporary arrays are large beside the result."""
_BITS = np.left_shift(np.uint64(1), np.arange(64, dtype=np.uint64))


@dataclass(frozen=True, slots=True)
class TermMatrix:
    """Terms by their number, from 0: term i has the code points `points[starts[i]:starts[i + 1]]`.

    `signs` has a bit for each letter that a term holds (for its last six bits: letters may share one).
    """

    points: Array
    starts: Ints
    signs: Array

    def __len__(self) -> int:
        return len(self.signs)

    def lengths(self, terms: Ints) -> Ints:
        """The number of letters of some terms."""
        return self.starts[terms + 1] - self.starts[terms]

    def subset(self, terms: Ints) -> "TermMatrix":
        """Some of the terms, with new numbers."""
        lengths = self.lengths(terms)
        return TermMatrix(self.points[ranges(self.starts[terms], lengths)], edges_of(lengths), self.signs[terms])


def build_term_matrix(dictionary: TermDictionary) -> TermMatrix:
    """All terms of a dictionary."""
    points, lengths, signs = [], [], []
    for low in range(0, len(dictionary), _STRETCH):
        some_points, some_lengths = _code_points(dictionary, low, min(low + _STRETCH, len(dictionary)))
        signs.append(_signs(some_points, some_lengths))
        points.append(narrow(some_points))
        lengths.append(some_lengths)
    if not points:
        return TermMatrix(np.zeros(0, np.uint8), np.zeros(1, np.int64), np.zeros(0, np.uint64))
    return TermMatrix(np.concatenate(points), edges_of(np.concatenate(lengths)), np.concatenate(signs))


def letter_signature(text: str) -> np.uint64:
    """The bits of the letters of a text."""
    sign = np.uint64(0)
    for letter in set(text):
        sign |= _BITS[ord(letter) & 63]
    return sign


def _code_points(dictionary: TermDictionary, low: int, high: int) -> tuple[Array, Ints]:
    """The code points of the terms from `low` up to `high`, and how many each has."""
    content, ends = dictionary.stretch(low, high)
    if content.isascii():
        return np.frombuffer(content, np.uint8), np.diff(ends, prepend=0)
    begins = (np.frombuffer(content, np.uint8) & 0xC0) != 0x80
    counts = edges_of(begins)[ends]
    points = np.frombuffer(to_text(content).encode("utf-32-le", "surrogatepass"), np.uint32)
    return points, np.diff(counts, prepend=0)


def _signs(points: Array, lengths: Ints) -> Array:
    signs = np.zeros(len(lengths), np.uint64)
    non_empty = lengths > 0
    if non_empty.any():
        starts = np.cumsum(lengths) - lengths
        signs[non_empty] = np.bitwise_or.reduceat(_BITS[points & 63], starts[non_empty])
    return signs
