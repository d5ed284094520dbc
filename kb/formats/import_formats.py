"""The registry of import formats, and the detection of a file's format."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import BinaryIO

from kb.errors import Invalid, translatable
from kb.formats.column_mapping import split_columns
from kb.formats.group_archive_files import FILES, FOLDERS, GROUP, ITEMS, LISTS, README_NAMES, SAVED_SEARCHES, VOCABULARY
from kb.formats.json_lines import JSON_LINES, is_json_lines, read_json_lines
from kb.formats.oversized_records import within_parts
from kb.formats.readers.address_list import is_address_list, read_address_list
from kb.formats.readers.bibtex_entries import is_bibtex, read_bibtex
from kb.formats.readers.csl_json import is_csl_json, read_csl_json
from kb.formats.readers.diigo.diigo_csv import is_diigo_csv, read_diigo_csv
from kb.formats.readers.diigo.diigo_html import is_diigo_html, read_diigo_html
from kb.formats.readers.diigo.diigo_json import is_diigo_json, read_diigo_json
from kb.formats.readers.diigo.diigo_rss import is_diigo_rss, read_diigo_rss
from kb.formats.readers.diigo_text_copy import is_saved_page, read_saved_page
from kb.formats.readers.feed_entries import is_feed, read_feed
from kb.formats.readers.hypothesis import is_hypothesis, read_hypothesis
from kb.formats.readers.json_records import is_json_document
from kb.formats.readers.netscape import is_netscape, read_netscape
from kb.formats.readers.opml_outlines import is_opml, read_opml
from kb.formats.readers.pinboard import is_pinboard, read_pinboard
from kb.formats.readers.ris_records import is_ris, read_ris
from kb.formats.readers.tables import is_raindrop, is_readwise, is_table, read_table
from kb.formats.readers.wallabag import is_wallabag, read_wallabag
from kb.formats.readers.web_annotations import is_web_annotations, read_web_annotations
from kb.formats.readers.zotero_rdf import is_zotero_rdf, read_zotero_rdf
from kb.formats.unsupported_files import (
    NOTHING_IN_ARCHIVE,
    is_json_list,
    is_zip_of_files,
    refusal_of_browser_backup,
    refusal_of_container,
    refusal_of_first_bytes,
    refusal_of_markup,
    refusal_of_text,
)
from kb.formats.utf16_text import chunks_in_utf8
from kb.formats.zip_members import zip_members
from kb.model.items.import_draft import ItemDraft, Remark, draft_remark, remark
from kb.model.web_pages.canonical_address import is_script_address

AUTO = "auto"


@dataclass(frozen=True, slots=True)
class ImportFormat:
    """One format of files that are imported.

    `label` names it in the help of the command and, translated, on pages. `file_types` are the suffixes and media types
    of its files. `recognizes` answers by the first bytes of a file. `read` reads chunks in bounded memory and in time
    proportional to their length. `lacks` is the sentence of the report on what no file of the format carries.
    `keeps_any_address`: a record may have an address that leads to no page (a bookmarklet), which is skipped in other
    formats. `has_columns`: its columns can be chosen, and `read` takes them as `chosen`. `waits_in_scratch`: records
    wait for the end of the file, and `read` takes the database in which they wait as `scratch`.
    """

    label: str
    file_types: tuple[str, ...]
    recognizes: Callable[[bytes], bool]
    read: Callable[..., Iterator[ItemDraft | Remark]]
    lacks: str = ""
    keeps_any_address: bool = False
    has_columns: bool = False
    waits_in_scratch: bool = False

    def entries(self, chunks: Iterable[bytes]) -> Iterator[ItemDraft | Remark]:
        """What `read` gives, then a remark on what the format lacks, if the file holds anything."""
        has_drafts = False
        for entry in self.read(chunks):
            has_drafts = has_drafts or isinstance(entry, ItemDraft)
            if isinstance(entry, ItemDraft) and not self.keeps_any_address and is_script_address(entry.url or ""):
                yield draft_remark(entry, "This bookmark does not lead to a page.", skipped=True)
            else:
                yield entry
        if has_drafts and self.lacks:
            yield Remark(self.lacks, message=self.lacks, of_format=True)


IMPORT_FORMATS: Mapping[str, ImportFormat] = {
    "netscape": ImportFormat(
        translatable("Bookmarks of a browser (HTML)"), (".html", ".htm", "text/html"), is_netscape, read_netscape
    ),
    "diigo-csv": ImportFormat(
        translatable("Export of Diigo (CSV)"),
        (".csv", "text/csv"),
        is_diigo_csv,
        read_diigo_csv,
        lacks=translatable(
            "The CSV of Diigo does not say who shared or wrote what, which group it is from, what is private, the time"
            " zone of its dates, when passages and comments were added, and the colours of passages."
        ),
    ),
    "diigo-json": ImportFormat(
        translatable("Answers of the API of Diigo (JSON)"),
        (".json", "application/json"),
        is_diigo_json,
        read_diigo_json,
        lacks=translatable(
            "The answers of Diigo’s API do not say which group they are from, the names of people beside their logins,"
            " the numbers of views, and the colours of passages."
        ),
    ),
    "diigo-rss": ImportFormat(
        translatable("The feed of a group of Diigo (RSS)"),
        (".rss", ".xml", "application/rss+xml", "application/xml", "text/xml"),
        is_diigo_rss,
        read_diigo_rss,
        lacks=translatable(
            "The feed of a Diigo group does not have private bookmarks, the dates of changes, of passages and of"
            " comments, the numbers of views, and the colours of passages."
        ),
    ),
    "diigo-html": ImportFormat(
        translatable("A page of a group of Diigo (HTML)"),
        (".html", ".htm", "text/html"),
        is_diigo_html,
        read_diigo_html,
        lacks=translatable(
            "The page of a Diigo group does not have private bookmarks, hours, the dates of changes, of passages and of"
            " comments, the ends of long titles, and the colours of passages."
        ),
    ),
    "pinboard": ImportFormat(
        translatable("Export of Pinboard (JSON)"), (".json", "application/json"), is_pinboard, read_pinboard
    ),
    "hypothesis": ImportFormat(
        translatable("Annotations of Hypothesis (JSON)"),
        (".json", "application/json"),
        is_hypothesis,
        read_hypothesis,
        lacks=translatable(
            "Of annotations of Hypothesis, these are left out because this site has its own: their groups, who may read"
            " them, their links, and what was reported or hidden. A page has one title and one address."
        ),
    ),
    "annotations": ImportFormat(
        translatable("Annotations of the W3C (Web Annotation, JSON-LD)"),
        (".jsonld", ".json", "application/ld+json"),
        is_web_annotations,
        read_web_annotations,
        lacks=translatable(
            "Annotations of the W3C do not say which group they are from, who wrote a page, its source, its date of"
            " publication and its number of views, and the colours of passages."
        ),
    ),
    "wallabag": ImportFormat(
        translatable("Export of wallabag (JSON)"), (".json", "application/json"), is_wallabag, read_wallabag
    ),
    "feed": ImportFormat(
        translatable("Feed (RSS, Atom or JSON Feed)"),
        (".rss", ".atom", ".xml", ".json", "application/rss+xml", "application/atom+xml", "application/feed+json"),
        is_feed,
        read_feed,
    ),
    JSON_LINES: ImportFormat(
        translatable("JSON Lines, as “kb export” writes it"),
        (".jsonl", ".ndjson", ".json", "application/x-ndjson"),
        is_json_lines,
        read_json_lines,
        keeps_any_address=True,
    ),
    "saved-page": ImportFormat(
        translatable("A page of a group library of Diigo, saved as text"),
        (".txt", "text/plain"),
        is_saved_page,
        read_saved_page,
        lacks=translatable(
            "The text of a page of a Diigo group does not have addresses, dates, descriptions, tags but that of the"
            " page, the authors of comments, private bookmarks, the ends of long titles, and the colours of passages."
        ),
    ),
    "csl": ImportFormat(
        translatable("References of Zotero (CSL-JSON)"), (".json", "application/json"), is_csl_json, read_csl_json
    ),
    "ris": ImportFormat(
        translatable("References of Zotero, EndNote, Cairn or HAL (RIS)"),
        (".ris", ".txt", "application/x-research-info-systems"),
        is_ris,
        read_ris,
    ),
    "bibtex": ImportFormat(
        translatable("References in BibTeX"), (".bib", ".bibtex", "application/x-bibtex"), is_bibtex, read_bibtex
    ),
    "zotero-rdf": ImportFormat(
        translatable("Library of Zotero (RDF)"),
        (".rdf", ".xml", "application/rdf+xml"),
        is_zotero_rdf,
        read_zotero_rdf,
        waits_in_scratch=True,
    ),
    "raindrop": ImportFormat(
        translatable("Export of Raindrop (CSV)"), (".csv", "text/csv"), is_raindrop, read_table, has_columns=True
    ),
    "readwise": ImportFormat(
        translatable("Export of Readwise (CSV)"), (".csv", "text/csv"), is_readwise, read_table, has_columns=True
    ),
    "csv": ImportFormat(
        translatable("A table with a header (CSV)"), (".csv", "text/csv"), is_table, read_table, has_columns=True
    ),
    "opml": ImportFormat(
        translatable("List of feeds, or outline (OPML)"), (".opml", ".xml", "text/x-opml"), is_opml, read_opml
    ),
    "addresses": ImportFormat(
        translatable("A list of addresses, one on each line"),
        (".txt", "text/plain"),
        is_address_list,
        read_address_list,
    ),
}
"""By the name that commands and forms use. The first one that recognizes a file reads it."""
TABLE_FORMATS = frozenset(name for name, import_format in IMPORT_FORMATS.items() if import_format.has_columns)
"""The formats whose columns can be chosen."""

_CHUNK = 64 * 1024
_LONGEST_NAME = 200
_ABOUT_GROUP_ARCHIVE = (
    translatable(
        "This is the archive of a group, of which the items are read. Its vocabulary is in %(file)s: unpack the"
        " archive, then import that file on the page of the vocabulary."
    ),
    translatable(
        "The lists, the saved searches, the settings and the members of the group are not imported, nor are documents"
        " and copies of pages."
    ),
)
_RECORD = re.compile(rb"^[ \t]*\{", re.MULTILINE)


def is_import_format(form: str) -> bool:
    """Whether a file can be read as this format, which may name the columns of a table."""
    return form == AUTO or split_columns(form)[0] in IMPORT_FORMATS


def read_drafts(
    stream: BinaryIO,
    format: str = AUTO,  # noqa: A002 - the option's own name
    on_format: Callable[[str], None] | None = None,
    scratch: sqlite3.Connection | None = None,
) -> Iterator[ItemDraft | Remark]:
    """The items of a file in order, and remarks where they arise. The file is never held in memory whole.

    `format` is one of IMPORT_FORMATS, perhaps with columns (`format_with_columns`), or `auto` to detect it by the
    first bytes. The files in a ZIP archive are read one after the other, if the stream can seek. `on_format` is
    called with the name of each format that is read. `scratch` is for formats whose records wait for the end of the
    file: without it, they wait in memory. Raises Invalid, at the first step, for an unknown format, for another
    archive, and for a file that no format recognizes.
    """
    if not is_import_format(format):
        raise Invalid(
            "“%(format)s” is no known format: choose auto or one of %(formats)s.", format=format, formats=_format_list()
        )
    head = _first_bytes(stream.read)
    if is_zip_of_files(head) and _can_seek(stream):
        yield from within_parts(_read_zip(stream, format, on_format, scratch))
    else:
        head, chunks = chunks_in_utf8(head, iter(lambda: stream.read(_CHUNK), b""))
        yield from within_parts(_reader(head, format, on_format, scratch).entries(chain([head], chunks)))


def _reader(
    head: bytes,
    format: str,  # noqa: A002
    on_format: Callable[[str], None] | None,
    scratch: sqlite3.Connection | None,
) -> ImportFormat:
    """The format that reads a file of these first bytes. Raises Invalid, with what the file seems to be."""
    if (refusal := refusal_of_container(head)) is not None:
        raise Invalid(refusal)
    name, columns = split_columns(_detected_format(head) if format == AUTO else format)
    reader = IMPORT_FORMATS[name]
    if columns:
        reader = replace(reader, read=partial(reader.read, chosen=columns))
    if reader.waits_in_scratch:
        reader = replace(reader, read=partial(reader.read, scratch=scratch))
    if (refusal := refusal_of_markup(head)) is not None and not reader.recognizes(head):
        raise Invalid(refusal)
    if on_format is not None:
        on_format(name)
    return reader


def _read_zip(
    stream: BinaryIO,
    format: str,  # noqa: A002
    on_format: Callable[[str], None] | None,
    scratch: sqlite3.Connection | None,
) -> Iterator[ItemDraft | Remark]:
    """The items of the files in an archive. Files in no format are reported; Invalid if there are no others.

    Of the archive of a group, two remarks say what its other files are.
    """
    read, skipped = False, list[Remark]()
    beside_items = _beside_items({name for name, _ in zip_members(stream)})
    for name, member in zip_members(stream):
        if name in beside_items:
            continue
        head, chunks = chunks_in_utf8(next(member, b""), member)
        try:
            reader = _reader(head, format, on_format, scratch)
        except Invalid:
            skipped.append(remark("In this archive, %(name)s is in no format that we read.", name=_printable(name)))
            continue
        if beside_items and not read:
            yield from (remark(message, file=VOCABULARY) for message in _ABOUT_GROUP_ARCHIVE)
        read = True
        yield from reader.entries(chain([head], chunks))
    if not read:
        raise Invalid(NOTHING_IN_ARCHIVE)
    yield from skipped


def _beside_items(names: set[str]) -> set[str]:
    """Of the names in a ZIP, those beside the items in the archive of a group, which has all its files; else none."""
    others = {LISTS, SAVED_SEARCHES, VOCABULARY, GROUP, FILES}
    if not others | {ITEMS} <= names:
        return set()
    others.update(README_NAMES.values())
    return {name for name in names if name in others or name.startswith(FOLDERS)}


def _format_list() -> str:
    return ", ".join(IMPORT_FORMATS)


def _can_seek(stream: BinaryIO) -> bool:
    """Whether a stream is a file, and no pipe."""
    seekable = getattr(stream, "seekable", None)
    return seekable is not None and seekable()


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "\ufffd" for character in name[:_LONGEST_NAME])


def _first_bytes(read: Callable[[int], bytes]) -> bytes:
    """The first bytes, up to one chunk, even from a pipe that gives them in pieces."""
    parts, size = list[bytes](), 0
    while size < _CHUNK and (part := read(_CHUNK - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _detected_format(head: bytes) -> str:
    """The first format that recognizes a file. Raises Invalid, with what the file seems to be."""
    if (refusal := refusal_of_browser_backup(head)) is not None:
        raise Invalid(refusal)
    for name, import_format in IMPORT_FORMATS.items():
        if import_format.recognizes(head):
            return name
    if (refusal := refusal_of_first_bytes(head)) is not None:
        raise Invalid(refusal)
    if _RECORD.search(head) and not is_json_list(head) and not is_json_document(head):
        # Other text stands before the first record.
        return JSON_LINES
    raise Invalid(refusal_of_text(head))
