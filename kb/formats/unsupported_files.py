"""Say what a file that cannot be imported seems to be, and what to do with it, in the words of its user."""

import re

from kb.errors import translatable

# The office formats are ZIP archives that name their content in their first entries.
_OFFICE = (b"[Content_Types].xml", b"_rels/.rels", b"mimetypeapplication/vnd.oasis", b"word/", b"xl/", b"ppt/")
# zip, gzip, bzip2, xz, 7z, rar and zstd, by their first bytes.
_ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"Rar!",
    b"\x28\xb5\x2f\xfd",
)
_SIXTEEN_BITS = (b"\xff\xfe", b"\xfe\xff")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
_BROWSER_KEYS = (b'"checksum"', b'"text/x-moz-place')
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[A-Za-z!?]")
_BOOKMARKS = re.compile(rb"(?:\xef\xbb\xbf)?\s*<!DOCTYPE NETSCAPE-Bookmark-file", re.IGNORECASE)
_FEED = re.compile(rb"<(?:rss|feed|opml|rdf:RDF)\b", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype html|html|head|body|p|div|meta|title)\b", re.IGNORECASE)
_JSON_LIST = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[")
_RIS = re.compile(rb"(?:\xef\xbb\xbf)?\s*TY  - ")
_BIBTEX = re.compile(rb"(?:\xef\xbb\xbf)?\s*@[A-Za-z]{1,20}\s?[{(]")
_TABLE_ROW = re.compile(rb"[^\r\n;,\t]*[;,\t][^\r\n]*\r?\n")
_LONGEST_ROW = 1000
_READ_AS_MARKUP = 4096
"""Bytes of a document of HTML or XML in which its first element is looked for."""


def is_zip_of_files(head: bytes) -> bool:
    """Whether a file is a ZIP archive, and no document of an office suite."""
    return head.startswith(b"PK\x03\x04") and not any(name in head[:400] for name in _OFFICE)


def refusal_of_container(head: bytes) -> str | None:
    """The sentence on a file that no format reads, whatever was declared: an archive, or UTF-16."""
    if head.startswith(_ARCHIVES):
        if head.startswith(b"PK") and any(name in head[:400] for name in _OFFICE):
            return translatable(
                "This looks like a document or a table of an office suite (Word, Excel, LibreOffice), which cannot be"
                " imported."
            )
        return translatable("This is an archive (ZIP or the like): unpack it, then import the file inside.")
    if head.startswith(_SIXTEEN_BITS):
        return translatable("This is a text in the encoding UTF-16: save it again as UTF-8, then import it.")
    return None


def refusal_of_browser_backup(head: bytes) -> str | None:
    """The sentence on the files in which browsers keep bookmarks themselves."""
    if head.startswith(b"SQLite format 3") or (head.startswith(b"{") and any(name in head for name in _BROWSER_KEYS)):
        return translatable(
            "This looks like a backup of a browser: export the bookmarks as HTML in the browser, then import that file."
        )
    return None


def refusal_of_markup(head: bytes) -> str | None:
    """The sentence on HTML or XML that no format recognised, or that is not in the declared format."""
    if _BOOKMARKS.match(head):
        return translatable("This looks like the bookmarks of a browser: choose that format.")
    if not _MARKUP.match(head):
        return None
    start = head[:_READ_AS_MARKUP]
    if _FEED.search(start) and not _HTML.match(start.lstrip(b"\xef\xbb\xbf").lstrip()):
        return translatable("This looks like a feed or a list of feeds (XML), which cannot be imported.")
    if _HTML.search(start):
        return translatable(
            "This looks like a web page (HTML), but neither like the bookmarks of a browser nor like a page of a Diigo"
            " group."
        )
    return translatable("This looks like a file of XML, which cannot be imported.")


def is_json_list(head: bytes) -> bool:
    """Whether a file begins as a JSON list."""
    return _JSON_LIST.match(head) is not None


def refusal_of_text(head: bytes) -> str:
    """The sentence on a file that no format recognised."""
    if (refusal := refusal_of_markup(head)) is not None:
        return refusal
    if is_json_list(head):
        return translatable("This is a JSON list: JSON Lines has one item on each line.")
    if head.startswith(b"%PDF"):
        return translatable("This is a PDF file, which cannot be imported: save the page where it was published.")
    if head.startswith(_PICTURES):
        return translatable("This is a picture, which cannot be imported.")
    if _RIS.match(head) or _BIBTEX.match(head):
        return translatable("This looks like a bibliography (RIS or BibTeX), which cannot be imported yet.")
    if b"\0" not in head[:_LONGEST_ROW] and _TABLE_ROW.match(head[:_LONGEST_ROW]):
        return translatable("This looks like a table (CSV), but no column is called “title” or “address”.")
    return translatable(
        "We do not recognise this file. We read the bookmarks of a browser (HTML), exports of Diigo, Pinboard, Raindrop"
        " and Readwise, tables with a column for titles or addresses (CSV), lists of addresses, a page of a Diigo group"
        " saved as text, and exports of Florilège (JSON Lines)."
    )
