"""Marks in a line of text: passages in their colours, which may overlap, and the words that a search found."""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, takewhile
from unicodedata import category

from markupsafe import Markup, escape

from kb.features.reading.text_parts import TextLine
from kb.web.http.context import FOUND

LEVELS = 3
"""Marks that are drawn over each other; further ones have their number alone."""
LONGEST_WORD_END = 40
"""Letters of a word between the end of its mark and the number."""
Found = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """A passage in the text. `number` leads to its note, `label` names that; `level` is that of its underline, from 0,
    or None for a mark that is not drawn, because of others at its place.
    """

    id: str
    number: int
    start: int
    end: int
    style: str
    label: str
    level: int | None = None


def with_levels(marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """The marks in the order of the text, each with the lowest level that is free where it begins."""
    ends, leveled = [0] * LEVELS, list[Mark]()
    for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end, mark.number)):
        level = next((level for level in range(LEVELS) if ends[level] <= mark.start), None)
        if level is not None:
            ends[level] = mark.end
        leveled.append(Mark(mark.id, mark.number, mark.start, mark.end, mark.style, mark.label, level))
    return tuple(leveled)


class LineMarks:
    """Draws the lines of a text one after another, in their order."""

    def __init__(self, marks: Sequence[Mark], found: Sequence[Found], target: int | None) -> None:
        """`marks` come from `with_levels`, `found` are in order; `target` is the start of what a search leads to."""
        self._waiting = deque(mark for mark in marks if mark.level is not None)
        self._ending = deque(sorted(marks, key=lambda mark: mark.end))
        self._drawn: list[Mark] = []
        self._found, self._starts = found, [start for start, _ in found]
        self._target = target
        self._named: set[str] = set()

    def draw(self, line: TextLine) -> Markup:
        """The line with its marks, and with the numbers of the passages that end in it."""
        self._drawn = [mark for mark in self._drawn if mark.end > line.start]
        while self._waiting and self._waiting[0].start < line.end:
            self._drawn.append(self._waiting.popleft())
        ended = list[Mark]()
        while self._ending and self._ending[0].end <= line.end:
            ended.append(self._ending.popleft())
        found = list(self._found_in(line))
        if not self._drawn and not found and not ended:
            return escape(line.text)
        return Markup("").join(self._markup(line, self._drawn, found, ended))

    def _found_in(self, line: TextLine) -> Iterator[Found]:
        place = max(0, bisect_left(self._starts, line.start) - 1)
        while place < len(self._found) and self._found[place][0] < line.end:
            start, end = self._found[place]
            if end > line.start:
                yield max(start, line.start), min(end, line.end)
            place += 1

    def _markup(self, line: TextLine, drawn: list[Mark], found: list[Found], ended: list[Mark]) -> Iterator[Markup]:
        opened: tuple[Mark | Found, ...] = ()
        references = deque(ended)
        after = [_after_word(line, mark.end) for mark in ended]
        for start, end, wanted in _segments(line, drawn, found, after):
            common = 0
            while common < min(len(opened), len(wanted)) and opened[common] is wanted[common]:
                common += 1
            yield Markup("</mark>") * (len(opened) - common)
            while references and after[len(ended) - len(references)] <= start:
                yield _reference(references.popleft())
            yield from map(self._tag, wanted[common:])
            opened = wanted
            yield escape(line.text[start - line.start : end - line.start])

    def _tag(self, mark: Mark | Found) -> Markup:
        """The tag of a mark; the first one of each has an id."""
        if not isinstance(mark, Mark):
            is_target = mark[0] == self._target and FOUND not in self._named
            self._named.update([FOUND] if is_target else [])
            return Markup('<mark class="found"{}>').format(Markup(' id="{}"').format(FOUND) if is_target else "")
        name = Markup(' id="m-{}"').format(mark.id) if mark.id not in self._named else ""
        self._named.add(mark.id)
        return Markup('<mark class="pen {} level-{}" data-annotation="{}"{}>').format(
            mark.style, mark.level, mark.id, name
        )


def _segments(
    line: TextLine, drawn: Sequence[Mark], found: Sequence[Found], more: Iterable[int]
) -> Iterator[tuple[int, int, tuple[Mark | Found, ...]]]:
    """The pieces of a line between the ends of its marks, each with its marks, the outermost first; at last an empty
    one. `more` are places at which a piece begins too.
    """
    edges = {max(place, line.start) for place in (line.start, *more)}
    for start, end in (*((mark.start, mark.end) for mark in drawn), *found):
        edges.update((max(start, line.start), min(end, line.end)))
    points = sorted(edges - {line.end})
    marks, words = deque(drawn), deque(found)
    levels: dict[int, Mark] = {}
    for point, following in pairwise((*points, line.end)):
        levels = {level: mark for level, mark in levels.items() if mark.end > point}
        while marks and marks[0].start <= point:
            mark = marks.popleft()
            levels[mark.level or 0] = mark
        while words and words[0][1] <= point:
            words.popleft()
        here = tuple(levels[level] for level in sorted(levels))
        yield point, following, (*here, words[0]) if words and words[0][0] <= point else here
    yield line.end, line.end, ()


def _after_word(line: TextLine, place: int) -> int:
    """The end of the word that a place in a line stands in; the place itself between words, and in a very long one."""
    text, index = line.text, place - line.start
    if index < 1 or not _is_of_word(text[index - 1]):
        return place
    rest = takewhile(_is_of_word, text[index : index + LONGEST_WORD_END])
    length = sum(1 for _ in rest)
    return place + length if length < LONGEST_WORD_END else place


def _is_of_word(character: str) -> bool:
    return category(character)[0] in "LMN"


def _reference(mark: Mark) -> Markup:
    return Markup('<a class="ref" href="#a-{}" aria-label="{}">{}</a>').format(mark.id, mark.label, mark.number)
