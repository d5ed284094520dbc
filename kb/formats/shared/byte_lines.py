"""Read the lines of a binary file, one at a time, in bounded memory."""

from collections.abc import Iterable, Iterator
from itertools import chain

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
