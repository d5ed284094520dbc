"""Facts and text of DOCX, OpenDocument text and EPUB. This module runs in a subprocess.

XML is read with defusedxml: no entities are expanded, and nothing is loaded.
"""

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from lxml import etree, html

from kb.extraction.document_lines import Line, TreeLines, line_chunks
from kb.extraction.document_package import DocumentPackage
from kb.extraction.extraction_process import ExtractedFacts
from kb.extraction.office_lines import open_document_lines, word_lines
from kb.extraction.publication_date_parsing import parse_page_date
from kb.model.items.item_file import FileKind
from kb.whole_numbers import parse_whole_number

_MOST_CHAPTERS = 2_000


def facts_of_package(package: DocumentPackage, kind: FileKind) -> Iterator[ExtractedFacts]:
    """The facts of a document, then its text in pieces. XML that is not well-formed ends them."""
    try:
        match kind:
            case FileKind.DOCX:
                yield _office_facts(package.part("docProps/core.xml"), package.part("docProps/app.xml"))
                yield from line_chunks(word_lines(package))
            case FileKind.ODT:
                yield _office_facts(package.part("meta.xml"), b"")
                yield from line_chunks(open_document_lines(package))
            case _:
                yield from _book_facts(package)
    except (ParseError, DefusedXmlException, etree.LxmlError, ValueError):
        return


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
    pages = parse_whole_number(text, 0, most=999_999)
    return {"pages": pages} if pages else {}


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
    yield facts | {"byline": "; ".join(dict.fromkeys(names))}
    files = {part.get("id"): part.get("href") or "" for part in described.iter() if _local_name(part) == "item"}
    order = [files.get(element.get("idref"), "") for element in described.iter() if _local_name(element) == "itemref"]
    folder = posixpath.dirname(path)
    parts = [posixpath.normpath(posixpath.join(folder, unquote(href))) for href in order[:_MOST_CHAPTERS] if href]
    yield from line_chunks(line for name in dict.fromkeys(parts) for line in _chapter(package.part(name)))


def _chapter(content: bytes) -> Iterator[Line]:
    """The lines of an XHTML page."""
    if not content.strip():
        return
    # Without a declaration it is UTF-8 (EPUB 3.3); the parser would guess another encoding.
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    yield from TreeLines().read(html.document_fromstring(content, parser=parser))
