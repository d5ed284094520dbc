"""Merge sorted lists of strings, in slices that each take little time."""

from bisect import bisect_left
from collections.abc import Generator, Sequence

import numpy as np

from index.whoosh_engine.storage.array_file import Ints
from index.whoosh_engine.storage.term_dictionary import TermDictionary

PIECE = 4000
"""Strings of each list that are joined at once, at most."""


def merge_terms(lexicons: Sequence[TermDictionary]) -> Generator[None, None, tuple[TermDictionary, list[Ints]]]:
    """All strings, and the index in them of each string of each dictionary; yields between two slices."""
    if len(lexicons) == 1:
        return lexicons[0], [np.arange(len(lexicons[0]))]
    cuts = sorted({lexicon[at] for lexicon in lexicons for at in range(PIECE, len(lexicon), PIECE)})
    contents, lengths = [b""], [np.zeros(1, np.int64)]
    places: list[list[Ints]] = [[] for _ in lexicons]
    lows, base = [0] * len(lexicons), 0
    for cut in [*cuts, None]:
        highs = [
            len(one) if cut is None else bisect_left(one, cut, low) for one, low in zip(lexicons, lows, strict=True)
        ]
        lists = [term_slice(one, low, high) for one, low, high in zip(lexicons, lows, highs, strict=True)]
        merged = sorted(set().union(*lists))
        place = {string: base + number for number, string in enumerate(merged)}
        for held, some in zip(places, lists, strict=True):
            held.append(np.fromiter(map(place.__getitem__, some), np.int64, len(some)))
        contents.append(b"".join(merged))
        lengths.append(np.fromiter(map(len, merged), np.int64, len(merged)))
        lows, base = highs, base + len(merged)
        yield
    content = np.frombuffer(b"".join(contents), np.uint8)
    return TermDictionary(np.cumsum(np.concatenate(lengths)), content), [np.concatenate(held) for held in places]


def term_slice(lexicon: TermDictionary, low: int, high: int) -> list[bytes]:
    """The strings from `low` up to `high`."""
    return [lexicon[ordinal] for ordinal in range(low, high)]


def slices_of(weights: Ints, most: int) -> list[tuple[int, int]]:
    """Cut strings of these weights into ranges: no range of several weighs more than `most`."""
    ends = np.cumsum(weights)
    cuts, low, before = [], 0, 0
    while low < len(ends):
        high = max(int(np.searchsorted(ends, before + most, "right")), low + 1)
        cuts.append((low, high))
        low, before = high, int(ends[high - 1])
    return cuts
