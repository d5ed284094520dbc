"""The registry of import formats, and the detection of a file's format."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from kb.errors import Invalid
from kb.formats import diigo_page_reader, json_lines
from kb.formats.byte_lines import BYTE_ORDER_MARK
from kb.model.items.import_draft import ItemDraft, Remark

AUTO, JSON_LINES, SAVED_PAGE = "auto", "jsonl", "saved-page"
IMPORT_FORMATS = (JSON_LINES, SAVED_PAGE)

_CHUNK = 64 * 1024
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
_MARKUP = re.compile(rb"(?:\xef\xbb\xbf)?\s*<[A-Za-z!?]")
_RECORD = re.compile(rb"^[ \t]*\{", re.MULTILINE)


def read_drafts(stream: BinaryIO, format: str = AUTO) -> Iterator[ItemDraft | Remark]:  # noqa: A002 - the option's own name
    """The items of a file in order, and remarks where they arise. The file is never held in memory whole.

    `format` is one of FORMATS, or `auto` to detect it by the first bytes. Raises Invalid, at the first step, for an
    unknown format, and for an archive or a page of HTML: nothing is unpacked here.
    """
    if format not in {AUTO, *IMPORT_FORMATS}:
        raise Invalid(
            "“%(format)s” is no known format: choose auto or one of %(formats)s.", format=format, formats=_format_list()
        )
    head = _first_bytes(stream)
    _refuse_unsupported_file(head)
    chunks = chain([head], iter(lambda: stream.read(_CHUNK), b""))
    match _detected_format(head) if format == AUTO else format:
        case "jsonl":
            yield from json_lines.read_json_lines(chunks)
        case "saved-page":
            yield from diigo_page_reader.read_saved_page(chunks)
        case _:
            raise Invalid("The format of this file was not recognised: we read %(formats)s.", formats=_format_list())


def _format_list() -> str:
    return ", ".join(IMPORT_FORMATS)


def _first_bytes(stream: BinaryIO) -> bytes:
    """The first bytes, up to one chunk, even from a pipe that gives them in pieces."""
    parts, size = list[bytes](), 0
    while size < _CHUNK and (part := stream.read(_CHUNK - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _refuse_unsupported_file(head: bytes) -> None:
    if head.startswith(_ARCHIVES):
        raise Invalid(
            "This is an archive: unpack it, then import the file inside. We read %(formats)s.", formats=_format_list()
        )
    if head.startswith(_SIXTEEN_BITS):
        raise Invalid("This text is in UTF-16: save it as UTF-8. We read %(formats)s.", formats=_format_list())
    if _MARKUP.match(head):
        raise Invalid("This is HTML or XML: save the page as text. We read %(formats)s.", formats=_format_list())


def _detected_format(head: bytes) -> str | None:
    start = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if not start or start.startswith(b"{"):
        return JSON_LINES
    if diigo_page_reader.is_saved_page(head):
        return SAVED_PAGE
    if start.startswith(b"["):
        raise Invalid(
            "This is a JSON list: JSON Lines has one item a line. We read %(formats)s.", formats=_format_list()
        )
    return JSON_LINES if _RECORD.search(head) else None
