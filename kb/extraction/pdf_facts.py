"""Facts that a PDF gives about itself. This module runs in a subprocess."""

import io
import re
import sys
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from kb.extraction.extraction_process import LOCKED, MORE_TEXT, ExtractedFacts, run_extraction
from kb.extraction.publication_date_parsing import parse_page_date
from kb.model.web_pages.page_facts import LONGEST_TEXT

_MOST_PAGES = 2_000
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
    for page in pdf_page_texts(document):
        yield {MORE_TEXT: page}


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


def pdf_page_texts(document: PdfReader) -> Iterator[str]:
    """The text page by page, one paragraph a line as far as lines show it; unreadable pages are left out."""
    remaining = LONGEST_TEXT
    for number in range(min(len(document.pages), _MOST_PAGES)):
        text = rejoin_paragraphs(_text_of(document, number)[:remaining])
        remaining -= len(text)
        yield text
        if remaining <= 0:
            return


def _text_of(document: PdfReader, number: int) -> str:
    try:
        return document.pages[number].extract_text().translate(_JOINED)
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return ""


def rejoin_paragraphs(text: str) -> str:
    """Join the lines of a page to paragraphs, and hyphenated words to whole ones."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return _LINE_OF_SAME.sub(" ", _CUT_WORD.sub("", lines))


if __name__ == "__main__":
    sys.exit(run_extraction(lambda body, _: facts_of_pdf(io.BytesIO(body))))
