"""Items as a table, for LibreOffice Calc and Excel: CSV (RFC 4180) in UTF-8 with a byte order mark, one row an item.
Excel reads the file as UTF-8 because of the mark. It splits columns at the list separator of the system: a comma in
English, a semicolon in French. A cell that begins like a formula gets an apostrophe before it, so that no program
computes what a stranger typed (OWASP, "CSV Injection").
"""

from collections.abc import Iterable, Iterator
from functools import partial

from kb.errors import translatable
from kb.formats.shared.csv_rows import csv_line
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows
from kb.model.bibliographic_record import RECORD_FIELDS, record_values
from kb.model.items.item import Item
from kb.model.people.group import Group
from kb.model.truncation import truncate_within

LONGEST_CELL = 32_000
"""Characters of a cell: Excel reads 32,767."""
# The first columns in their order, which never changes; fields that the record has gained since follow them.
_COLUMNS = dict.fromkeys(
    "title url byline source published language tags description notes author added group views permalink".split(), ""
)
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def _write_spreadsheet(rows: Rows, details: ExportDetails, delimiter: str) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _line(_headings(details), delimiter)
    for item, group in rows:
        yield _line(_cells(item, group, details), delimiter)


write_spreadsheet = partial(_write_spreadsheet, delimiter=",")
write_semicolon_spreadsheet = partial(_write_spreadsheet, delimiter=";")


def write_table(rows: Iterable[tuple[str, ...]], delimiter: str) -> Iterator[bytes]:
    """A table of other data, in the same form: a heading row first, cells as texts."""
    yield b"\xef\xbb\xbf"
    for row in rows:
        yield _line(row, delimiter)


def _headings(details: ExportDetails) -> tuple[str, ...]:
    gettext = details.translator.gettext
    return _in_order(
        {record.name: gettext(record.label) for record in RECORD_FIELDS}
        | {
            "tags": gettext("Tags"),
            "notes": gettext("Passages and comments"),
            "author": gettext("Shared by"),
            "added": gettext("Added"),
            "group": gettext("Group"),
            "views": gettext("Views"),
            "permalink": gettext("Permanent link"),
        }
    )


def _cells(item: Item, group: Group, details: ExportDetails) -> tuple[str, ...]:
    citation = details.citation(item)
    return _in_order(
        {name: value or "" for name, value in record_values(item).items()}
        | {
            "tags": ", ".join(item.tags),
            "notes": "\n".join(citation.notes),
            "author": item.author.name if item.author else "",
            "added": item.added or "",
            "group": group.name,
            "views": str(item.views),
            "permalink": citation.permalink,
        }
    )


def _in_order(columns: dict[str, str]) -> tuple[str, ...]:
    return tuple((_COLUMNS | columns).values())


def _line(cells: tuple[str, ...], delimiter: str) -> bytes:
    return csv_line(map(_safe_cell, cells), delimiter)


def _safe_cell(text: str) -> str:
    """The text, truncated, and with an apostrophe before it if a spreadsheet could take it for a formula."""
    cut = truncate_within(text, LONGEST_CELL + 1)
    return f"'{cut}" if cut.startswith(_FORMULA_STARTS) else cut


CSV_EXPORT = ExportFormat(
    "csv",
    translatable("Spreadsheet (CSV with commas)"),
    translatable("For LibreOffice, or Excel in English: one row for each item, its passages in one cell."),
    ".csv",
    "text/csv; charset=utf-8; header=present",
    write_spreadsheet,
)


SEMICOLON_CSV_EXPORT = ExportFormat(
    "csv-semicolon",
    translatable("Spreadsheet (CSV with semicolons)"),
    translatable("For Excel in French: one row for each item, its passages in one cell."),
    ".csv",
    "text/csv; charset=utf-8; header=present",
    write_semicolon_spreadsheet,
)
