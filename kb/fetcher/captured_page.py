"""A page that a reader's browser sent: read in a subprocess, then checked and cleaned here as untrusted input."""

from dataclasses import dataclass, replace

from kb.errors import Invalid, Unavailable, UnsupportedContent
from kb.extraction.extraction_process import COPY, SAVED_PAGE, TANGLED, extract_in_subprocess
from kb.fetcher.page_facts_cleaning import facts_of_extraction
from kb.fetcher.redirects import FetchedResponse
from kb.model.web_pages.page_facts import PageFacts, PageKind
from kb.slow_work_slots import SMALL_FILE, Slots, SlotsTaken

_SECONDS = 30
"""Of computing; twice as many in all."""
_MEMORY = 1 << 30
_SLOTS = Slots(total=3, each=1, for_small=1)
_SLOT_TIMEOUT = 60.0
_HEAD = 4096
_CONTROLS = bytes((*range(9), *range(14, 27)))
"""Bytes that no text has, but in UTF-16."""
_MARKS = (b"\xff\xfe", b"\xfe\xff")
"""The first bytes of UTF-16, whose letters have a zero byte."""


@dataclass(frozen=True, slots=True)
class CapturedPage:
    """The document to keep, as it may be shown, and the facts of the page."""

    document: str
    facts: PageFacts


def read_captured_page(body: bytes, address: str, *, caller: str) -> CapturedPage:
    """Read HTML or MHTML that a browser saved from an address; one page of each caller at a time.

    Raises UnsupportedContent for another kind of file; Invalid for a page that cannot be kept; Unavailable if too many
    pages are being read.
    """
    head = body[:_HEAD]
    is_binary = not head.startswith(_MARKS) and head.translate(None, _CONTROLS) != head
    if b"<" not in head or is_binary or head.lstrip().startswith(b"%PDF-"):
        raise UnsupportedContent("Here a page is kept that a browser saved: HTML, MHTML or PDF was expected.")
    try:
        with _SLOTS.slot(caller, wait=_SLOT_TIMEOUT, is_small=len(body) < SMALL_FILE):
            extracted = extract_in_subprocess(
                SAVED_PAGE, body, seconds=_SECONDS, memory=_MEMORY, charset="", address=address
            )
    except SlotsTaken:
        raise Unavailable("Too many pages are being read at this moment: try again in a moment.") from None
    if extracted is not None and extracted.get(TANGLED):
        raise Invalid("This page has too many elements, or too many one inside another, to be kept.")
    if extracted is None or not isinstance(document := extracted.get(COPY), str):
        raise Invalid("This page cannot be kept: it is damaged, too large or too deeply nested.")
    facts = facts_of_extraction(extracted, FetchedResponse(address, 200, PageKind.HTML))
    # The reader knows from where the page came; a page that was altered may claim anything.
    return CapturedPage(document, replace(facts, url=address))
