"""The parts of a kept text that stand together: a paragraph, a heading, a whole list, a table, lines of code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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
_BEFORE_SITE = (" - ", " – ", " — ", " | ", " · ")
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


def text_parts(text: str, layout: TextLayout | None) -> tuple[TextPart, ...]:
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


def repeats_title(parts: Sequence[TextPart], title: str) -> bool:
    """Whether a text begins with the title of its item as a heading, which the page shows above it.

    The title of a page often ends with the name of its site.
    """
    if len(parts) < 2 or parts[0].kind is not PartKind.HEADING or parts[0].pictures:
        return False
    heading, whole = (" ".join(text.casefold().split()) for text in (parts[0].lines[0].text, title))
    return whole == heading or whole.startswith(tuple(heading + separator for separator in _BEFORE_SITE))


def without_first(parts: Sequence[TextPart]) -> tuple[TextPart, ...]:
    """The other parts. Their headings rise by a rank if none has the rank of the first part any more."""
    first, second, *others = parts
    ranks = [part.rank for part in parts[1:] if part.rank]
    rise = int(bool(ranks) and min(ranks) > first.rank)
    return tuple(
        replace(part, rank=part.rank - rise if part.rank else 0)
        for part in (replace(second, pages=(*first.pages, *second.pages)), *others)
    )


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
