"""The lines of a document with what each of them is: a paragraph, a heading, a list item, a row of a table.

Runs in a subprocess. Trees of trafilatura have elements of TEI, chapters of books those of HTML: both are read here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from kb.extraction.extraction_process import KINDS, MORE_TEXT, ExtractedFacts
from kb.model.web_pages.page_facts import LONGEST_TEXT
from kb.model.web_pages.text_layout import (
    CELL_BREAK,
    CONTINUED,
    HEADER_ROW,
    HEADINGS,
    ITEMS,
    MOST_PICTURES,
    NUMBERED_ITEMS,
    PARAGRAPH,
    PREFORMATTED,
    QUOTATION,
    ROW,
)

Line = tuple[str, str]
"""The kind of a line and its text, which holds no line break."""
_LONGEST_CELL = 1_000
"""Characters of a cell in a row; pages that are laid out as a table have longer ones, whose cells are paragraphs."""
_PIECE = 10_000
_CELL = "\0"
_DIGITS = frozenset(HEADINGS)
_TAGS = {
    "block": "p div section article main header footer aside address figure figcaption dl dt dd ab body",
    "heading": "head h1 h2 h3 h4 h5 h6",
    "list": "ul ol list",
    "item": "li item",
    "quotation": "blockquote quote",
    "code": "pre code",
    "row": "row tr",
    "cell": "cell td th",
    "break": "br lb",
    "picture": "graphic",
}
_ROLES = {tag: role for role, tags in _TAGS.items() for tag in tags.split()}
_HOLD_CODE = frozenset(("body", "quote", "div", "article"))
_UNREAD = frozenset(("script", "style", "template"))


def bounded_lines(lines: Iterable[Line]) -> Iterator[Line]:
    """The lines of the longest text that is read."""
    remaining = LONGEST_TEXT
    for kind, text in lines:
        if text := text[:remaining]:
            yield kind, text
            # With the line break.
            remaining -= len(text) + 1
        if remaining <= 0:
            return


def line_chunks(lines: Iterable[Line]) -> Iterator[ExtractedFacts]:
    """Lines as pieces of some ten thousand characters, up to the longest text."""
    read, size = list[Line](), 0
    for kind, text in bounded_lines(lines):
        read.append((kind, text))
        size += len(text)
        if size > _PIECE:
            yield text_chunk(read)
            read, size = [], 0
    if read:
        yield text_chunk(read)


def text_chunk(lines: list[Line]) -> ExtractedFacts:
    """Lines as a piece of a text, which has one line at least."""
    return {
        MORE_TEXT: "\n".join(text for _, text in lines),
        KINDS: "".join(kind for kind, _ in lines) or PARAGRAPH,
    }


def heading_kind(level: int) -> str:
    """The kind of a heading of a level from 1; deeper levels count as the last one."""
    return HEADINGS[max(1, min(level, len(HEADINGS))) - 1]


def item_kind(depth: int, *, numbered: bool) -> str:
    """The kind of an item of a list inside `depth` others."""
    kinds = NUMBERED_ITEMS if numbered else ITEMS
    return kinds[max(0, min(depth, len(kinds) - 1))]


def row_lines(cells: list[str], *, is_header: bool) -> Iterator[Line]:
    """A row of a table; the cells of a table that only lays the page out are paragraphs."""
    texts = [" ".join(cell.split()) for cell in cells]
    if len(texts) > 1 and any(texts) and max(map(len, texts)) <= _LONGEST_CELL:
        yield HEADER_ROW if is_header else ROW, CELL_BREAK.join(texts).strip()
    else:
        yield from ((PARAGRAPH, text) for text in texts if text)


@dataclass(slots=True)
class TreeLines:
    """The lines of a tree of trafilatura, or of an HTML page. `pictures` has the pictures of the first: the number of
    the lines before each, its address and description.
    """

    is_tei: bool = False
    pictures: list[tuple[int, str, str]] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)
    _count: int = 0
    _lists: list[bool] = field(default_factory=list)
    _items: list[str] = field(default_factory=list)
    _heading: str = ""
    _quotations: int = 0
    _code: int = 0
    _rows: int = 0
    _cells: int = 0
    _headers: int = 0

    def read(self, root: Any) -> Iterator[Line]:
        """The lines, in one walk."""
        unread = 0
        for event, element in etree.iterwalk(root, events=("start", "end")):
            if element.tag in _UNREAD or (element.tag == "head" and not self.is_tei):
                unread += 1 if event == "start" else -1
            elif not unread and (role := _role(element)):
                yield from self._start(role, element) if event == "start" else self._end(role)
            text = element.text if event == "start" else element.tail
            if text and not unread:
                self._parts.append(text)
        yield from self._flush()

    def _start(self, role: str, element: Any) -> Iterator[Line]:
        if role == "picture":
            if len(self.pictures) < MOST_PICTURES:
                description = element.get("alt") or element.get("title") or ""
                self.pictures.append((self._count, element.get("src") or "", description))
        elif role == "break" and self._code:
            self._parts.append("\n")
        elif self._rows or self._heading or (role == "break" and self._items):
            self._start_inside(role, element)
        else:
            yield from self._flush()
            self._open(role, element)

    def _start_inside(self, role: str, element: Any) -> None:
        """What begins inside a row or a heading, which are one line each."""
        if role == "cell" and self._rows == 1:
            self._parts.append(_CELL)
            self._cells += 1
            self._headers += element.tag == "th" or element.get("role") == "head"
        else:
            self._rows += role == "row" and self._rows > 0
            self._parts.append(" ")

    def _open(self, role: str, element: Any) -> None:
        match role:
            case "heading":
                level = (element.get("rend") or element.tag)[1:2]
                self._heading = heading_kind(int(level) if level in _DIGITS else 2)
            case "list":
                self._lists.append(element.tag == "ol" or element.get("rend") == "ol")
            case "item":
                is_numbered = bool(self._lists) and self._lists[-1]
                self._items.append(item_kind(len(self._lists) - 1, numbered=is_numbered))
            case "quotation":
                self._quotations += 1
            case "code":
                self._code += 1
            case "row":
                self._rows, self._cells, self._headers = 1, 0, 0

    def _end(self, role: str) -> Iterator[Line]:
        if self._rows:
            self._rows -= role == "row"
            if self._rows:
                self._parts.append(" " if role != "cell" else "")
                return
            cells, self._parts = "".join(self._parts).split(_CELL)[1:], []
            for line in row_lines(cells, is_header=0 < self._cells == self._headers):
                self._count += 1
                yield line
        elif self._heading and role != "heading":
            self._parts.append(" ")
        elif role not in {"break", "picture", "cell"}:
            yield from self._flush()
            self._close(role)

    def _close(self, role: str) -> None:
        match role:
            case "heading":
                self._heading = ""
            case "list" if self._lists:
                self._lists.pop()
            case "item" if self._items:
                self._items.pop()
            case "quotation":
                self._quotations -= 1
            case "code":
                self._code -= 1

    def _flush(self) -> Iterator[Line]:
        """The text so far as a line, or as the lines of preformatted text."""
        whole, self._parts = "".join(self._parts), []
        if self._code and not self._heading:
            for text in whole.expandtabs(4).split("\n"):
                if text.strip():
                    self._count += 1
                    yield PREFORMATTED, text.rstrip()
            return
        if not (text := " ".join(whole.replace(_CELL, " ").split())):
            return
        self._count += 1
        if self._heading:
            yield self._heading, text
        elif self._items:
            kind, self._items[-1] = self._items[-1], CONTINUED
            yield kind, text
        else:
            yield QUOTATION if self._quotations else PARAGRAPH, text


def _role(element: Any) -> str:
    """What an element is to the lines; empty for one inside a line, such as a link."""
    role = _ROLES.get(element.tag, "")
    if role == "code" and element.tag == "code":
        # trafilatura has one element for words in a line and for whole lines.
        parent = element.getparent()
        return role if parent is not None and parent.tag in _HOLD_CODE else ""
    return role
