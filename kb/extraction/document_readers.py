"""Facts and text of DOCX, OpenDocument text and EPUB. This module runs in a subprocess.

XML is read with defusedxml: no entities are expanded, and nothing is loaded.
"""

import posixpath
from collections.abc import Iterable, Iterator
from io import BytesIO
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse
from lxml import etree, html

from kb.extraction.document_package import DocumentPackage
from kb.extraction.extraction_process import MORE_TEXT, ExtractedFacts
from kb.extraction.publication_date_parsing import parse_page_date
from kb.model.items.item_file import FileKind
from kb.model.web_pages.page_facts import LONGEST_TEXT

_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFFICE_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_MOST_CHAPTERS = 2_000
_MOST_SPACES = 100
_BLOCKS = frozenset(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "td", "th", "dt", "dd", "blockquote", "pre", "div", "section", "br")
)
_UNREAD = frozenset(("script", "style", "head", "template"))


def facts_of_package(package: DocumentPackage, kind: FileKind) -> Iterator[ExtractedFacts]:
    """The facts of a document, then its text in pieces. XML that is not well-formed ends them."""
    try:
        match kind:
            case FileKind.DOCX:
                yield _office_facts(package.part("docProps/core.xml"), package.part("docProps/app.xml"))
                yield from _text_facts(_word_paragraphs(package))
            case FileKind.ODT:
                yield _office_facts(package.part("meta.xml"), b"")
                yield from _text_facts(
                    _paragraphs_of(package.part("content.xml"), (f"{_OFFICE_TEXT}p", f"{_OFFICE_TEXT}h"))
                )
            case _:
                yield from _book_facts(package)
    except (ParseError, DefusedXmlException, etree.LxmlError, ValueError):
        return


def _text_facts(paragraphs: Iterable[str]) -> Iterator[ExtractedFacts]:
    """Paragraphs as pieces of some ten thousand characters, up to the longest text."""
    remaining, paragraphs_read, size = LONGEST_TEXT, list[str](), 0
    for paragraph in paragraphs:
        if text := " ".join(paragraph.split())[:remaining]:
            paragraphs_read.append(text)
            size += len(text)
            remaining -= len(text)
        if size > 10_000 or remaining <= 0:
            yield {MORE_TEXT: "\n".join(paragraphs_read)}
            paragraphs_read, size = [], 0
        if remaining <= 0:
            return
    if paragraphs_read:
        yield {MORE_TEXT: "\n".join(paragraphs_read)}


def _office_facts(core: bytes, app: bytes) -> ExtractedFacts:
    """Dublin Core of an office document, and the number of its pages."""
    facts: ExtractedFacts = {}
    for element in fromstring(core).iter() if core else ():
        name, text = _local_name(element), (element.text or "").strip()
        match name:
            case "title" | "language" | "description" if text:
                facts.setdefault(name, text)
            # OpenDocument has its first author in `initial-creator`, and who saved it last in `creator`.
            case "initial-creator" if text:
                facts["byline"] = text
            case "creator" if text:
                facts.setdefault("byline", text)
            case "created" | "creation-date" if text:
                facts["published"] = parse_page_date(text)
            case "document-statistic":
                counted = next((value for key, value in element.items() if key.endswith("}page-count")), "")
                facts |= _page_count(counted)
    for element in fromstring(app).iter() if app else ():
        if _local_name(element) == "Pages":
            facts |= _page_count(element.text or "")
    return facts


def _page_count(text: str) -> ExtractedFacts:
    return {"pages": int(text)} if text.isascii() and text.isdigit() and len(text) < 7 and int(text) else {}


def _word_paragraphs(package: DocumentPackage) -> Iterator[str]:
    for part in ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml"):
        yield from _paragraphs_of(package.part(part), (f"{_WORD}p",))


def _paragraphs_of(part: bytes, tags: tuple[str, ...]) -> Iterator[str]:
    """The text of each paragraph of an XML part, whose elements are emptied as soon as they are read."""
    if not part:
        return
    depth = 0
    for event, element in iterparse(BytesIO(part), events=("start", "end")):
        if event == "start":
            depth += element.tag in tags
            continue
        if element.tag in tags:
            depth -= 1
            # A paragraph may hold others, in a frame or a note: they have been emptied.
            yield "".join(element.itertext())
            element.clear()
        elif depth:
            element.text = _own_text(element)
        else:
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


def _book_facts(package: DocumentPackage) -> Iterator[ExtractedFacts]:
    """The metadata of a book (EPUB 3.3, OPF), then its chapters in their order."""
    container = fromstring(package.part("META-INF/container.xml"))
    path = next((part.get("full-path") or "" for part in container.iter() if _local_name(part) == "rootfile"), "")
    described = fromstring(package.part(path) or b"<package/>")
    facts: ExtractedFacts = {}
    names: list[str] = []
    for element in described.iter():
        name, text = _local_name(element), (element.text or "").strip()
        match name:
            case "title" | "language" | "description" if text:
                facts.setdefault(name, text)
            case "publisher" if text:
                facts.setdefault("source", text)
            case "creator" if text:
                names.append(text)
            case "date" if text:
                facts.setdefault("published", parse_page_date(text))
    yield facts | {"byline": ", ".join(names)}
    files = {part.get("id"): part.get("href") or "" for part in described.iter() if _local_name(part) == "item"}
    order = [files.get(element.get("idref"), "") for element in described.iter() if _local_name(element) == "itemref"]
    folder = posixpath.dirname(path)
    parts = [posixpath.normpath(posixpath.join(folder, unquote(href))) for href in order[:_MOST_CHAPTERS] if href]
    yield from _text_facts(paragraph for name in dict.fromkeys(parts) for paragraph in _chapter(package.part(name)))


def _chapter(content: bytes) -> Iterator[str]:
    """The paragraphs of an XHTML page."""
    if not content.strip():
        return
    texts: list[str] = []
    unread = 0
    # Without a declaration it is UTF-8 (EPUB 3.3); the parser would guess another encoding.
    root = html.document_fromstring(content, parser=html.HTMLParser(encoding="utf-8"))
    for event, element in etree.iterwalk(root, events=("start", "end", "comment")):
        if event != "comment":
            if element.tag in _UNREAD:
                unread += 1 if event == "start" else -1
            elif element.tag in _BLOCKS:
                yield "".join(texts)
                texts.clear()
        text = element.text if event == "start" else element.tail
        if text and not unread:
            texts.append(text)
    yield "".join(texts)
