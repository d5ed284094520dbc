"""Where a sequence of words may be in a long one, and which of its words correspond.

Source of the windows: the diagonals of W. Wilbur and D. Lipman, *Rapid similarity searches of nucleic acid and protein
data banks* (1983), here of pairs of words.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import Levenshtein

_MOST_SEEDS = 30
"""Occurrences of a pair of words in a text: a commoner pair says nothing about the place."""
_WINDOWS = 3
_CHANGED_WORDS = 25
"""Words that may be added to a passage, and as many again as a third of its words."""
_FEWEST_OF_GAP = 0.25
"""Equal words of a group at one end, for each word of the gap between it and the others. With fewer it is chance."""


class _Pair(NamedTuple):
    """A word of the sequence and the one of the window that it corresponds to."""

    here: int
    there: int
    is_equal: bool


Positions = dict[tuple[str, str], list[int]]


def positions_of_pairs(words: Sequence[str]) -> Positions:
    """Where each pair of neighbouring words is."""
    positions: Positions = defaultdict(list)
    for position, pair in enumerate(pairwise(words)):
        positions[pair].append(position)
    return positions


def windows(sequence: Sequence[str], positions: Positions, length: int) -> list[tuple[int, int]]:
    """The parts of a text of `length` words that share most rare pairs of words with a sequence, best first."""
    width = len(sequence) // 4 + 8
    votes: dict[int, float] = defaultdict(float)
    for offset, pair in enumerate(pairwise(sequence)):
        found = positions.get(pair, ())
        if 0 < len(found) <= _MOST_SEEDS:
            for position in found:
                # Each strip of diagonals shares its halves with its neighbours, so that none cuts through a passage.
                strip = (position - offset) // width
                votes[strip] += 1 / len(found)
                votes[strip + 1] += 1 / len(found)
    best = sorted(votes, key=lambda strip: (-votes[strip], strip))[:_WINDOWS]
    slack = _CHANGED_WORDS + len(sequence) // 3
    return [
        (max(0, (strip - 1) * width - slack), min(length, (strip + 1) * width + len(sequence) + slack))
        for strip in best
    ]


def stands_only(sequence: Sequence[str], positions: Positions, start: int, end: int) -> bool:
    """Whether half of the pairs of words that a part of the text shares with a sequence, or more, stand nowhere else.

    Else it may be a sibling of the part that is meant: another row of a table, or the same words in a summary.
    """
    here = only = 0
    for pair in pairwise(sequence):
        found = positions.get(pair, [])
        first = bisect_left(found, start)
        if first < len(found) and found[first] < end:
            here += 1
            only += first == 0 and found[-1] < end
    return 0 < here <= 2 * only


def aligned(sequence: Sequence[str], start: int, end: int, window: Sequence[str]) -> list[tuple[int, int]]:
    """The parts of a window that the words of a sequence between `start` and `end` may correspond to.

    They differ by words at the ends that have no equal, and may be changed words or none of the passage.
    """
    pairs: list[_Pair] = []
    for step in Levenshtein.opcodes(sequence, window):
        if step.tag in ("equal", "replace"):
            words = range(max(step.src_start, start), min(step.src_end, end))
            pairs += [_Pair(word, step.dest_start + word - step.src_start, step.tag == "equal") for word in words]
    groups = _groups(pairs)
    # Common words that are alone far from the others correspond by chance: they cost an alignment nothing.
    while len(groups) > 1 and _is_chance(groups[0], groups[0][-1], groups[1][0]):
        groups.pop(0)
    while len(groups) > 1 and _is_chance(groups[-1], groups[-2][-1], groups[-1][0]):
        groups.pop()
    if not groups:
        return []
    first, last = groups[0][0], groups[-1][-1]
    begins = {first.there, max(0, first.there - (first.here - start))}
    ends = {last.there + 1, min(len(window), last.there + end - last.here)}
    return [(begin, finish) for begin in begins for finish in ends]


def _groups(pairs: list[_Pair]) -> list[list[_Pair]]:
    """Runs of words without a gap between them in the window."""
    groups: list[list[_Pair]] = []
    for pair in pairs:
        if groups and pair.there == groups[-1][-1].there + 1:
            groups[-1].append(pair)
        else:
            groups.append([pair])
    return groups


def _is_chance(group: list[_Pair], before: _Pair, after: _Pair) -> bool:
    return sum(pair.is_equal for pair in group) < _FEWEST_OF_GAP * (after.there - before.there - 1)
