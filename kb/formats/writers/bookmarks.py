r"""Items as bookmarks: the Netscape bookmark file that browsers read, and the CSV file of Diigo.

Netscape bookmark file: Microsoft, *Netscape Bookmark File Format* (2006); `PRIVATE` and `TAGS` are those of Delicious
and Pinboard. An item without an address, or with a script as its address, leads to our page about it. In both files a
comma in a tag becomes a space.

Diigo's CSV has one text for all annotations of an item. Each begins a line with `Highlight:` or `Sticky notes:`, a line
break inside of it is `\n`, and what a reader would take for an escape or for HTML is written as an HTML entity. So the
texts come back as they were: their authors, dates and colours do not, nor does who answered what.
"""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from html import escape
from io import StringIO

from kb.formats.writers.export_details import ExportDetails, Rows
from kb.model.dates import stored_instant
from kb.model.items.annotation import AnnotationKind
from kb.model.items.item import Item
from kb.model.people.group import Visibility
from kb.model.storable_text import one_line
from kb.model.web_pages.canonical_address import is_script_address

_NETSCAPE_HEAD = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>{title}</TITLE>
<H1>{title}</H1>
<DL><p>
"""
_DIIGO_HEADER = ("title", "url", "tags", "description", "comments", "annotations", "created_at")
_NO_TAG = "no_tag"
# Characters that a program would read as a reference, a tag, or an escaped line break.
_AMBIGUOUS = re.compile(r"&(?=#|\w)|<(?=[A-Za-z/!?])|\\(?=n)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", "\\": "&#92;"}


def write_netscape(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """One bookmark for each item, in one list."""
    yield _NETSCAPE_HEAD.format(title=escape(one_line(details.title))).encode()
    for item, group in rows:
        private = "0" if group.visible is Visibility.EVERYONE else "1"
        attributes = [
            ("HREF", item.url if item.url and not is_script_address(item.url) else details.permalink(item)),
            ("ADD_DATE", _seconds(stored_instant(item.added))),
            ("LAST_MODIFIED", _seconds(stored_instant(item.updated))),
            ("PRIVATE", private),
            ("TAGS", ",".join(map(_comma_free, item.tags))),
        ]
        written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes if value)
        title = one_line(item.title or "") or item.url or ""
        description = f"<DD>{escape(item.description)}\n" if item.description else ""
        yield f"<DT><A {written}>{escape(title)}</A>\n{description}".encode()
    yield b"</DL><p>\n"


def write_diigo_csv(rows: Rows, _details: ExportDetails) -> Iterator[bytes]:
    """A header, and one row for each item."""
    yield _csv_line(_DIIGO_HEADER)
    for item, _ in rows:
        added = stored_instant(item.added)
        yield _csv_line(
            (
                item.title or "",
                item.url or "",
                ",".join(map(_comma_free, item.tags)) or _NO_TAG,
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


def _comma_free(tag: str) -> str:
    return one_line(tag.replace(",", " "))


def _seconds(instant: datetime | None) -> str:
    """Seconds since 1970, in the form of these files."""
    return str(int(instant.timestamp())) if instant else ""


def _csv_line(cells: tuple[str, ...]) -> bytes:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().encode()
