"""Items as a Netscape bookmark file, which browsers read.

Source: Microsoft, *Netscape Bookmark File Format* (2006); `PRIVATE` and `TAGS` are those of Delicious and Pinboard. An
item without an address, or with a script as its address, leads to our page about it. A comma in a tag becomes a space.
"""

from collections.abc import Iterator
from datetime import datetime
from html import escape

from kb.errors import translatable
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows
from kb.model.dates import stored_instant
from kb.model.people.group import Visibility
from kb.model.storable_text import one_line
from kb.model.web_pages.canonical_address import is_script_address

_NETSCAPE_HEAD = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8">
<TITLE>{title}</TITLE>
<H1>{title}</H1>
<DL><p>
"""


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
            ("TAGS", ",".join(one_line(tag.replace(",", " ")) for tag in item.tags)),
        ]
        written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes if value)
        title = one_line(item.title or "") or item.url or ""
        description = f"<DD>{escape(item.description)}\n" if item.description else ""
        yield f"<DT><A {written}>{escape(title)}</A>\n{description}".encode()
    yield b"</DL><p>\n"


def _seconds(instant: datetime | None) -> str:
    """Seconds since 1970, in the form of these files."""
    return str(int(instant.timestamp())) if instant else ""


NETSCAPE_EXPORT = ExportFormat(
    "netscape",
    translatable("Bookmarks of a browser"),
    translatable("For Firefox, Chrome, linkding and Pinboard: titles, addresses, tags, dates and descriptions."),
    ".html",
    "text/html; charset=utf-8",
    write_netscape,
)
