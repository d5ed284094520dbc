"""Read an uploaded file in a sandboxed subprocess: its kind, its facts, its text."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from kb.errors import Invalid, Unavailable
from kb.extraction.extraction_process import (
    LOCKED,
    REFUSED,
    STOPPED,
    ExtractedFacts,
    FileRefusal,
    extract_file_in_subprocess,
)
from kb.extraction.file_type_detection import HEAD_BYTES, file_kind_of
from kb.extraction.publication_date_parsing import parse_page_date
from kb.fetcher.page_facts_cleaning import primary_language, visible_line, visible_text
from kb.files.received_file import ReceivedFile
from kb.model.bibliographic_record import BibliographicRecord
from kb.model.byline_names import byline_of_names
from kb.model.items.item_file import FileKind, TextState
from kb.model.web_pages.page_facts import LONGEST_DESCRIPTION, LONGEST_NAME, LONGEST_TITLE
from kb.model.web_pages.text_layout import HEADINGS, TextLayout
from kb.slow_work_slots import SMALL_FILE, Slots, SlotsTaken

_SECONDS = 20
"""Of computing. A long text that is not read to its end is kept as far as it was read."""
_MEMORY = 1 << 30
_SLOTS = Slots(total=3, each=1, for_small=1)
_SLOT_TIMEOUT = 60.0
_UNKNOWN = "This is none of the files that are kept here: PDF, Word (DOCX), OpenDocument text (ODT), EPUB, HTML."


@dataclass(frozen=True, slots=True)
class FileReading:
    """What was read in a file. `record` has its own metadata."""

    kind: FileKind
    record: BibliographicRecord
    text: str
    pages: int | None
    state: TextState
    layout: TextLayout | None = None


def kind_of_file(received: ReceivedFile) -> FileKind:
    """The kind of a file by its first bytes. Raises Invalid for a kind that is not kept."""
    received.file.seek(0)
    kind = file_kind_of(received.file.read(HEAD_BYTES))
    if kind is None:
        raise Invalid(_UNKNOWN)
    return kind


def read_file(
    received: ReceivedFile, name: str, *, caller: str = "", seconds: int = _SECONDS, memory: int = _MEMORY
) -> FileReading:
    """Read a file that is not HTML; one of each caller at a time. Without a title of its own it has the heading
    with which it begins, or that of its name.

    Raises Invalid for a kind that is not kept, for macros and for a zip bomb; Unavailable if too many files are read.
    """
    kind = kind_of_file(received)
    try:
        with _SLOTS.slot(caller, wait=_SLOT_TIMEOUT, is_small=received.size < SMALL_FILE):
            facts = extract_file_in_subprocess(received.file, seconds=seconds, memory=memory) or {}
    except SlotsTaken:
        raise Unavailable("Too many files are being read at this moment: try again in a moment.") from None
    _require_stored(facts.get(REFUSED))
    text, layout = visible_text(facts)
    pages = facts.get("pages")
    record = BibliographicRecord(
        title=visible_line(facts.get("title"), LONGEST_TITLE) or _heading(text, layout) or title_of_file_name(name),
        description=visible_line(facts.get("description"), LONGEST_DESCRIPTION) or None,
        byline=byline_of_names(visible_line(facts.get("byline"), LONGEST_NAME).split(";")),
        published=parse_page_date(visible_line(facts.get("published"), LONGEST_NAME)),
        source=visible_line(facts.get("source"), LONGEST_NAME) or None,
        language=primary_language(facts.get("language")),
    )
    counted = pages if type(pages) is int and pages > 0 else None
    return FileReading(kind, record, text, counted, _state(facts, text), layout)


def _heading(text: str, layout: TextLayout | None) -> str:
    """The heading with which a text begins; empty without one."""
    return visible_line(text.partition("\n")[0], LONGEST_TITLE) if layout and layout.kinds[0] in HEADINGS else ""


def title_of_file_name(name: str) -> str:
    """A title from the name of a file: without its suffix, with spaces between words."""
    return visible_line(PurePosixPath(name).stem.replace("_", " "), LONGEST_TITLE) if name else ""


def _state(facts: ExtractedFacts, text: str) -> TextState:
    if facts.get(LOCKED):
        return TextState.LOCKED
    if text:
        return TextState.BEGINNING if facts.get(STOPPED) else TextState.READ
    return TextState.NONE if "pages" in facts else TextState.UNREADABLE


def _require_stored(refusal: object) -> None:
    match refusal:
        case FileRefusal.MACROS:
            raise Invalid("This document holds macros, which are programs: save it without them, then send it again.")
        case FileRefusal.BOMB:
            raise Invalid("This file unpacks to far more than a document holds: it is not kept.")
        case FileRefusal.UNKNOWN:
            raise Invalid(_UNKNOWN)
        case _:
            return
