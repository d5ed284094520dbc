"""The parts of a kept text that stand together: a paragraph, a heading, a whole list, a table, lines of code."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import groupby, repeat

from kb.model.web_pages.text_layout import (
    CONTINUED,
    HEADER_ROW,
    HEADINGS,
    ITEMS,
    NUMBERED_ITEMS,
    PARAGRAPH,
    PREFORMATTED,
    QUOTATION,
    ROW,
    Picture,
    TextLayout,
)

_MOST_LINES = 200
"""Lines of a part: a longer list or table has several parts."""


class PartKind(Enum):
    PARAGRAPH = auto()
    HEADING = auto()
    LIST = auto()
    TABLE = auto()
    QUOTATION = auto()
    PREFORMATTED = auto()


_KINDS = {
    PARAGRAPH: PartKind.PARAGRAPH,
    QUOTATION: PartKind.QUOTATION,
    PREFORMATTED: PartKind.PREFORMATTED,
    **dict.fromkeys(HEADINGS, PartKind.HEADING),
    **dict.fromkeys(ITEMS + NUMBERED_ITEMS + CONTINUED, PartKind.LIST),
    **dict.fromkeys(ROW + HEADER_ROW, PartKind.TABLE),
}
_ALONE = frozenset({PartKind.PARAGRAPH, PartKind.HEADING})


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of the text: `number` counts them from 1, `start` is the position of its first character."""

    number: int
    start: int
    text: str
    kind: str = PARAGRAPH

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class TextPart:
    """Lines that stand together. `rank` is that of a heading in the page, from 2; `pictures` stand before the lines,
    `pages` are the numbers of the pages of a PDF that begin with them.
    """

    kind: PartKind
    lines: tuple[TextLine, ...]
    rank: int = 0
    pictures: tuple[Picture, ...] = ()
    pages: tuple[int, ...] = ()

    @property
    def start(self) -> int:
        return self.lines[0].start

    @property
    def end(self) -> int:
        return self.lines[-1].end


def parts_of(text: str, layout: TextLayout | None) -> tuple[TextPart, ...]:
    """The parts of a text, in their order. Lines without a layout are paragraphs; empty ones are left out."""
    ranks = _ranks(layout.kinds if layout else "")
    pictures: dict[int, list[Picture]] = {}
    for picture in layout.pictures if layout else ():
        pictures.setdefault(picture.line, []).append(picture)
    pages: dict[int, list[int]] = {}
    for number, line in enumerate(layout.pages if layout else (), 1):
        pages.setdefault(line, []).append(number)
    parts, rank = list[TextPart](), 1
    for kind, lines in _groups(_lines(text, layout), {*pictures, *pages}):
        if kind is PartKind.HEADING:
            # No rank is left out: screen readers follow them.
            rank = min(rank + 1, ranks[lines[0].kind])
        before = lines[0].number - 1
        parts.append(
            TextPart(
                kind,
                lines,
                rank if kind is PartKind.HEADING else 0,
                tuple(pictures.pop(before, ())),
                tuple(pages.get(before, ())),
            )
        )
    return tuple(parts)


def _ranks(kinds: str) -> dict[str, int]:
    """The rank of each level of heading that the text has: the highest has 2, below the title of the page."""
    levels = sorted(set(kinds) & set(HEADINGS))
    return {level: min(rank, 6) for rank, level in enumerate(levels, 2)}


def _lines(text: str, layout: TextLayout | None) -> Iterator[TextLine]:
    start = 0
    kinds = layout.kinds if layout else repeat(PARAGRAPH)
    for number, (line, kind) in enumerate(zip(text.split("\n"), kinds, strict=False), 1):
        if line.strip():
            yield TextLine(number, start, line, kind)
        start += len(line) + 1


def _groups(lines: Iterator[TextLine], begins: set[int]) -> Iterator[tuple[PartKind, tuple[TextLine, ...]]]:
    """The lines of each part; a part begins at each line of which the index is in `begins`."""
    for kind, some in groupby(lines, key=lambda line: _KINDS[line.kind]):
        group = list[TextLine]()
        for line in some:
            is_begin = line.number - 1 in begins or (line.kind == HEADER_ROW and group and group[-1].kind == ROW)
            if group and (kind in _ALONE or is_begin or len(group) >= _MOST_LINES):
                yield kind, tuple(group)
                group = []
            group.append(line)
        yield kind, tuple(group)
