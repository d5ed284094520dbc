"""The lines of DOCX and OpenDocument texts, read as a stream. This module runs in a subprocess."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Protocol
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring, iterparse

from kb.extraction.document_lines import Line, heading_kind, item_kind, row_lines
from kb.extraction.document_package import DocumentPackage
from kb.model.web_pages.text_layout import CONTINUED, PARAGRAPH, PREFORMATTED, QUOTATION
from kb.whole_numbers import parse_whole_number

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFFICE_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_OFFICE_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_OFFICE_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_MOST_SPACES = 100
_MOST_ANCESTORS = 10
"""Styles that a style is based on, one on another."""
_WORD_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_KINDS_BY_NAME = {
    "title": heading_kind(1),
    "subtitle": heading_kind(2),
    "quote": QUOTATION,
    "intense quote": QUOTATION,
    "quotations": QUOTATION,
    "html preformatted": PREFORMATTED,
    "preformatted text": PREFORMATTED,
}


class _Format(Protocol):
    """What a format has: its tags, and the kind of a paragraph. `start` and `end` see each element."""

    paragraphs: tuple[str, ...]
    row: str
    cell: str
    is_header: bool
    unread: str

    def start(self, element: Element) -> None: ...
    def end(self, element: Element) -> None: ...
    def kind(self, paragraph: Element) -> str: ...


def word_lines(package: DocumentPackage) -> Iterator[Line]:
    """The lines of a DOCX, then its notes."""
    word = _Word(_word_styles(package.part("word/styles.xml")), _numbered_levels(package.part("word/numbering.xml")))
    for part in ("word/document.xml", *_WORD_NOTES):
        yield from _lines_of(package.part(part), word)


def open_document_lines(package: DocumentPackage) -> Iterator[Line]:
    """The lines of an OpenDocument text."""
    yield from _lines_of(package.part("content.xml"), _OpenDocument())


def _lines_of(part: bytes, known: _Format) -> Iterator[Line]:
    """The lines of an XML part, whose elements are emptied as soon as they are read."""
    reader = _Reader(known)
    for event, element in iterparse(BytesIO(part), events=("start", "end")) if part else ():
        if event == "start":
            reader.start(element)
        else:
            yield from reader.end(element)


@dataclass(slots=True)
class _Reader:
    """Reads the elements of a part. A paragraph, and a row of a table, may be inside another one."""

    known: _Format
    depth: int = 0
    rows: int = 0
    unread: int = 0
    cells: list[list[str]] = field(default_factory=list)

    def start(self, element: Element) -> None:
        tag, known = element.tag, self.known
        self.depth += tag in known.paragraphs
        self.rows += tag == known.row
        self.unread += tag == known.unread
        if self.rows == 1 and tag == known.row:
            self.cells, known.is_header = [], False
        elif self.rows == 1 and tag == known.cell:
            self.cells.append([])
        known.start(element)

    def end(self, element: Element) -> Iterator[Line]:
        tag, known = element.tag, self.known
        if tag in known.paragraphs:
            self.depth -= 1
            # A paragraph may hold others, in a frame or a note: they have been emptied.
            text = " ".join("".join(element.itertext()).split())
            if self.rows and self.cells:
                self.cells[-1].append(text)
            elif text and not self.unread:
                yield known.kind(element), text
        elif tag == known.row:
            self.rows -= 1
            if self.rows == 0:
                yield from row_lines([" ".join(texts) for texts in self.cells], is_header=known.is_header)
        elif self.depth:
            element.text = _own_text(element)
            return
        self.unread -= tag == known.unread
        known.end(element)
        element.clear()


def _own_text(element: Element) -> str | None:
    """What an element inside a paragraph says itself: Word has text in `t` alone, beside codes and deleted words."""
    name = _local_name(element)
    if element.tag.startswith(_WORD):
        return element.text if name == "t" else " " if name in {"tab", "br", "cr"} else None
    match name:
        case "s":
            return " " * min(int(element.get(f"{_OFFICE_TEXT}c") or 1), _MOST_SPACES)
        case "tab" | "line-break":
            return " "
        case _:
            return element.text


def _local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _number(text: str | None, usual: int) -> int:
    return parse_whole_number(text or "", usual, most=999_999)


@dataclass(frozen=True, slots=True)
class _WordStyle:
    """The kind that a style gives its paragraphs, and its list: number and depth."""

    kind: str | None
    list_number: str | None
    depth: int
    parent: str | None


@dataclass(slots=True)
class _Word:
    """DOCX. `numbered` has the lists with numbers instead of bullets, each with the depth."""

    styles: dict[str, _WordStyle]
    numbered: frozenset[tuple[str, int]]
    paragraphs: tuple[str, ...] = (f"{_WORD}p",)
    row: str = f"{_WORD}tr"
    cell: str = f"{_WORD}tc"
    unread: str = ""
    is_header: bool = False

    def start(self, element: Element) -> None:
        pass

    def end(self, element: Element) -> None:
        self.is_header |= element.tag == f"{_WORD}tblHeader"

    def kind(self, paragraph: Element) -> str:
        own = _word_format(paragraph.find(f"{_WORD}pPr"))
        parent, style = own.parent, own
        for _ in range(_MOST_ANCESTORS):
            if style.kind or style.list_number or parent is None or parent not in self.styles:
                break
            style = self.styles[parent]
            parent = style.parent
        # A list of its own, in a style of headings or of lists.
        if style.kind:
            return style.kind
        if style.list_number and style.list_number != "0":
            depth = own.depth if own.list_number else style.depth
            return item_kind(depth, numbered=(style.list_number, depth) in self.numbered)
        return PARAGRAPH


def _word_format(properties: Element | None, kind: str | None = None, parent: str | None = None) -> _WordStyle:
    """What the properties of a paragraph, or of a style, say."""
    list_number, depth = None, 0
    for element in properties.iter() if properties is not None else ():
        value = element.get(f"{_WORD}val")
        match _local_name(element):
            case "pStyle":
                parent = value
            case "outlineLvl" if (level := _number(value, 9)) < 9:
                kind = heading_kind(level + 1)
            case "numId":
                list_number = value
            case "ilvl":
                depth = _number(value, 0)
    return _WordStyle(kind, list_number, depth, parent)


def _word_styles(part: bytes) -> dict[str, _WordStyle]:
    styles: dict[str, _WordStyle] = {}
    for style in fromstring(part).iter(f"{_WORD}style") if part else ():
        name, parent = (style.find(f"{_WORD}{tag}") for tag in ("name", "basedOn"))
        named = (name.get(f"{_WORD}val") or "").lower() if name is not None else ""
        kind = _KINDS_BY_NAME.get(named)
        if named.startswith("heading "):
            kind = heading_kind(_number(named.removeprefix("heading "), 1))
        based = parent.get(f"{_WORD}val") if parent is not None else None
        styles[style.get(f"{_WORD}styleId") or ""] = _word_format(style.find(f"{_WORD}pPr"), kind, based)
    return styles


def _numbered_levels(part: bytes) -> frozenset[tuple[str, int]]:
    """The lists whose items have numbers or letters, each with the depth."""
    root = fromstring(part) if part else Element("none")
    levels: dict[str, list[int]] = {}
    for definition in root.iter(f"{_WORD}abstractNum"):
        numbered = levels.setdefault(definition.get(f"{_WORD}abstractNumId") or "", [])
        for level in definition.iter(f"{_WORD}lvl"):
            form = level.find(f"{_WORD}numFmt")
            if form is not None and form.get(f"{_WORD}val") not in {"bullet", "none"}:
                numbered.append(_number(level.get(f"{_WORD}ilvl"), 0))
    known: set[tuple[str, int]] = set()
    for number in root.iter(f"{_WORD}num"):
        abstract = number.find(f"{_WORD}abstractNumId")
        named = abstract.get(f"{_WORD}val") if abstract is not None else None
        known.update((number.get(f"{_WORD}numId") or "", depth) for depth in levels.get(named or "", ()))
    return frozenset(known)


@dataclass(slots=True)
class _OpenDocument:
    """OpenDocument text, whose styles come before its text."""

    paragraphs: tuple[str, ...] = (f"{_OFFICE_TEXT}p", f"{_OFFICE_TEXT}h")
    row: str = f"{_OFFICE_TABLE}table-row"
    cell: str = f"{_OFFICE_TABLE}table-cell"
    unread: str = f"{_OFFICE_TEXT}tracked-changes"
    is_header: bool = False
    _parents: dict[str, str] = field(default_factory=dict)
    _numbered: set[tuple[str, int]] = field(default_factory=set)
    _list_style: str = ""
    _lists: list[str] = field(default_factory=list)
    _is_first: bool = False
    _header_rows: int = 0

    def start(self, element: Element) -> None:
        match element.tag:
            case "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}style":
                parent = element.get(f"{_OFFICE_STYLE}parent-style-name")
                self._parents[element.get(f"{_OFFICE_STYLE}name") or ""] = parent or ""
            case "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}list-style":
                self._list_style = element.get(f"{_OFFICE_STYLE}name") or ""
            case "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}list-level-style-number":
                level = _number(element.get(f"{_OFFICE_TEXT}level"), 1)
                self._numbered.add((self._list_style, level - 1))
            case "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}list":
                outer = self._lists[-1] if self._lists else ""
                self._lists.append(element.get(f"{_OFFICE_TEXT}style-name") or outer)
            case "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}list-item":
                self._is_first = True
            case "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}table-header-rows":
                self._header_rows += 1
            case self.row:
                self.is_header = self._header_rows > 0

    def end(self, element: Element) -> None:
        if element.tag == f"{_OFFICE_TEXT}list" and self._lists:
            self._lists.pop()
        elif element.tag == f"{_OFFICE_TABLE}table-header-rows":
            self._header_rows -= 1

    def kind(self, paragraph: Element) -> str:
        if paragraph.tag == f"{_OFFICE_TEXT}h":
            return heading_kind(_number(paragraph.get(f"{_OFFICE_TEXT}outline-level"), 1))
        if self._lists:
            kind = item_kind(len(self._lists) - 1, numbered=(self._lists[-1], len(self._lists) - 1) in self._numbered)
            kind, self._is_first = kind if self._is_first else CONTINUED, False
            return kind
        style = paragraph.get(f"{_OFFICE_TEXT}style-name") or ""
        for name in (style, self._parents.get(style, "")):
            if kind := _KINDS_BY_NAME.get(name.replace("_20_", " ").lower(), ""):
                return kind
        return PARAGRAPH
