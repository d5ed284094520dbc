"""Deduplicate the texts of a pool: each distinct piece is stored once, as the numbers of its chunks.

The words of an annotation are also words of its item, and both hold them in several fields. A field of a document holds
the number of a text, which is a list of pieces. Terms and positions are laid out for all pieces at once, when the
segment is written.
"""

from array import array
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from index.document import Value
from index.whoosh_engine.indexing.analysis_cache import AnalysisCache, ChunkRows, KnownChunks
from index.whoosh_engine.indexing.row_buffer import Values
from index.whoosh_engine.storage.array_file import Array, Ids, Ints, edges_of, ranges

K = TypeVar("K", bound=Hashable)

REMEMBERED = 1_000_000
"""The most bytes of pieces, or of texts, to remember: repeated texts come soon after each other."""


class NumberLists:
    """Lists of numbers, numbered in the order in which they were added. `sizes` are those of the texts they stand for,
    in bytes.
    """

    def __init__(self) -> None:
        self._numbers, self._ends = array("i"), array("q", [0])
        self.sizes = array("q")

    def add(self, numbers: Iterable[int], size: int) -> int:
        """Add a list; returns its number."""
        before, number = len(self._numbers), len(self.sizes)
        try:
            self._numbers.extend(numbers)
            self.sizes.append(size)
            self._ends.append(len(self._numbers))
        except BaseException:
            del self._numbers[before:], self.sizes[number:]
            raise
        return number

    def arrays(self) -> tuple[Array, Ints]:
        """The numbers of all lists, and the start of each list, with the end of the last."""
        return np.array(self._numbers, np.int32), np.array(self._ends, np.int64)


class RecentNumbers(dict[K, int]):
    """Numbers of recently used keys: all are dropped when there are too many."""

    def __init__(self, lists: NumberLists) -> None:
        super().__init__()
        self._lists = lists
        self._size = 0

    def _add(self, key: K, numbers: Iterable[int], size: int) -> int:
        self._size += size
        if self._size > REMEMBERED:
            self.clear()
            self._size = size
        number = self[key] = self._lists.add(numbers, size)
        return number


class PooledStrings(RecentNumbers[Value]):
    """The pieces of texts in one language; a look-up of an unknown piece adds it."""

    def __init__(self, lists: NumberLists, chunks: KnownChunks) -> None:
        super().__init__(lists)
        self._chunks = chunks

    def __missing__(self, piece: Value) -> int:
        text = str(piece)
        return self._add(piece, map(self._chunks.__getitem__, text.split()), len(text.encode()))


class PooledTexts(RecentNumbers[Values]):
    """The same for lists of pieces."""

    def __init__(self, lists: NumberLists, pieces: PooledStrings) -> None:
        super().__init__(lists)
        self._pieces = pieces

    def __missing__(self, values: Values) -> int:
        size = len("".join(map(str, values)).encode())
        return self._add(values, map(self._pieces.__getitem__, values), size)


@dataclass(frozen=True, slots=True)
class TextLayout:
    """All texts laid out.

    Text t is `pieces[texts[t] : texts[t + 1]]`; piece p takes `widths[p]` positions, and its tokens are `tokens[p]` to
    `tokens[p + 1]`: each a term stemmed and exact, as ranks among all terms, and its position in the piece.
    """

    texts: Ints
    pieces: Array
    tokens: Ints
    widths: Ints
    stems: Ids
    exact: Ids
    positions: Ids


class TextPool:
    """All texts of a pool."""

    def __init__(self, chunks: AnalysisCache) -> None:
        self._analysis = chunks
        self._pieces, self._texts = NumberLists(), NumberLists()
        self._recent: dict[str, PooledTexts] = {}
        self.sizes = self._texts.sizes
        """The bytes of each text."""

    def texts(self, rules: str) -> PooledTexts:
        """The numbers of texts in the language of these rules."""
        texts = self._recent.get(rules)
        if texts is None:
            pieces = PooledStrings(self._pieces, self._analysis.known(rules))
            texts = self._recent[rules] = PooledTexts(self._texts, pieces)
        return texts

    def layout(self, rows: ChunkRows) -> TextLayout:
        """The layout of all texts, once the terms of chunks are known."""
        chunks, ends = self._pieces.arrays()
        pieces, texts = self._texts.arrays()
        counts, widths = rows.counts[chunks], rows.widths[chunks]
        positions, tokens = edges_of(widths), edges_of(counts)
        # The position of each chunk in its piece.
        begins = (positions[:-1] - np.repeat(positions[ends[:-1]], np.diff(ends))).astype(np.int32)
        which = ranges(rows.starts[chunks], counts)
        return TextLayout(
            texts,
            pieces,
            tokens[ends],
            np.diff(positions[ends]),
            rows.stems[which],
            rows.exact[which],
            np.repeat(begins, counts) + rows.offsets[which],
        )
