"""The difference of two texts, by paragraphs and by words.

The longest common subsequence, first of the lines and then of the words of lines that correspond (E. Myers, *An O(ND)
difference algorithm and its variations*, 1986, has the terms). What would take too many steps is shown as wholly new.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from rapidfuzz.distance import Indel, LCSseq

MOST_CELLS = 40_000_000
"""Cells of the tables of all comparisons of two texts: eight of them take a byte, and 64 one step."""
_CELLS_OF_LINE = 4_000_000
_MOST_PAIRS = 900
"""Pairs of lines that are compared to find out which correspond."""
_ALIKE = 0.4
"""The share of equal words of two lines of which one is a change of the other."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


class Change(StrEnum):
    """Whether words are in both texts, in the earlier one only, or in the later one only."""

    SAME = "same"
    REMOVED = "removed"
    ADDED = "added"


Piece = tuple[str, Change]


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A line that differs, in pieces; or a number of lines that are the same, without any."""

    pieces: tuple[Piece, ...]
    same_lines: int = 0


def difference(old: str, new: str) -> tuple[DifferenceRow, ...]:
    """What differs between two texts, line by line; none if they are the same."""
    return tuple(_Difference().rows(old.split("\n"), new.split("\n"))) if old != new else ()


class _Difference:
    def __init__(self) -> None:
        self._left = MOST_CELLS

    def rows(self, old: Sequence[str], new: Sequence[str]) -> Iterator[DifferenceRow]:
        same = 0
        for removed, added in self._runs(old, new, MOST_CELLS):
            if removed == added:
                same += len(removed)
                continue
            if same:
                yield DifferenceRow((), same)
                same = 0
            yield from self._changed_lines(removed, added)
        if same:
            yield DifferenceRow((), same)

    def _runs(self, old: Sequence[str], new: Sequence[str], most: int) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
        """Parts of both sequences that correspond, in their order: equal ones, and others."""
        begin = _common(old, new)
        end = _common(old[begin:][::-1], new[begin:][::-1])
        if begin:
            yield old[:begin], new[:begin]
        old_middle, new_middle = old[begin : len(old) - end], new[begin : len(new) - end]
        cells = len(old_middle) * len(new_middle)
        if cells > min(most, self._left):
            yield old_middle, new_middle
        else:
            self._left -= cells
            yield from _aligned(old_middle, new_middle)
        if end:
            yield old[len(old) - end :], new[len(new) - end :]

    def _changed_lines(self, removed: Sequence[str], added: Sequence[str]) -> Iterator[DifferenceRow]:
        """The rows of lines that were replaced by others: each line with the one that it corresponds to, if any."""
        for old, new in self._pairs(removed, added):
            pieces = self._words(old, new) if old and new else None
            if pieces is not None:
                yield DifferenceRow(pieces)
                continue
            if old.strip():
                yield DifferenceRow(((old, Change.REMOVED),))
            if new.strip():
                yield DifferenceRow(((new, Change.ADDED),))

    def _pairs(self, removed: Sequence[str], added: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Lines that correspond, in their order: those that are most alike all together; empty for a line without one.
        Of many lines, those at the same place.
        """
        cells = sum(map(len, removed)) * sum(map(len, added))
        if len(removed) == len(added) or len(removed) * len(added) > _MOST_PAIRS or cells > self._left:
            yield from zip_longest(removed, added, fillvalue="")
            return
        self._left -= cells
        # The best total for the lines from each place on (T. Smith and M. Waterman, 1981).
        best = [[0.0] * (len(added) + 1) for _ in range(len(removed) + 1)]
        alike = [[Indel.normalized_similarity(old, new, score_cutoff=_ALIKE) for new in added] for old in removed]
        for row in reversed(range(len(removed))):
            for column in reversed(range(len(added))):
                together = best[row + 1][column + 1] + alike[row][column]
                best[row][column] = max(together, best[row + 1][column], best[row][column + 1])
        row = column = 0
        while row < len(removed) or column < len(added):
            is_row, is_column = row < len(removed), column < len(added)
            total = best[row][column]
            if is_row and is_column and alike[row][column] and total == best[row + 1][column + 1] + alike[row][column]:
                yield removed[row], added[column]
                row, column = row + 1, column + 1
            elif is_row and (not is_column or total == best[row + 1][column]):
                yield removed[row], ""
                row += 1
            else:
                yield "", added[column]
                column += 1

    def _words(self, old: str, new: str) -> tuple[Piece, ...] | None:
        """The pieces of a line that was changed; None for lines that have little in common."""
        old_words, new_words = _WORD.findall(old), _WORD.findall(new)
        runs: list[tuple[str, str]] = []
        common = 0
        for removed, added in self._runs(old_words, new_words, _CELLS_OF_LINE):
            common += sum(not word.isspace() for word in removed) if removed == added else 0
            runs.append(("".join(removed), "".join(added)))
        longer = max(sum(not word.isspace() for word in words) for words in (old_words, new_words))
        return tuple(_changed_text(runs)) if common >= _ALIKE * longer else None


def _changed_text(runs: Sequence[tuple[str, str]]) -> Iterator[Piece]:
    """The pieces of runs that correspond. A space between two changes is changed with them."""
    removed = added = ""
    for place, (before, after) in enumerate(runs):
        is_inside = before == after and before.isspace() and 0 < place < len(runs) - 1
        if before != after or is_inside:
            removed, added = removed + before, added + after
            continue
        yield from ((text, change) for text, change in ((removed, Change.REMOVED), (added, Change.ADDED)) if text)
        removed = added = ""
        yield before, Change.SAME
    yield from ((text, change) for text, change in ((removed, Change.REMOVED), (added, Change.ADDED)) if text)


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    """How many elements at the beginning are the same."""
    shorter = min(len(old), len(new))
    return next((place for place in range(shorter) if old[place] != new[place]), shorter)


def _aligned(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Equal and other runs of two sequences; what was removed and what was added at one place are one run."""
    removed: list[str] = []
    added: list[str] = []
    for step in LCSseq.opcodes(old, new):
        before, after = old[step.src_start : step.src_end], new[step.dest_start : step.dest_end]
        if step.tag != "equal":
            removed += before
            added += after
            continue
        if removed or added:
            yield removed, added
            removed, added = [], []
        yield before, after
    if removed or added:
        yield removed, added
