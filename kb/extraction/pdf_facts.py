"""Facts that a PDF gives about itself. This module runs in a subprocess."""

import io
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from math import hypot, isfinite
from typing import BinaryIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from kb.extraction.document_lines import Line, heading_kind, text_chunk
from kb.extraction.extraction_process import LOCKED, PAGE, ExtractedFacts, run_extraction
from kb.extraction.publication_date_parsing import parse_page_date
from kb.model.web_pages.page_facts import LONGEST_TEXT
from kb.model.web_pages.text_layout import PARAGRAPH

_MOST_PAGES = 2_000
_MOST_HEADINGS, _MOST_HEADING_LINES = 2_000, 3
_HEADING_SIZES = ((1.8, heading_kind(1)), (1.35, heading_kind(2)), (1.15, heading_kind(3)))
"""How many times larger than most letters those of a heading are, by its kind."""
_FEWEST_LETTERS = 3
_SHORTEST, _LONGEST = 8, 150
"""Characters of a line that could be a title."""
# Typographic ligatures, which users do not type in a search.
_JOINED = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00ad": ""})
_CUT_WORD = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zà-ÿœ])")
_LINE_OF_SAME = re.compile(r"(?<![.!?:;»])\n(?=\S)|\n(?=[a-zà-ÿœ])")
_PROGRAM = re.compile(
    r"^(?:Microsoft (?:Word|PowerPoint|Excel) -\s*|untitled$|sans titre$)|\.(?:docx?|odt|indd|qxd|pptx?)$",
    re.IGNORECASE,
)


def facts_of_pdf(file: BinaryIO) -> Iterator[ExtractedFacts]:
    """The facts of a document, then its text page by page. Raises any error of pypdf on a damaged file."""
    document = PdfReader(file, strict=False)
    # Many files forbid printing or copying, and open with an empty password.
    if document.is_encrypted and not document.decrypt(""):
        yield {LOCKED: True}
        return
    known = pdf_metadata(document)
    yield known
    yield {"pages": len(document.pages)}
    if not known["title"]:
        yield {"title": first_line(document)}
    for lines in pdf_pages(document):
        yield text_chunk(lines) | {PAGE: True}


def pdf_metadata(document: PdfReader) -> ExtractedFacts:
    """The title, author, day and language of its metadata."""
    about: Mapping[str, object] = document.metadata or {}
    title = str(about.get("/Title") or "").strip()
    return {
        "title": _PROGRAM.sub("", title),
        "description": str(about.get("/Subject") or ""),
        "byline": str(about.get("/Author") or ""),
        "published": parse_page_date(str(about.get("/CreationDate") or "").removeprefix("D:")),
        "language": str(document.root_object.get("/Lang") or ""),
        "keywords": [str(about.get("/Keywords") or "")],
    }


def first_line(document: PdfReader) -> str:
    """The top line of the first page, if it could be a title; else empty."""
    lines = (line.strip() for line in _text_of(document, 0).splitlines())
    first = next(filter(None, lines), "")
    return first if _SHORTEST <= len(first) <= _LONGEST else ""


def pdf_pages(document: PdfReader) -> Iterator[list[Line]]:
    """The lines page by page, one paragraph each as far as the lines of the page show it. The headings are those that
    the outline of the document names; without one, short lines in larger letters. Unreadable pages are empty.
    """
    remaining, outline = LONGEST_TEXT, pdf_outline_headings(document)
    letters: Counter[float] = Counter()
    for number in range(min(len(document.pages), _MOST_PAGES)):
        sizes: list[tuple[str, float]] = []
        text = _text_of(document, number, sizes)[:remaining]
        headings = outline or _large_lines(sizes, letters)
        lines = list(_page_lines(text, headings, are_joined=not outline))
        remaining -= sum(len(text) + 1 for _, text in lines)
        yield lines
        if remaining <= 0:
            return


def pdf_outline_headings(document: PdfReader) -> dict[str, str]:
    """The kind of each heading that the outline names, by the letters and digits of its title."""
    headings: dict[str, str] = {}
    try:
        entries: list[tuple[object, int]] = [(entry, 1) for entry in reversed(document.outline)]
        while entries and len(headings) < _MOST_HEADINGS:
            entry, level = entries.pop()
            if isinstance(entry, list):
                entries.extend((inner, level + 1) for inner in reversed(entry))
            elif key := _letters(str(getattr(entry, "title", "") or "")[:_LONGEST]):
                headings.setdefault(key, heading_kind(level))
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return headings
    return headings


def _large_lines(sizes: list[tuple[str, float]], letters: Counter[float]) -> dict[str, str]:
    """The kind of each heading of a page by its letters: lines larger than most letters of the pages so far, which
    `letters` counts. None for a page with many of them, such as a slide.
    """
    lines: list[tuple[str, float]] = []
    key, smallest = "", 0.0
    for text, size in (*sizes, ("\n", 0.0)):
        for place, part in enumerate(text.split("\n")):
            if place and key:
                lines.append((key, smallest))
                key, smallest = "", 0.0
            if part := _letters(part):
                key, smallest = key + part, min(smallest or size, size)
                letters[round(size * 2) / 2] += len(part)
    usual = letters.most_common(1)[0][0] if letters else 0.0
    headings = {
        key: kind
        for key, size in lines
        if usual
        and _FEWEST_LETTERS <= len(key) <= _LONGEST
        and not key.isdigit()
        and (kind := next((kind for least, kind in _HEADING_SIZES if size / usual >= least), ""))
    }
    return headings if len(headings) <= max(3, len(lines) // 4) else {}


def _page_lines(text: str, headings: Mapping[str, str], *, are_joined: bool) -> Iterator[Line]:
    """The lines of a page: what stands between two headings is joined to paragraphs. `are_joined`: two lines of the
    same kind are one heading.
    """
    lines, between = text.splitlines(), list[str]()
    place = 0
    while place < len(lines):
        kind, size = _heading_at(lines, place, headings)
        while kind and are_joined and size < _MOST_HEADING_LINES and place + size < len(lines):
            if headings.get(_letters(lines[place + size])) != kind:
                break
            size += 1
        if kind:
            yield from _paragraphs(between)
            between = []
            yield kind, " ".join(" ".join(lines[place : place + size]).split())
        else:
            between.append(lines[place])
        place += size
    yield from _paragraphs(between)


def _heading_at(lines: list[str], place: int, headings: Mapping[str, str]) -> tuple[str, int]:
    """The kind of the heading that begins with a line, and the number of its lines; empty and one for another line."""
    for size in range(1, _MOST_HEADING_LINES + 1) if headings else ():
        title = " ".join(lines[place : place + size])
        if len(title) <= _LONGEST and (key := _letters(title)) in headings:
            return headings[key], size
    return "", 1


def _paragraphs(lines: list[str]) -> Iterator[Line]:
    for text in rejoin_paragraphs("\n".join(lines)).split("\n"):
        if text.strip():
            yield PARAGRAPH, text


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold()


def _text_of(document: PdfReader, number: int, sizes: list[tuple[str, float]] | None = None) -> str:
    """The text of a page; `sizes` gets its pieces, each with the size of its letters."""

    def note(text: str, page: Sequence[float], line: Sequence[float], _font: object, size: float) -> None:
        with suppress(TypeError, ValueError, LookupError, ArithmeticError):
            written = abs(float(size)) * hypot(line[2], line[3]) * hypot(page[2], page[3])
            if sizes is not None and text and isfinite(written):
                sizes.append((text.translate(_JOINED), written))

    try:
        return document.pages[number].extract_text(visitor_text=note).translate(_JOINED)
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return ""


def rejoin_paragraphs(text: str) -> str:
    """Join the lines of a page to paragraphs, and hyphenated words to whole ones."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return _LINE_OF_SAME.sub(" ", _CUT_WORD.sub("", lines))


if __name__ == "__main__":
    sys.exit(run_extraction(lambda body, _: facts_of_pdf(io.BytesIO(body))))
