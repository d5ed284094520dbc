"""Choose which part of a text to show, and cut the text into pieces."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

_SENTENCE_END = re.compile(r"[.!?…»\n]\s+")


class Span(NamedTuple):
    """A marked range of a text, and its term."""

    start: int
    end: int
    term: str


def best_window(text: str, spans: Sequence[Span], size: int) -> tuple[int, int]:
    """Start and end of the part to show: the most different terms, then the most marks, then the earliest.

    `spans` are in order. The part is longer than `size` only if a single mark is.
    """
    if len(text) <= size:
        return 0, len(text)
    first, last = _best_spans(spans, size)
    return _around(text, spans[first].start, spans[last].end, size)


def marked_text(text: str, spans: Sequence[Span], start: int, end: int) -> tuple[tuple[str, bool], ...]:
    """The part of a text from `start` to `end`, in pieces (text, is it marked), none of them empty."""
    pieces = list[tuple[str, bool]]()
    for span in spans:
        if start <= span.start and span.end <= end:
            pieces += ((text[start : span.start], False), (text[span.start : span.end], True))
            start = span.end
    return tuple(piece for piece in (*pieces, (text[start:end], False)) if piece[0])


def _best_spans(spans: Sequence[Span], size: int) -> tuple[int, int]:
    """The first and the last of the best spans to show together; two pointers, one pass."""
    best, chosen = (0, 0), (0, 0)
    counts: Counter[str] = Counter()
    last = -1
    for first, span in enumerate(spans):
        while last + 1 < len(spans) and (last < first or spans[last + 1].end - span.start <= size):
            last += 1
            counts[spans[last].term] += 1
        worth = (len(counts), last - first)
        if worth > best:
            best, chosen = worth, (first, last)
        counts[span.term] -= 1
        if not counts[span.term]:
            del counts[span.term]
    return chosen


def _around(text: str, start: int, end: int, size: int) -> tuple[int, int]:
    """Add the text around the marks: from the start of the sentence if it is near, else a third of the size before."""
    room = max(0, size - (end - start))
    begin = _sentence_start(text, start, room)
    if begin is None:
        begin = _next_word(text, start - room // 3, start)
    if begin + size >= len(text):
        # Near the end of the text, more room is left before the marks.
        begin = min(begin, _next_word(text, max(0, len(text) - size), start))
    return begin, _word_end(text, end, min(len(text), max(end, begin + size)))


def _sentence_start(text: str, start: int, room: int) -> int | None:
    """The start of the sentence that holds the first mark; None if it is too far away."""
    low = start - room
    if low <= 0:
        return 0
    ends = [match.end() for match in _SENTENCE_END.finditer(text, low, start)]
    return ends[0] if ends else None


def _next_word(text: str, begin: int, start: int) -> int:
    """The first start of a word from `begin` on, at the latest that of the mark."""
    while 0 < begin < start and not (text[begin - 1].isspace() and not text[begin].isspace()):
        begin += 1
    return begin


def _word_end(text: str, end: int, finish: int) -> int:
    """The last end of a word up to `finish`, at the earliest that of the mark."""
    if finish == len(text):
        return finish
    while finish > end and not (text[finish].isspace() and not text[finish - 1].isspace()):
        finish -= 1
    return finish
