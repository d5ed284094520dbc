"""The bytes, the text and the lines of an import file, in bounded memory: UTF-8, or Windows-1252 where it is not.

Files in UTF-16 or UTF-32 with a byte order mark, such as the "Unicode text" of Excel, become UTF-8 first.
"""

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

from kb.model.items.import_draft import RecordWarning, warning_of

LONGEST_LINE = 16 * 1024 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def numbered_lines(chunks: Iterable[bytes], longest: int = LONGEST_LINE) -> Iterator[tuple[int, bytes | None]]:
    """Each line with its number, from 1, without its end; None for a line of more than `longest` bytes.

    A byte-order mark before the first line is dropped. A line ends with a line feed; a carriage return before it is
    dropped.
    """
    number, parts, size = 1, list[bytes](), 0
    for chunk in chunks:
        *ended, rest = chunk.split(b"\n")
        for piece in ended:
            yield number, _whole_line(number, parts, piece, size, longest)
            number, parts, size = number + 1, [], 0
        size += len(rest)
        if size <= longest:
            parts.append(rest)
        else:
            parts = []
    if size:
        yield number, _whole_line(number, parts, b"", size, longest)


def _whole_line(number: int, parts: list[bytes], piece: bytes, size: int, longest: int) -> bytes | None:
    if size + len(piece) > longest:
        return None
    line = b"".join([*parts, piece]) if parts else piece
    return (line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line).removesuffix(b"\r")


def with_first_bytes(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first chunks of a file, up to one that is not blank, and all of its chunks."""
    rest, head = iter(chunks), b""
    while not head.removeprefix(BYTE_ORDER_MARK).strip() and (chunk := next(rest, None)) is not None:
        head += chunk
    return head, chain([head], rest)


_HEAD = 64 * 1024
# A mark of UTF-32 begins with that of UTF-16.
_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode_chunks(chunks: Iterable[bytes]) -> Iterator[str | RecordWarning]:
    """The text in pieces, without a byte order mark, with U+FFFD for NUL.

    From the first byte that is not UTF-8 on, the rest is read as Windows-1252, the encoding of old French files, and a
    warning says so.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    legacy = False
    for chunk in chunks:
        if legacy:
            yield _legacy_text(chunk).replace("\0", "\ufffd")
            continue
        pending = decoder.getstate()[0]
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            legacy = True
            data = pending + chunk
            yield warning_of("This file is not in UTF-8: its text is read as Windows-1252, check the accents.")
            text = data[: error.start].decode("utf-8-sig") + _legacy_text(data[error.start :])
        yield text.replace("\0", "\ufffd")
    if not legacy and (rest := decoder.getstate()[0]) and rest != BYTE_ORDER_MARK[: len(rest)]:
        yield "\ufffd"


def decode_head(head: bytes) -> str:
    """The text of the first bytes of a file, to recognise its format."""
    return head[:_HEAD].removeprefix(BYTE_ORDER_MARK).decode(errors="replace")


def text_lines(chunks: Iterable[bytes], longest: int) -> Iterator[str | RecordWarning]:
    """The lines, with their ends; a line of more than `longest` characters is dropped, and a warning says so."""
    parts, size, number = list[str](), 0, 1
    for piece in decode_chunks(chunks):
        if isinstance(piece, RecordWarning):
            yield piece
            continue
        for line in _lines(piece):
            size += len(line)
            if size <= longest:
                parts.append(line)
            else:
                parts = []
            if line.endswith("\n"):
                yield "".join(parts) if size <= longest else warning_of("This line is too long.", number, skipped=True)
                parts, size, number = [], 0, number + 1
    if parts:
        yield "".join(parts)
    elif size:
        yield warning_of("This line is too long.", number, skipped=True)


def numbered_text_lines(chunks: Iterable[bytes], longest: int) -> Iterator[tuple[int, str] | RecordWarning]:
    """As `text_lines`, each line with its number, from 1."""
    number = 0
    for line in text_lines(chunks, longest):
        if isinstance(line, RecordWarning):
            # A line that is too long has a number too, the warning on the encoding has none.
            number = line.line or number
            yield line
        else:
            number += 1
            yield number, line


def _lines(text: str) -> Iterator[str]:
    """The lines with their ends: `splitlines` also splits at other characters."""
    *whole, rest = text.split("\n")
    yield from (f"{line}\n" for line in whole)
    if rest:
        yield rest


def _legacy_text(data: bytes) -> str:
    # Five bytes mean nothing in Windows-1252.
    return data.decode("cp1252", errors="replace")


def chunks_in_utf8(head: bytes, chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes of a file and the others, in UTF-8 without the mark if they have one of UTF-16 or UTF-32.

    What is no character becomes U+FFFD.
    """
    encoding = next((encoding for mark, encoding in _ENCODINGS if head.startswith(mark)), None)
    if encoding is None:
        return head, iter(chunks)
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    return decoder.decode(head).encode(), _decoded(decoder, chunks)


def _decoded(decoder: codecs.IncrementalDecoder, chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        yield decoder.decode(chunk).encode()
    yield decoder.decode(b"", final=True).encode()
