"""Named arrays in one file: the format of a segment.

    raw bytes (postings) and arrays, each at a multiple of 8 bytes
    the crc32 (u32) of each block of the bytes before
    directory: JSON, {"names": {name: [type, offset, length, crc32]}, "blocks": [offset, number, crc32], ...}
    the directory's offset (u64), length (u32) and crc32 (u32), then MAGIC

A file is written once and never changed. It is read with `pread`: if another program truncates or overwrites the file,
the reader gets an error that it can report, where a memory map would kill the process. Every byte that is read is
checked: an array by its own crc32, postings by the crc32 of their blocks.
"""

import json
import os
import struct
import weakref
import zlib
from collections.abc import Iterable
from itertools import repeat
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
import numpy.typing as npt

from index.engine import Damage
from index.whoosh_engine.checksums import BLOCK, BlockChecksums, Damaged, agree, is_damage

Array = npt.NDArray[Any]
Ids = npt.NDArray[np.signedinteger[Any]]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MAGIC = b"FLORSEG2"
_FOOT = struct.Struct("<QII8s")
CHECKSUM = 4
"""Bytes of a crc32."""
_OWN_CHECKSUM = 0x2144DF1C
"""The crc32 of any bytes with their own crc32 after them."""
_AT_ONCE = 256 * BLOCK
"""Bytes that are in memory while a whole file is verified."""

ENTRY = np.dtype(
    [
        ("documents", "<u4"),
        ("ids_width", "u1"),
        ("tfs_width", "u1"),
        ("positions_width", "u1"),
        ("unused", "u1"),
        ("occurrences", "<u8"),
        ("ids_at", "<u8"),
        ("tfs_at", "<u8"),
        ("positions_at", "<u8"),
    ]
)
"""One term of one field: how many documents and occurrences, and where its postings lie (bytes from the file's start).

Widths are bytes a number; 0 for term frequencies means that all are 1.
"""


_UNSIGNED = {width: np.dtype(f"<u{width}") for width in (1, 2, 4, 8)}


class ArrayWriter:
    """Write one file of arrays; `finish` completes it. The caller closes the stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = 0
        self._names: dict[str, tuple[str, int, int, int]] = {}
        self._checksums = BlockChecksums()

    def raw(self, array: Array) -> int:
        """Append bytes without a name; returns their offset."""
        self._append(memoryview(b"\0" * (-self._at % 8)))
        start = self._at
        self._append(np.ascontiguousarray(array).ravel().view(np.uint8).data)
        return start

    def _append(self, content: memoryview) -> None:
        self._stream.write(content)
        self._checksums.add(content)
        self._at += len(content)

    def put(self, name: str, array: Array) -> None:
        """Append an array under a name."""
        kind = "entry" if array.dtype == ENTRY else array.dtype.str
        content = np.ascontiguousarray(array).view(np.uint8)
        self._names[name] = (kind, self.raw(array), len(array), zlib.crc32(content.data))

    def finish(self, documents: int) -> None:
        """Write the checksums of all blocks, and the directory."""
        checksums = np.array(self._checksums.all(), "<u4").tobytes()
        blocks = (self._at, len(checksums) // CHECKSUM, zlib.crc32(checksums))
        content = {"documents": documents, "names": self._names, "blocks": blocks}
        directory = json.dumps(content, separators=(",", ":")).encode("ascii")
        self._stream.write(checksums)
        self._stream.write(directory)
        offset = self._at + len(checksums)
        self._stream.write(_FOOT.pack(offset, len(directory), zlib.crc32(directory), MAGIC))


class ArrayFile:
    """Read one file of arrays. Thread-safe; closed when no reference to it is left."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._fd)
        size = os.fstat(self._fd).st_size
        if size < _FOOT.size:
            raise Damaged(f"{path.name} is cut")
        offset, length, check, magic = _FOOT.unpack(self._read(size - _FOOT.size, _FOOT.size))
        if magic != MAGIC or offset + length + _FOOT.size != size:
            raise Damaged(f"{path.name} is not whole")
        text = self._read(offset, length)
        if zlib.crc32(text) != check:
            raise Damaged(f"{path.name} has a damaged directory")
        directory = json.loads(text)
        self.documents: int = directory["documents"]
        self._names: dict[str, list[Any]] = directory["names"]
        self._end, self._blocks, self._check = directory["blocks"]
        self._cached_checksums: memoryview | None = None

    def _read(self, offset: int, length: int) -> bytes:
        try:
            content = os.pread(self._fd, length, offset)
            # The system reads 2 GiB at most at once.
            while len(content) < length and (more := os.pread(self._fd, length - len(content), offset + len(content))):
                content += more
        except OSError as error:
            self._raise(error)
        if len(content) != length:
            raise Damaged(f"{self.path.name} is cut")
        return content

    def _raise(self, error: OSError) -> NoReturn:
        """Raise the error of a read, as Damaged if it is damage."""
        if not is_damage(error):
            raise error
        raise Damaged(f"{self.path.name} cannot be read ({error.strerror})", Damage.UNREADABLE) from error

    def _checksums(self) -> memoryview:
        """The crc32 of each block, loaded at first use."""
        checksums = self._cached_checksums
        if checksums is None:
            content = self._read(self._end, self._blocks * CHECKSUM)
            if zlib.crc32(content) != self._check:
                raise Damaged(f"{self.path.name} has damaged checksums")
            # A number of it is a number of Python, which one of an array is not.
            checksums = self._cached_checksums = np.frombuffer(content, "<u4").astype(np.uint32).data
        return checksums

    def _read_checked(self, offset: int, length: int) -> bytes:
        """Bytes, after a check of the checksums of their blocks."""
        if offset + length > self._end:
            raise Damaged(f"{self.path.name} is cut")
        first, last = offset // BLOCK, -(-(offset + length) // BLOCK)
        begin = first * BLOCK
        content = self._read(begin, min(last * BLOCK, self._end) - begin)
        checksums = self._cached_checksums or self._checksums()
        # Nearly all reads are of one block.
        is_one = last - first == 1
        if not (zlib.crc32(content) == checksums[first] if is_one else agree(content, checksums[first:last])):
            raise Damaged(f"{self.path.name} has a damaged part, at {offset}")
        # A copy: a cached slice must not keep the rest of its blocks in memory.
        return content[offset - begin : offset - begin + length]

    def verify(self) -> None:
        """Read all of the file. Raises Damaged if a byte has changed."""
        for offset in range(0, self._end, _AT_ONCE):
            self._read_checked(offset, min(_AT_ONCE, self._end - offset))
        self._checksums()

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def names(self) -> Iterable[str]:
        """The names of all arrays."""
        return self._names

    def array(self, name: str) -> Array:
        """A whole array, checked against its crc32."""
        kind, offset, length, check = self._names[name]
        dtype = ENTRY if kind == "entry" else np.dtype(kind)
        content = self._read(offset, length * dtype.itemsize)
        if zlib.crc32(content) != check:
            raise Damaged(f"{self.path.name} has a damaged part, {name}")
        return np.frombuffer(content, dtype)

    def stretch(self, offset: int, length: int, width: int) -> Array:
        """`length` unsigned numbers of `width` bytes from an offset."""
        return np.frombuffer(self._read_checked(offset, length * width), _UNSIGNED[width])

    def checked_records(self, offsets: Iterable[int], length: int) -> bytes:
        """Pieces of one length, each of which ends with its own crc32: cheaper than their blocks, if they are many."""
        try:
            pieces = list(map(os.pread, repeat(self._fd), repeat(length), offsets))
        except OSError as error:
            self._raise(error)
        if not set(map(zlib.crc32, pieces)) <= {_OWN_CHECKSUM}:
            raise Damaged(f"{self.path.name} has a damaged vector")
        return b"".join(pieces)


def starts_of(counts: Array) -> Ints:
    """The start of each run, if runs of these lengths stand one after another."""
    ends = np.cumsum(counts, dtype=np.int64)
    return ends - counts


def ranges(starts: Array, counts: Array) -> Ints:
    """The numbers start, start + 1 ... of each run, one run after another."""
    counts = np.asarray(counts, np.int64)
    total = int(counts.sum())
    return np.arange(total, dtype=np.int64) + np.repeat(np.asarray(starts, np.int64) - starts_of(counts), counts)


def run_starts(numbers: Array) -> Mask:
    """Where a number differs from the one before it: the start of each run of equal numbers."""
    starts = np.ones(len(numbers), bool)
    np.not_equal(numbers[1:], numbers[:-1], out=starts[1:])
    return starts


def edges_of(counts: Array) -> Ints:
    """The start of each run, and the end of the last, if runs of these lengths stand one after another."""
    edges = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, dtype=np.int64, out=edges[1:])
    return edges


def narrow(values: Array) -> Array:
    """The same numbers, not negative, in the narrowest unsigned type that holds them."""
    top = int(values.max()) if len(values) else 0
    width = 1 if top < 1 << 8 else 2 if top < 1 << 16 else 4 if top < 1 << 32 else 8
    return values.astype(f"<u{width}")
