"""The merge policy: which segments to merge, and when. Segment sizes stay spread, and every commit stays short.

A commit merges only small segments. Large segments are merged by `background_merge`, between commits, in slices. If
there are too many segments, the smallest are merged, together with each next one that is no larger than all before it.
A search visits every large segment, so each large one should be TWICE as large as all smaller ones together. A
document is rewritten about as often as the logarithm of the number of documents (a log-structured merge, O'Neil et al.
1996).
"""

from collections.abc import Sequence
from math import inf

from index.whoosh_engine.engine_limits import Limits

FEWEST_MERGED = 4
MANY = 4
"""Beyond MANY times `Limits.segments`, a commit merges any segments, because no background merge runs."""

TWICE = 2
"""A large segment that is joined becomes half as large again at least."""

Size = tuple[int, int]
"""Of a segment: documents left, documents."""


def merges_of_commit(sizes: Sequence[Size], limits: Limits, written: int) -> list[int]:
    """The indices of the segments to merge in a commit that has written `written` documents; none if none are needed.

    They hold at most `Limits.merged` documents, or four times what was written.
    """
    room = max(limits.merged, FEWEST_MERGED * written) if len(sizes) <= MANY * limits.segments else inf
    small = [index for index, (left, _) in enumerate(sizes) if left * FEWEST_MERGED <= room]
    for index in small:
        remaining, documents = sizes[index]
        if remaining * 2 < documents:
            return [index]
    return _smallest(sizes, small, limits.segments, room)


def merges_in_background(sizes: Sequence[Size], limits: Limits) -> list[int]:
    """The indices of the large segments to merge now: one that lost a quarter of its documents, or too many of one
    size.
    """
    large = [index for index, (left, _) in enumerate(sizes) if left * FEWEST_MERGED > limits.merged]
    for index in large:
        remaining, documents = sizes[index]
        if remaining * 4 < documents * 3:
            return [index]
    return _largest_balanced(sizes, large) or _smallest(sizes, large, limits.segments, inf)


def _largest_balanced(sizes: Sequence[Size], indices: Sequence[int]) -> list[int]:
    """The largest of these segments that is not TWICE as large as all smaller ones together, and the smaller ones."""
    order = sorted(indices, key=lambda index: sizes[index][0], reverse=True)
    smaller = sum(sizes[index][0] for index in order)
    for number, index in enumerate(order):
        smaller -= sizes[index][0]
        if smaller * TWICE > sizes[index][0]:
            return order[number:]
    return []


def _smallest(sizes: Sequence[Size], indices: Sequence[int], most: int, room: float) -> list[int]:
    """If there are more than `most`, the smallest of these segments, at most `room` large together."""
    if len(indices) <= most:
        return []
    order = sorted(indices, key=lambda index: sizes[index][0])
    chosen = order[:FEWEST_MERGED]
    total = sum(sizes[index][0] for index in chosen)
    for index in order[FEWEST_MERGED:]:
        remaining = sizes[index][0]
        if remaining > total or total + remaining > room:
            break
        chosen.append(index)
        total += remaining
    return chosen
