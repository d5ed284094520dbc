"""CSV files with a row for each item: exports of Raindrop and Readwise, and tables of one's own.

Columns are recognised by common names, in French and English. In a file with a column for a highlight (Readwise), each
row is a record of its page with one passage: the import joins the records of a page. A cell of Raindrop has all the
passages of a page, in blocks that begin with `Highlight:`; a note on a passage begins with `Note:`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, assert_never

from kb.errors import translatable
from kb.formats.csv_table.column_mapping import COLUMNS_LEFT_OUT, FIELD_COLUMNS
from kb.formats.shared.csv_rows import column_name, csv_columns, csv_rows, has_header
from kb.formats.shared.field_values import (
    document_type_value,
    instant_value,
    language_value,
    published_value,
    tag_values,
)
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.record_warnings import draft_with_warnings
from kb.model.bibliographic_record import RECORD_FIELDS, RecordField, RecordFieldKind
from kb.model.items.annotation import AnnotationKind
from kb.model.items.import_draft import AnnotationDraft, ItemDraft, RecordWarning, warning_of
from kb.model.storable_text import one_line

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    **FIELD_COLUMNS,
    "document tags": ("document tags",),
    "highlights": ("highlights", "surlignages"),
    "color": ("color", "colour", "couleur"),
}
_BLOCK = re.compile(r"^(Highlight|Note):[ \t]?", re.IGNORECASE | re.MULTILINE)
_NO_FOLDER = frozenset({"", "unsorted", "non trié", "non classé"})


def is_table(head: bytes) -> bool:
    """Whether a file that begins with these bytes has two known columns or more, one of them an address or a title."""
    known = _columns_of_fields(csv_columns(head))
    return len(known) > 1 and not known.keys().isdisjoint({"url", "title"})


def read_table(
    chunks: Iterable[bytes], chosen: Mapping[str, str] = MappingProxyType({})
) -> Iterator[ItemDraft | RecordWarning]:
    """The items in order; one is in memory at a time. `chosen` are the columns of fields that have other names than the
    common ones. A warning names the columns that are left out.
    """
    columns: dict[str, str] | None = None
    for entry in csv_rows(chunks):
        if isinstance(entry, RecordWarning):
            yield entry
            continue
        line, cells = entry
        if columns is None:
            columns = _columns_of_fields(cells, chosen)
            for missing in (name for field, name in chosen.items() if field not in columns):
                yield warning_of("This table has no column “%(name)s”.", name=missing)
            if unknown := [name for name in cells if name and name not in columns.values()]:
                yield warning_of(COLUMNS_LEFT_OUT, columns=", ".join(unknown)[:200])
        values = {field: cells.get(name, "").strip() for field, name in columns.items()}
        if not (values.get("url") or values.get("title")):
            yield warning_of("This record has neither a title nor an address.", line, skipped=True)
            continue
        draft = _draft(values, line)
        yield from draft_with_warnings(
            draft, (values.get("added"), draft.added), (values.get("published"), draft.published)
        )


def _columns_of_fields(columns: Iterable[str], chosen: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """The first column of each field that is there, or the chosen one; a chosen column has no other field."""
    present = set(columns)
    named = {field: column_name(name) for field, name in chosen.items()}
    free = present.difference(named.values())
    names_by_field = {field: [name for name in names if name in free] for field, names in _COLUMNS.items()}
    names_by_field |= {field: [name] if name in present else [] for field, name in named.items()}
    return {field: names[0] for field, names in names_by_field.items() if names}


def _draft(values: Mapping[str, str], line: int) -> ItemDraft:
    added = instant_value(values.get("added"))
    tags = [tag for cell in (values.get("tags", ""), values.get("document tags", "")) for tag in _tags(cell)]
    folders = (part for part in values.get("folder", "").split("/") if part.strip().casefold() not in _NO_FOLDER)
    # A file may have many empty lines.
    cells = ((record, values.get(record.name)) for record in RECORD_FIELDS)
    record_values: dict[str, Any] = {record.name: _record_value(record, cell) for record, cell in cells if cell}
    return ItemDraft(
        **record_values,
        tags=tag_values(*tags, *folders),
        added=added,
        annotations=tuple(_annotations(values, added)),
        line=line,
    )


def _record_value(record: RecordField, cell: str) -> str | None:
    match record.kind:
        case RecordFieldKind.ADDRESS:
            return (f"https://{cell}" if cell.lower().startswith("www.") else cell) or None
        case RecordFieldKind.LINE:
            return one_line(cell) or None
        case RecordFieldKind.TEXT:
            return cell or None
        case RecordFieldKind.DATE:
            return published_value(cell)
        case RecordFieldKind.LANGUAGE:
            return language_value(cell)
        case RecordFieldKind.TYPE:
            return document_type_value(cell)
        case _:
            assert_never(record.kind)


def _tags(cell: str) -> list[str]:
    return cell.split(";" if ";" in cell else ",")


def _annotations(values: Mapping[str, str], added: str | None) -> Iterator[AnnotationDraft]:
    """A note beside one passage is about it, a note beside several is about the page."""
    quote, note = values.get("highlight") or None, values.get("note") or None
    if quote is not None:
        kind = AnnotationKind.of(quote, note)
        yield AnnotationDraft(kind, added=added, quote=quote, body=note, color=values.get("color") or None)
        return
    yield from _highlights(values.get("highlights", ""))
    if note is not None:
        yield AnnotationDraft(AnnotationKind.COMMENT, body=note)


def _highlights(cell: str) -> Iterator[AnnotationDraft]:
    """The passages of a cell with all of them, each with its note. A cell without `Highlight:` is one passage."""
    quote, note = "", ""
    first, *pieces = _BLOCK.split(cell)
    for name, text in (("highlight", first), *zip(pieces[::2], pieces[1::2], strict=True), ("highlight", "")):
        if name.lower() == "note":
            note = "\n".join(filter(None, (note, text.strip())))
            continue
        if quote or note:
            kind = AnnotationKind.of(quote, note)
            yield AnnotationDraft(kind, quote=quote or None, body=note or None)
        quote, note = text.strip(), ""


RAINDROP_IMPORT = ImportFormat(
    "raindrop",
    translatable("Export of Raindrop (CSV)"),
    (".csv", "text/csv"),
    has_header("title", "url", "folder", "excerpt"),
    read_table,
    has_columns=True,
)


READWISE_IMPORT = ImportFormat(
    "readwise",
    translatable("Export of Readwise (CSV)"),
    (".csv", "text/csv"),
    has_header("highlight", "book title"),
    read_table,
    has_columns=True,
)


CSV_IMPORT = ImportFormat(
    "csv", translatable("A table with a header (CSV)"), (".csv", "text/csv"), is_table, read_table, has_columns=True
)
