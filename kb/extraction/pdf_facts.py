"""Facts that a PDF gives about itself. Runs in a subprocess: `pdf_process`."""

import io
import re
from collections.abc import Iterator, Mapping

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from kb.extraction.extraction_process import ExtractedFacts
from kb.extraction.page_dates import parse_written_date
from kb.model.web_pages.page_facts import LONGEST_TEXT

_MOST_PAGES = 2_000
_SHORTEST, _LONGEST = 8, 150
"""Characters of a line that could be a title."""
# Typographers join these letters; who searches does not.
_JOINED = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00ad": ""})
_CUT_WORD = re.compile(r"(?<=[^\W\d_])-\n(?=[a-zà-ÿœ])")
_LINE_OF_SAME = re.compile(r"(?<![.!?:;»])\n(?=\S)|\n(?=[a-zà-ÿœ])")
_PROGRAM = re.compile(
    r"^(?:Microsoft (?:Word|PowerPoint|Excel) -\s*|untitled$|sans titre$)|\.(?:docx?|odt|indd|qxd|pptx?)$",
    re.IGNORECASE,
)


class PdfIsEncrypted(Exception):
    """It is encrypted, and a password is needed."""


def open_pdf(body: bytes) -> PdfReader:
    """The document. Raises Locked, and whatever a damaged file makes pypdf raise."""
    document = PdfReader(io.BytesIO(body), strict=False)
    # Many forbid printing or copying, and are opened by no password at all.
    if document.is_encrypted and not document.decrypt(""):
        raise PdfIsEncrypted
    return document


def pdf_metadata(document: PdfReader) -> ExtractedFacts:
    """Its title, author, day and language, as the document bears them."""
    about: Mapping[str, object] = document.metadata or {}
    title = str(about.get("/Title") or "").strip()
    return {
        "title": _PROGRAM.sub("", title),
        "description": str(about.get("/Subject") or ""),
        "byline": str(about.get("/Author") or ""),
        "published": parse_written_date(str(about.get("/CreationDate") or "").removeprefix("D:")),
        "language": str(document.root_object.get("/Lang") or ""),
        "keywords": [str(about.get("/Keywords") or "")],
    }


def first_line(document: PdfReader) -> str:
    """What stands on top of the first page, if it could be a title; nothing otherwise."""
    lines = (line.strip() for line in _text_of(document, 0).splitlines())
    first = next(filter(None, lines), "")
    return first if _SHORTEST <= len(first) <= _LONGEST else ""


def pdf_page_texts(document: PdfReader) -> Iterator[str]:
    """Its text page by page, a paragraph a line as far as lines tell; pages that cannot be read are left out."""
    left = LONGEST_TEXT
    for number in range(min(len(document.pages), _MOST_PAGES)):
        text = rejoin_paragraphs(_text_of(document, number)[:left])
        left -= len(text)
        yield text
        if left <= 0:
            return


def _text_of(document: PdfReader, number: int) -> str:
    try:
        return document.pages[number].extract_text().translate(_JOINED)
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError):
        return ""


def rejoin_paragraphs(text: str) -> str:
    """The lines of a page as paragraphs, and words that were cut whole."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    return _LINE_OF_SAME.sub(" ", _CUT_WORD.sub("", lines))
