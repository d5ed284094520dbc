"""Analyse each chunk of text once. A chunk is the text between two spaces; no word crosses a space.

The terms of a chunk are kept in rows of numbers, and the chunk itself becomes a number. A text of known chunks, as
nearly all texts are, costs one split and one look-up for each chunk.
"""

from array import array
from collections import defaultdict
from dataclasses import dataclass
from itertools import count

import numpy as np

from index.analysis import rules_for, terms_of
from index.whoosh_engine.storage.array_file import Ids, starts_of
from index.whoosh_engine.storage.term_dictionary import to_bytes

LONGEST_REMEMBERED = 60
"""Characters of a chunk that is remembered: longer ones, and texts without spaces, seldom come again."""


def string_numbers() -> defaultdict[str, int]:
    """Numbers of strings, in the order of their first use."""
    return defaultdict(count().__next__)


class KnownChunks(dict[str, int]):
    """The known chunks of one language, with their numbers; a look-up of an unknown chunk adds it."""

    def __init__(self, chunks: "AnalysisCache", rules: str) -> None:
        super().__init__()
        self._chunks = chunks
        self._rules = rules

    def __missing__(self, chunk: str) -> int:
        number = self._chunks.learn(chunk, self._rules)
        if len(chunk) <= LONGEST_REMEMBERED:
            self[chunk] = number
        return number


@dataclass(frozen=True, slots=True)
class ChunkRows:
    """The terms of each chunk: it takes `widths` positions, and its terms are the rows `starts` to `starts + counts`.

    Each row is a stemmed and an exact term, as ranks among all terms, and its position in the chunk.
    """

    starts: Ids
    counts: Ids
    widths: Ids
    stems: Ids
    exact: Ids
    offsets: Ids


class AnalysisCache:
    """All chunks and terms of a pool, numbered in the order of their first use. Not thread-safe."""

    def __init__(self) -> None:
        self._terms = string_numbers()
        self._names: list[bytes] = []
        self._order: list[int] = []
        self._chunks_by_language: dict[str, KnownChunks] = {}
        self._counts, self._widths, self._offsets = array("i"), array("i"), array("i")
        self._stems, self._exact = array("i"), array("i")

    def __len__(self) -> int:
        return len(self._counts)

    def known(self, language: str | None) -> KnownChunks:
        """The chunks of a language."""
        rules = rules_for(language)
        chunks = self._chunks_by_language.get(rules)
        if chunks is None:
            chunks = self._chunks_by_language[rules] = KnownChunks(self, rules)
        return chunks

    def learn(self, chunk: str, rules: str) -> int:
        """Analyse a chunk that is unknown or forgotten, and return its number."""
        terms, number = terms_of(chunk, rules), self._terms.__getitem__
        chunks, rows = len(self._counts), len(self._offsets)
        try:
            self._stems.extend(map(number, terms.stems))
            self._exact.extend(map(number, terms.exact))
            self._offsets.extend(terms.positions)
            self._widths.append(terms.width)
            self._counts.append(len(terms.stems))
        except BaseException:
            # A row that is only in some of the arrays would shift all later ones.
            for numbers in (self._stems, self._exact, self._offsets):
                del numbers[rows:]
            for numbers in (self._widths, self._counts):
                del numbers[chunks:]
            raise
        return chunks

    def ranked(self) -> tuple[list[bytes], ChunkRows]:
        """All terms, sorted, and the terms of each chunk."""
        names, order = self._names, self._order
        names += map(to_bytes, list(self._terms)[len(names) :])
        # All but the new ones are in order, so sorting them again costs little.
        order += range(len(order), len(names))
        order.sort(key=names.__getitem__)
        ranks = np.empty(len(order), np.int32)
        ranks[order] = np.arange(len(order), dtype=np.int32)
        counts = np.array(self._counts, np.int32)
        rows = ChunkRows(
            starts_of(counts).astype(np.int32),
            counts,
            np.array(self._widths, np.int32),
            ranks[np.array(self._stems, np.int32)],
            ranks[np.array(self._exact, np.int32)],
            np.array(self._offsets, np.int32),
        )
        return list(map(names.__getitem__, order)), rows
