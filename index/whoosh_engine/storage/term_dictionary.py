"""A sorted list of strings on disk: one run of bytes, and the end of each string.

Strings are UTF-8 (lone surrogates are allowed), so that the order of bytes is the order of code points, as in Python.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from index.whoosh_engine.storage.array_file import Array, ArrayFile, ArrayWriter, edges_of, narrow

STEP = 64
"""One string in so many is kept as an object: a search among objects is faster than among the bytes of a file."""


def to_bytes(text: str) -> bytes:
    """A string as the index keeps it."""
    return text.encode("utf-8", "surrogatepass")


def to_text(content: bytes) -> str:
    """The inverse of `to_bytes`."""
    return content.decode("utf-8", "surrogatepass")


def write_term_dictionary(file: ArrayWriter, name: str, strings: list[bytes]) -> None:
    """Write strings that are sorted and differ."""
    joined = JoinedStrings()
    joined.add(strings)
    joined.write(file, name)


class JoinedStrings:
    """Sorted strings that are kept until they are written, without an object for each."""

    def __init__(self) -> None:
        self._lengths = [np.zeros(0, np.uint32)]
        self._contents: list[bytes] = []

    def add(self, strings: list[bytes]) -> None:
        """Add strings that are greater than all before."""
        self._lengths.append(np.fromiter(map(len, strings), np.uint32, len(strings)))
        self._contents.append(b"".join(strings))

    def write(self, file: ArrayWriter, name: str) -> None:
        file.put(f"{name}/ends", narrow(edges_of(np.concatenate(self._lengths))))
        file.put(f"{name}/bytes", np.frombuffer(b"".join(self._contents), np.uint8))


class TermDictionary:
    """Strings by their ordinal, and ordinals by their string."""

    __slots__ = ("_content", "_ends", "_heads", "nbytes")

    def __init__(self, ends: Array, content: Array) -> None:
        self._ends = ends.data
        self._content = content.data
        self._heads: list[bytes] = []
        self.nbytes = ends.nbytes + content.nbytes

    def __reduce__(self) -> tuple[type["TermDictionary"], tuple[Array, Array]]:
        return TermDictionary, (np.asarray(self._ends), np.asarray(self._content))

    @classmethod
    def read(cls, file: ArrayFile, name: str) -> "TermDictionary":
        """The strings written under a name."""
        return cls(file.array(f"{name}/ends"), file.array(f"{name}/bytes"))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, ordinal: int) -> bytes:
        if not 0 <= ordinal < len(self._ends) - 1:
            raise IndexError(ordinal)
        return self._content[self._ends[ordinal] : self._ends[ordinal + 1]].tobytes()

    def __iter__(self) -> Iterator[bytes]:
        ends, content = self._ends.tolist(), self._content.tobytes()
        return (content[start:end] for start, end in pairwise(ends))

    def ordinal(self, string: bytes) -> int:
        """The ordinal of a string, -1 when it is not here."""
        if not self._heads:
            self._heads = [self[ordinal] for ordinal in range(0, len(self), STEP)]
        low = max(bisect_right(self._heads, string) - 1, 0) * STEP
        ordinal = bisect_left(self, string, low, min(low + STEP, len(self)))
        return ordinal if ordinal < len(self) and self[ordinal] == string else -1

    def starting(self, prefix: bytes) -> tuple[int, int]:
        """The first and one past the last ordinal of the strings that begin so."""
        low = bisect_left(self, prefix)
        high = bisect_left(self, True, lo=low, key=lambda string: not string.startswith(prefix))
        return low, high

    def stretch(self, low: int, high: int) -> tuple[bytes, Array]:
        """The strings from `low` up to `high`, one after another, and where each of them ends."""
        ends = np.asarray(self._ends)[low : high + 1]
        return self._content[ends[0] : ends[-1]].tobytes(), ends[1:].astype(np.int64) - int(ends[0])

    def between(self, low: int, high: int) -> list[bytes]:
        """The strings from `low` up to `high`."""
        ends = self._ends[low : high + 1].tolist()
        first = ends[0]
        content = self._content[first : ends[-1]].tobytes()
        return [content[start - first : end - first] for start, end in pairwise(ends)]

    def some(self, ordinals: Array) -> list[str]:
        """The strings of some ordinals, in their order."""
        ends = np.asarray(self._ends)
        content = self._content
        pairs = zip(ends.take(ordinals).tolist(), ends.take(ordinals + 1).tolist(), strict=True)
        return [str(content[start:end], "utf-8", "surrogatepass") for start, end in pairs]

    def texts(self) -> list[str]:
        """All strings, in order."""
        return [to_text(string) for string in self]
