"""The registry of import formats, and the detection of a file's format."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import BinaryIO

from kb.errors import Invalid, translatable
from kb.formats.address_list.reader import ADDRESS_LIST_IMPORT
from kb.formats.bibtex.reader import BIBTEX_IMPORT
from kb.formats.csl.reader import CSL_IMPORT
from kb.formats.csv_table.column_mapping import split_columns
from kb.formats.csv_table.reader import CSV_IMPORT, RAINDROP_IMPORT, READWISE_IMPORT
from kb.formats.diigo.csv_reader import DIIGO_CSV_IMPORT
from kb.formats.diigo.html_reader import DIIGO_HTML_IMPORT
from kb.formats.diigo.json_reader import DIIGO_JSON_IMPORT
from kb.formats.diigo.rss_reader import DIIGO_RSS_IMPORT
from kb.formats.diigo.text_copy_reader import DIIGO_TEXT_COPY_IMPORT
from kb.formats.feed.reader import FEED_IMPORT
from kb.formats.group_archive_files import FILES, FOLDERS, GROUP, ITEMS, LISTS, README_NAMES, SAVED_SEARCHES, VOCABULARY
from kb.formats.hypothesis.reader import HYPOTHESIS_IMPORT
from kb.formats.json_lines import JSON_LINES
from kb.formats.json_lines.reader import JSON_LINES_IMPORT
from kb.formats.netscape.reader import NETSCAPE_IMPORT
from kb.formats.opml.reader import OPML_IMPORT
from kb.formats.pinboard.reader import PINBOARD_IMPORT
from kb.formats.ris.reader import RIS_IMPORT
from kb.formats.shared.decoded_text import chunks_in_utf8
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.json_records import is_json_document
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
from kb.formats.wallabag.reader import WALLABAG_IMPORT
from kb.formats.web_annotations.reader import WEB_ANNOTATIONS_IMPORT
from kb.formats.zip_members import zip_members
from kb.formats.zotero_rdf.reader import ZOTERO_RDF_IMPORT
from kb.model.items.import_draft import ItemDraft, RecordWarning, draft_warning, warning_of
from kb.model.items.item_budget import MOST_ITEM_PARTS, first_item_parts, left_out_message

AUTO = "auto"

IMPORT_FORMATS: Mapping[str, ImportFormat] = {
    import_format.name: import_format
    for import_format in (
        NETSCAPE_IMPORT,
        DIIGO_CSV_IMPORT,
        DIIGO_JSON_IMPORT,
        DIIGO_RSS_IMPORT,
        DIIGO_HTML_IMPORT,
        PINBOARD_IMPORT,
        HYPOTHESIS_IMPORT,
        WEB_ANNOTATIONS_IMPORT,
        WALLABAG_IMPORT,
        FEED_IMPORT,
        JSON_LINES_IMPORT,
        DIIGO_TEXT_COPY_IMPORT,
        CSL_IMPORT,
        RIS_IMPORT,
        BIBTEX_IMPORT,
        ZOTERO_RDF_IMPORT,
        RAINDROP_IMPORT,
        READWISE_IMPORT,
        CSV_IMPORT,
        OPML_IMPORT,
        ADDRESS_LIST_IMPORT,
    )
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
) -> Iterator[ItemDraft | RecordWarning]:
    """The items of a file in order, and warnings where they arise. The file is never held in memory whole.

    `format` is one of IMPORT_FORMATS, perhaps with columns (`format_with_columns`), or `auto` to detect it by the
    first bytes. The files in a ZIP archive are read one after the other, if the stream can seek. `on_format` is
    called with the name of each format that is read. `scratch` is for formats whose records wait for the end of the
    file: without it, they wait in memory. Raises Invalid, at the first step, for an unknown format, for another
    archive, and for a file that no format recognizes.
    """
    if not is_import_format(format):
        raise Invalid(
            "“%(format)s” is no known format: choose auto or one of %(formats)s.",
            format=format,
            formats=", ".join(IMPORT_FORMATS),
        )
    yield from _within_item_budget(_Reading(format, on_format, scratch).entries(stream))


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the files of one stream are read: see `read_drafts`."""

    format: str
    on_format: Callable[[str], None] | None
    scratch: sqlite3.Connection | None

    def entries(self, stream: BinaryIO) -> Iterator[ItemDraft | RecordWarning]:
        head = _first_bytes(stream.read)
        # A pipe cannot seek.
        can_seek = getattr(stream, "seekable", None)
        if is_zip_of_files(head) and can_seek is not None and can_seek():
            yield from self._zip_entries(stream)
        else:
            head, chunks = chunks_in_utf8(head, iter(lambda: stream.read(_CHUNK), b""))
            yield from self._reader(head).entries(chain([head], chunks))

    def _reader(self, head: bytes) -> ImportFormat:
        """The format that reads a file of these first bytes. Raises Invalid, with what the file seems to be."""
        if (refusal := refusal_of_container(head)) is not None:
            raise Invalid(refusal)
        name, columns = split_columns(_detected_format(head) if self.format == AUTO else self.format)
        reader = IMPORT_FORMATS[name]
        if columns:
            reader = replace(reader, read=partial(reader.read, chosen=columns))
        if reader.waits_in_scratch:
            reader = replace(reader, read=partial(reader.read, scratch=self.scratch))
        if (refusal := refusal_of_markup(head)) is not None and not reader.recognizes(head):
            raise Invalid(refusal)
        if self.on_format is not None:
            self.on_format(name)
        return reader

    def _zip_entries(self, stream: BinaryIO) -> Iterator[ItemDraft | RecordWarning]:
        """The items of the files in an archive. Files in no format are reported; Invalid if there are no others.

        Of the archive of a group, two warnings say what its other files are.
        """
        read, skipped = False, list[RecordWarning]()
        beside_items = _beside_items({name for name, _ in zip_members(stream)})
        for name, member in zip_members(stream):
            if name in beside_items:
                continue
            head, chunks = chunks_in_utf8(next(member, b""), member)
            try:
                reader = self._reader(head)
            except Invalid:
                skipped.append(
                    warning_of("In this archive, %(name)s is in no format that we read.", name=_printable(name))
                )
                continue
            if beside_items and not read:
                yield from (warning_of(message, file=VOCABULARY) for message in _ABOUT_GROUP_ARCHIVE)
            read = True
            yield from reader.entries(chain([head], chunks))
        if not read:
            raise Invalid(NOTHING_IN_ARCHIVE)
        yield from skipped


def _within_item_budget(entries: Iterable[ItemDraft | RecordWarning]) -> Iterator[ItemDraft | RecordWarning]:
    """The entries of a file; of a record with too many annotations and replies the first, before a warning."""
    for entry in entries:
        size = sum(1 + len(part.replies) for part in entry.annotations) if isinstance(entry, ItemDraft) else 0
        if isinstance(entry, ItemDraft) and size > MOST_ITEM_PARTS:
            left_out = size - MOST_ITEM_PARTS
            yield first_item_parts(entry, MOST_ITEM_PARTS)
            yield draft_warning(entry, left_out_message(left_out), count=left_out, limit=MOST_ITEM_PARTS)
        else:
            yield entry


def _beside_items(names: set[str]) -> set[str]:
    """Of the names in a ZIP, those beside the items in the archive of a group, which has all its files; else none."""
    others = {LISTS, SAVED_SEARCHES, VOCABULARY, GROUP, FILES}
    if not others | {ITEMS} <= names:
        return set()
    others.update(README_NAMES.values())
    return {name for name in names if name in others or name.startswith(FOLDERS)}


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
