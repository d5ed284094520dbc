"""The terms of a segment that a prefix, a pattern or a misspelt word stands for, as ordinals."""

import re

import numpy as np

from index.query import Fuzzy, Prefix, Wildcard
from index.whoosh_engine.arrays import Array, Ints
from index.whoosh_engine.lexicon import Lexicon, to_bytes


def expanded(query: Prefix | Wildcard | Fuzzy, value: str, lexicon: Lexicon) -> Ints:
    """The ordinals of the terms; `value` is the query's, as the field compares it."""
    match query:
        case Prefix():
            return np.arange(*lexicon.starting(to_bytes(value)))
        case Wildcard():
            return _fitting(value, lexicon)
        case Fuzzy(distance=distance):
            return _near(value, distance, lexicon)


def _fitting(pattern: str, lexicon: Lexicon) -> Ints:
    head = re.split(r"[*?]", pattern, maxsplit=1)[0]
    low, high = lexicon.starting(to_bytes(head))
    found = re.compile(_expression(pattern), re.DOTALL).fullmatch
    return np.array([at for at in range(low, high) if found(lexicon[at].decode("utf-8", "surrogatepass"))], np.int64)


def _expression(pattern: str) -> str:
    """A regular expression that cannot run away: what stands before each star is taken for good (atomic groups)."""
    pieces = [re.escape(piece).replace(r"\?", ".") for piece in re.sub(r"\*+", "*", pattern).split("*")]
    if len(pieces) == 1:
        return pieces[0]
    middle = "".join(f"(?>.*?{piece})" for piece in pieces[1:-1])
    return f"{pieces[0]}{middle}.*{pieces[-1]}"


def _near(value: str, distance: int, lexicon: Lexicon) -> Ints:
    """Terms within a distance, length by length: one row of the table at a time, for all terms of a length at once."""
    texts = lexicon.texts()
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    found = [np.zeros(0, np.int64)]
    for length in range(max(len(value) - distance, 0), len(value) + distance + 1):
        which = np.flatnonzero(lengths == length)
        if len(which):
            letters = "".join(texts[place] for place in which.tolist()).encode("utf-32-le", "surrogatepass")
            table = np.frombuffer(letters, np.uint32).reshape(len(which), length)
            found.append(which[_distances(value, table) <= distance])
    return np.sort(np.concatenate(found))


def _distances(value: str, table: Array) -> Array:
    """The optimal string alignment distance of a word to each row of a table of code points."""
    words, length = table.shape
    before = np.zeros((words, length + 1), np.int32)
    row = np.tile(np.arange(length + 1, dtype=np.int32), (words, 1))
    for i, letter in enumerate(value, 1):
        fresh = np.empty_like(row)
        fresh[:, 0] = i
        for j in range(1, length + 1):
            cost = np.minimum(row[:, j] + 1, fresh[:, j - 1] + 1)
            cost = np.minimum(cost, row[:, j - 1] + (table[:, j - 1] != ord(letter)))
            if i > 1 and j > 1:
                swapped = (table[:, j - 2] == ord(letter)) & (table[:, j - 1] == ord(value[i - 2]))
                cost = np.where(swapped, np.minimum(cost, before[:, j - 2] + 1), cost)
            fresh[:, j] = cost
        before, row = row, fresh
    return row[:, length]
