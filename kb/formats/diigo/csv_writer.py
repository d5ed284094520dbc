r"""Items as the CSV file of Diigo.

It has one text for all annotations of an item. Each begins a line with `Highlight:` or `Sticky notes:`, a line break
inside of it is `\n`, and what a reader would take for an escape or for HTML is written as an HTML entity. So the texts
come back as they were: their authors, dates and colours do not, nor does who answered what. A comma in a tag becomes a
space.
"""

import re
from collections.abc import Iterator

from kb.errors import translatable
from kb.formats.shared.csv_rows import csv_line
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows
from kb.model.dates import stored_instant
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item import Item
from kb.model.storable_text import one_line

_DIIGO_HEADER = ("title", "url", "tags", "description", "comments", "annotations", "created_at")
_NO_TAG = "no_tag"
# Characters that a program would read as a reference, a tag, or an escaped line break.
_AMBIGUOUS = re.compile(r"&(?=#|\w)|<(?=[A-Za-z/!?])|\\(?=n)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", "\\": "&#92;"}


def write_diigo_csv(rows: Rows, _details: ExportDetails) -> Iterator[bytes]:
    """A header, and one row for each item."""
    yield csv_line(_DIIGO_HEADER)
    for item, _ in rows:
        added = stored_instant(item.added)
        yield csv_line(
            (
                item.title or "",
                item.url or "",
                ",".join(one_line(tag.replace(",", " ")) for tag in item.tags) or _NO_TAG,
                _escape_ambiguous(item.description or ""),
                "\n".join(_comments(item)),
                "\n".join(_annotations(item)),
                added.strftime("%Y-%m-%d %H:%M:%S") if added else "",
            )
        )


def _comments(item: Item) -> Iterator[str]:
    for annotation in item.annotations:
        if annotation.kind is AnnotationKind.COMMENT:
            for text in (annotation.body, *(reply.body for reply in annotation.replies)):
                if text:
                    yield _single_line(text)


def _annotations(item: Item) -> Iterator[str]:
    for annotation in item.annotations:
        if annotation.kind is not AnnotationKind.COMMENT:
            if annotation.quote:
                yield f"Highlight: {_single_line(annotation.quote)}"
            for text in (annotation.body, *(reply.body for reply in annotation.replies)):
                if text:
                    yield f"Sticky notes: {_single_line(text)}"


def _single_line(text: str) -> str:
    """The text on one line: a backslash and an `n` stand for a line break."""
    return "\\n".join(_escape_ambiguous(text).replace("\r\n", "\n").replace("\r", "\n").split("\n"))


def _escape_ambiguous(text: str) -> str:
    return _AMBIGUOUS.sub(lambda match: _ENTITIES[match[0]], text)


DIIGO_CSV_EXPORT = ExportFormat(
    "diigo-csv",
    translatable("Diigo (CSV)"),
    translatable(
        "For programs that read exports of Diigo: also passages and comments, without their authors. Not for a "
        "spreadsheet, which may compute a text that begins with =, +, - or @: the files for spreadsheets are safe."
    ),
    ".csv",
    "text/csv; charset=utf-8; header=present",
    write_diigo_csv,
)
