"""Say what a file that cannot be imported seems to be, and what to do with it, in the words of its user."""

import re

from kb.errors import translatable
from kb.formats.shared.json_records import is_json_document

# The office formats are ZIP archives that name their content in their first entries.
_OFFICE = (b"[Content_Types].xml", b"_rels/.rels", b"mimetypeapplication/vnd.oasis", b"word/", b"xl/", b"ppt/")
_OLD_OFFICE = (b"{\\rtf", b"\xd0\xcf\x11\xe0")
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
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\x00", b"MM\x00*")
_BROWSER_KEYS = (b'"checksum"', b'"text/x-moz-place')
_MARKUP = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*+<[A-Za-z!?]")
_BOOKMARKS = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*+<!DOCTYPE NETSCAPE-Bookmark-file", re.IGNORECASE)
_SAVED_SITE = re.compile(rb"(?:From:[^\r\n]*\r?\n|Snapshot-Content-Location:|MIME-Version:)", re.IGNORECASE)
_CALENDAR = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*+BEGIN:V(?:CALENDAR|CARD)", re.IGNORECASE)
_HTML = re.compile(rb"<(?:!doctype html|html|head|body|p|div|meta|title)\b", re.IGNORECASE)
_JSON_LIST = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*+\[")
# A comma before a space is one of a sentence.
_TABLE_ROW = re.compile(rb"[^\r\n;,\t]*(?:[;\t]|,(?! ))[^\r\n]*\r?\n")
_BOOKMARKS_SENTENCE = translatable("This looks like the bookmarks of a browser: choose that format.")
_FEED_SENTENCE = translatable("This looks like a feed or a list of feeds (XML): choose that format.")
_XML_SENTENCES = (
    (re.compile(rb"<(?:rss|feed|opml)\b", re.IGNORECASE), _FEED_SENTENCE),
    (
        re.compile(rb"<(?:[A-Za-z]{1,9}:)?RDF\b"),
        translatable(
            "This is RDF, but no export of Zotero. A vocabulary (SKOS) is imported on the page of the vocabulary of a"
            " group."
        ),
    ),
    (
        re.compile(rb"<en-export\b"),
        translatable(
            "This is an export of Evernote, which cannot be imported: export the addresses as bookmarks or a table."
        ),
    ),
    (
        re.compile(rb"<xml>\s*<records>"),
        translatable("This is a library of EndNote in XML: in EndNote, export it as RIS, then import that file."),
    ),
)
"""The sentences on files of XML that are known by their first element."""
_JSON_SENTENCE = translatable(
    "This is a JSON list, but none that we know: we read those of Diigo, Pinboard, Hypothesis, wallabag,"
    " Zotero (CSL-JSON) and the W3C (Web Annotation). JSON Lines has one item on each line."
)
_TABLE_SENTENCE = translatable(
    "This looks like a table (CSV), but no column is called “title” or “address”: choose “A table with a header"
    " (CSV)” as the kind of file, and then its columns."
)
_UNKNOWN_SENTENCE = translatable(
    "We do not recognise this file. We read the bookmarks of a browser (HTML), exports of Diigo, Pinboard,"
    " Raindrop, Readwise, Hypothesis and wallabag, references of Zotero and other programs (RIS, BibTeX, CSL-JSON,"
    " RDF), feeds and lists of feeds (RSS, Atom, OPML), tables with a column for titles or addresses (CSV), lists"
    " of addresses, a page of a Diigo group saved as text, and exports of Florilège (JSON Lines)."
)
NOTHING_IN_ARCHIVE = translatable("This archive (ZIP) holds no file that we read: unpack it to see what is inside.")
READ_IF_CHOSEN = frozenset(
    {_BOOKMARKS_SENTENCE, _FEED_SENTENCE, _JSON_SENTENCE, _TABLE_SENTENCE, _UNKNOWN_SENTENCE, NOTHING_IN_ARCHIVE}
)
"""The sentences on files that may be read all the same if their user chooses the format."""
_LONGEST_ROW = 1000
_READ_AS_MARKUP = 4096
"""Bytes of a document of HTML or XML in which its first element is looked for."""


def is_zip_of_files(head: bytes) -> bool:
    """Whether a file is a ZIP archive, and no document of an office suite."""
    return head.startswith(b"PK\x03\x04") and not any(name in head[:400] for name in _OFFICE)


def refusal_of_container(head: bytes) -> str | None:
    """The sentence on a file that no format reads, whatever was declared: an archive, or one of an office suite."""
    if head.startswith(_OLD_OFFICE) or (head.startswith(b"PK") and any(name in head[:400] for name in _OFFICE)):
        return translatable(
            "This looks like a document or a table of an office suite (Word, Excel, LibreOffice), which holds no"
            " items to import: upload a text as a file, under “Save”, and save a table as CSV."
        )
    if head.startswith(_ARCHIVES):
        return translatable("This is an archive (ZIP or the like): unpack it, then import the file inside.")
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
        return _BOOKMARKS_SENTENCE
    if not _MARKUP.match(head):
        return None
    start = head[:_READ_AS_MARKUP]
    if not _HTML.match(start.removeprefix(b"\xef\xbb\xbf").lstrip()):
        for pattern, sentence in _XML_SENTENCES:
            if pattern.search(start):
                return sentence
    if _HTML.search(start):
        return translatable(
            "This looks like a web page (HTML), but neither like the bookmarks of a browser nor like a page of a Diigo"
            " group."
        )
    return translatable("This looks like a file of XML, which cannot be imported.")


def is_json_list(head: bytes) -> bool:
    """Whether a file begins as a JSON list."""
    return _JSON_LIST.match(head) is not None


def refusal_of_first_bytes(head: bytes) -> str | None:
    """The sentence on a file that its first bytes name."""
    if head.startswith(b"%PDF"):
        return translatable("This is a PDF file, which holds no items to import: upload it as a file, under “Save”.")
    if head.startswith(_PICTURES) or head[4:8] == b"ftyp":
        return translatable("This is a picture, a sound or a film, which cannot be imported.")
    if head.startswith((b"bplist00", b"ID3\x03", b"OggS", b"\x7fELF", b"MZ\x90")):
        return translatable("This is a file of a program, a device or a player, which cannot be imported.")
    if _SAVED_SITE.match(head):
        return translatable(
            "This looks like a message, or a web page saved as MHTML, which cannot be imported: save the page itself"
            " with its address."
        )
    if _CALENDAR.match(head):
        return translatable("This looks like a calendar or a list of contacts, which cannot be imported.")
    return None


def refusal_of_text(head: bytes) -> str:
    """The sentence on a file that no format recognised."""
    if (refusal := refusal_of_markup(head)) is not None:
        return refusal
    if is_json_list(head) or is_json_document(head):
        return _JSON_SENTENCE
    if b"\0" not in head[:_LONGEST_ROW] and _TABLE_ROW.match(head[:_LONGEST_ROW]):
        return _TABLE_SENTENCE
    return _UNKNOWN_SENTENCE
