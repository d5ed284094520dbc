"""Named arrays in one file: what a segment is made of.

    raw bytes (postings) and arrays, each at a multiple of 8 bytes
    directory: JSON, {"names": {name: [type, offset, length, crc32]}, ...}
    the directory's offset (u64), length (u32) and crc32 (u32), then MAGIC

A file is written once and never changed. Reading is by `pread`: a file that was cut or overwritten behind our back
gives an error that we can say, where a memory map would kill the process.
"""

import json
import os
import struct
import weakref
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Ids = npt.NDArray[np.signedinteger[Any]]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

MAGIC = b"FLORSEG1"
_FOOT = struct.Struct("<QII8s")

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


class Damaged(Exception):
    """A file is not what was written."""


class ArrayWriter:
    """Writes one file of arrays; `finish` makes it whole. The stream stays the caller's to close."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._at = 0
        self._names: dict[str, tuple[str, int, int, int]] = {}

    def raw(self, array: Array) -> int:
        """Append bytes without a name; gives their offset."""
        self._stream.write(b"\0" * (-self._at % 8))
        start = self._at + -self._at % 8
        content = np.ascontiguousarray(array).view(np.uint8).data
        self._stream.write(content)
        self._at = start + len(content)
        return start

    def put(self, name: str, array: Array) -> None:
        """Append an array under a name."""
        kind = "entry" if array.dtype == ENTRY else array.dtype.str
        content = np.ascontiguousarray(array).view(np.uint8)
        self._names[name] = (kind, self.raw(array), len(array), zlib.crc32(content.data))

    def finish(self, documents: int) -> None:
        """Write the directory."""
        directory = json.dumps({"documents": documents, "names": self._names}, separators=(",", ":")).encode("ascii")
        self._stream.write(directory)
        self._stream.write(_FOOT.pack(self._at, len(directory), zlib.crc32(directory), MAGIC))


class ArrayFile:
    """Reads one file of arrays. Safe in many threads; closed when nobody holds it any more."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._fd)
        size = os.fstat(self._fd).st_size
        if size < _FOOT.size:
            raise Damaged(f"{path.name} is cut")
        at, length, check, magic = _FOOT.unpack(self._read(size - _FOOT.size, _FOOT.size))
        if magic != MAGIC or at + length + _FOOT.size != size:
            raise Damaged(f"{path.name} is not whole")
        text = self._read(at, length)
        if zlib.crc32(text) != check:
            raise Damaged(f"{path.name} has a damaged directory")
        directory = json.loads(text)
        self.documents: int = directory["documents"]
        self._names: dict[str, list[Any]] = directory["names"]

    def _read(self, at: int, length: int) -> bytes:
        content = os.pread(self._fd, length, at)
        if len(content) != length:
            raise Damaged(f"{self.path.name} is cut")
        return content

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def names(self) -> Iterable[str]:
        """The names of all arrays."""
        return self._names

    def array(self, name: str) -> Array:
        """A whole array, checked against its crc32."""
        kind, at, length, check = self._names[name]
        dtype = ENTRY if kind == "entry" else np.dtype(kind)
        content = self._read(at, length * dtype.itemsize)
        if zlib.crc32(content) != check:
            raise Damaged(f"{self.path.name} has a damaged part, {name}")
        return np.frombuffer(content, dtype)

    def stretch(self, at: int, length: int, width: int) -> Array:
        """`length` unsigned numbers of `width` bytes from the offset `at`."""
        return np.frombuffer(self._read(at, length * width), f"<u{width}")


def starts_of(counts: Array) -> Ints:
    """Where each run begins when runs of these lengths stand one after another."""
    ends = np.cumsum(counts, dtype=np.int64)
    return ends - counts


def ranges(starts: Array, counts: Array) -> Ints:
    """The numbers start, start + 1 ... of each run, one run after another."""
    counts = np.asarray(counts, np.int64)
    total = int(counts.sum())
    return np.arange(total, dtype=np.int64) + np.repeat(np.asarray(starts, np.int64) - starts_of(counts), counts)


def narrow(values: Array) -> Array:
    """The same numbers, not negative, in the narrowest unsigned type that holds them."""
    top = int(values.max()) if len(values) else 0
    width = 1 if top < 1 << 8 else 2 if top < 1 << 16 else 4 if top < 1 << 32 else 8
    return values.astype(f"<u{width}")
