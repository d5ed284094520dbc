"""References in RIS, as Zotero, EndNote, JabRef, Mendeley, Cairn, HAL and our own export write them.

Source: *RIS Format Specifications* (Thomson Reuters, 2011): a line is a tag of two characters, two spaces, a hyphen, a
space and a value; TY begins a record and ER ends it. Programs forget a space, ER, or break long values into lines.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from kb.citations.metadata_crosswalk import REFERENCE_NAMES, type_of_name
from kb.errors import translatable
from kb.formats.shared.decoded_text import decode_head, numbered_text_lines
from kb.formats.shared.field_values import day_value, published_value, tag_values
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.record_warnings import draft_with_warnings, left_out_warning
from kb.formats.shared.references import (
    address_of_doi,
    language_of,
    natural_name,
    reference_draft,
    title_without_markup,
    url_of_reference,
)
from kb.model.items.import_draft import ItemDraft, RecordWarning, warning_of
from kb.model.storable_text import one_line

_LONGEST_LINE = 4 << 20
_MOST_LINES = 20_000
"""Lines of one record."""
_LINE = re.compile(r"([A-Z][A-Z0-9])(?: {1,2}-(?: |$))")
_HEAD = re.compile(r"^TY {1,2}- ?[A-Z]{2,8}\s", re.MULTILINE)
_LOOKED_AT = 1_000
"""Characters before the first record, which some programs fill with words."""
_BETWEEN_URLS = re.compile(r";(?=\s{0,9}https?://)", re.IGNORECASE)
_NOTES = ("N1", "RN")
_TITLES = ("TI", "T1", "CT", "BT")
_AUTHORS = (("AU", "A1"), ("A2", "ED"), ("A3",), ("A4",))
_SOURCES = ("T2", "JO", "JF", "JA", "J1", "J2", "T3", "BT")
_DATES = ("DA", "PY", "Y1")
_ADDRESSES = ("UR", "LK", "L2")
_DOIS = ("DO", "DI", "M3")
_READ = frozenset({"TY", "ER", "ID", "LA", "KW", "Y2", "EP", *_NOTES, *_TITLES, *_SOURCES, *_DATES})
_READ |= frozenset({*_ADDRESSES, *_DOIS, *(tag for tags in _AUTHORS for tag in tags)})
_READ |= frozenset(tag for names in REFERENCE_NAMES.values() for tag in names.ris)

_Record = Mapping[str, list[list[str]]]
"""The values by tag, each with its lines."""


def read_ris(chunks: Iterable[bytes]) -> Iterator[ItemDraft | RecordWarning]:
    """The references in order; one is in memory at a time. A warning names the fields that are left out."""
    left_out = set[str]()
    for entry in _records(chunks):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        line, record = entry
        left_out |= record.keys() - _READ
        draft = _draft(record, line)
        written = (_first(record, *_DATES), draft.published), (_first(record, "Y2"), draft.added)
        yield from draft_with_warnings(draft, *written)
    yield from left_out_warning(left_out)


def _records(chunks: Iterable[bytes]) -> Iterator[tuple[int, _Record] | RecordWarning]:
    """Each record, with the number of its first line."""
    record, lines, start, size = dict[str, list[list[str]]](), list[str](), 0, 0
    for entry in numbered_text_lines(chunks, _LONGEST_LINE):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        number, line = entry
        text = line.strip()
        match = _LINE.match(text)
        if match is None:
            if record and text and size < _MOST_LINES:
                lines.append(text)
                size += 1
            continue
        tag, value = match[1], text[match.end() :].strip()
        if tag in {"TY", "ER"} and record:
            yield start, record
            record = {}
        if tag == "ER":
            continue
        if not record:
            start, size = number, 0
        if size < _MOST_LINES:
            lines = [value]
            record.setdefault(tag, []).append(lines)
            size += 1
    if record:
        yield start, record
        yield warning_of("The last record has no end: a part of it may be missing.", start)


def _draft(record: _Record, line: int) -> ItemDraft:
    # One line may have several addresses, with semicolons between them.
    addresses = [url.strip() for value in _values(record, *_ADDRESSES) for url in _BETWEEN_URLS.split(value)]
    addresses += map(address_of_doi, _values(record, *_DOIS))
    title, notes = _first(record, *_TITLES), list(_values(record, *_NOTES))
    url, is_own = url_of_reference(addresses, _first(record, "ID"), notes)
    return reference_draft(
        lambda names: _pages(record) if names is REFERENCE_NAMES["page_range"] else _first(record, *names.ris),
        one_line(title if is_own else title_without_markup(title)),
        next(filter(None, ([natural_name(name) for name in _values(record, *tags)] for tags in _AUTHORS)), ()),
        notes,
        is_own=is_own,
        url=url,
        published=_published(record),
        source=one_line(_first(record, *_SOURCES)) or None,
        language=language_of(_first(record, "LA")),
        document_type=type_of_name(_first(record, "TY"), lambda names: names.ris),
        tags=_tags([keyword for lines in record.get("KW", ()) for keyword in lines], is_own=is_own),
        added=day_value(_first(record, "Y2")),
        line=line,
    )


def _values(record: _Record, *tags: str) -> Iterator[str]:
    """The values of some tags that are not empty."""
    return filter(None, ("\n".join(lines).strip() for tag in tags for lines in record.get(tag, ())))


def _first(record: _Record, *tags: str) -> str:
    return next(_values(record, *tags), "")


def _pages(record: _Record) -> str:
    """The first and the last page, which have a tag each."""
    first, last = _first(record, "SP"), _first(record, "EP")
    return f"{first}-{last}" if first and last and last not in first else first or last


def _published(record: _Record) -> str | None:
    """The most precise of its dates."""
    return max(filter(None, map(published_value, _values(record, *_DATES))), key=len, default=None)


def _tags(keywords: list[str], *, is_own: bool) -> tuple[str, ...] | None:
    """The keywords. A single field may hold all of them, which our own export does not do."""
    if len(keywords) == 1 and not is_own:
        text = keywords[0]
        return tag_values(*text.split(";" if ";" in text else ","))
    return tag_values(*keywords)


RIS_IMPORT = ImportFormat(
    "ris",
    translatable("References of Zotero, EndNote, Cairn or HAL (RIS)"),
    (".ris", ".txt", "application/x-research-info-systems"),
    lambda head: _HEAD.search(decode_head(head)[:_LOOKED_AT]) is not None,
    read_ris,
)
