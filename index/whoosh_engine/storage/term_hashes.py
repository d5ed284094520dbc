"""64-bit hashes of terms, the same in all segments, so that the terms of several segments are compared as arrays.

Two of a million terms share a hash with a probability of 1 in 10^7; their counts would then be added together.
"""

import numpy as np

from index.whoosh_engine.storage.array_file import Array
from index.whoosh_engine.storage.segments import Segment

_BASE = np.uint64(0x9E3779B97F4A7C15)
"""An odd number without a pattern (2^64 divided by the golden ratio)."""
_STRETCH = 50_000
"""Terms hashed at once: the temporary arrays are large beside the result."""


def hash_terms(segment: Segment, name: str) -> Array:
    """The number of each term of a field."""

    def hashes() -> Array:
        dictionary = segment.term_dictionary(name)
        lows = range(0, len(dictionary), _STRETCH)
        parts = [_of(*dictionary.stretch(low, min(low + _STRETCH, len(dictionary)))) for low in lows]
        return np.concatenate([np.zeros(0, np.uint64), *parts])

    return segment.cached((name, "hashes"), hashes)


def _of(content: bytes, ends: Array) -> Array:
    """A polynomial of each string's bytes, modulo 2^64, and its bits mixed."""
    lengths = np.diff(ends, prepend=0)
    indices = np.arange(len(content)) - np.repeat(ends - lengths, lengths)
    powers = np.cumprod(np.full(int(lengths.max()) + 1, _BASE))
    values = (np.frombuffer(content, np.uint8) + np.uint64(1)) * powers[indices]
    sums = np.concatenate((np.zeros(1, np.uint64), np.cumsum(values)))
    mixed = sums[ends] - sums[ends - lengths]
    mixed ^= mixed >> np.uint64(32)
    named: Array = mixed * _BASE
    return named
