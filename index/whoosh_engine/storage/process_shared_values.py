"""Large values that the processes of one server share: files that all of them map, read-only.

    <number>.values    MAGIC, the end of the last whole record (u64, written after the record), the file's time (f64)
                       from HEADER on, records: _HEAD, the sizes of the arrays (u64), the pickle, the arrays; records
                       and arrays begin at multiples of 64
    lock               held by the process that appends

No record is ever changed, and no file grows: it has its full size from the start, without blocks on disk where nothing
is written yet. A full file is followed by the next one, and the file before it is deleted. So there are two files at
most, each of half the size that all values may have together. A value that is read from the older file is copied to the
newer one.

The folder belongs to one server (`kb serve`), whose processes run the same program, and is new at each start: no value
is read that another version has written. Every record has a crc32, which each process checks when it first reads it; a
damaged value is made again. Pickle protocol 5 keeps arrays apart from the rest, so that a loaded value takes next to no
memory of its own.
"""

import errno
import fcntl
import mmap
import os
import pickle
import struct
import time
import weakref
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any

HEADER = 4096
LEAST = 8192
"""Bytes of the smallest value that is shared: a smaller one is made again faster than it is shared."""
LIFETIME = 600.0
"""Seconds that a file is the newest one at least, so that values that do not fit are not written for ever."""
_MOST_TEXT = 8192
"""Bytes of a shared value beside its arrays: what is not an array is copied into each process."""
_ALIGNMENT = 64
_SUFFIX = ".values"
_AT_ONCE = 1 << 20
_TRIES, _STEP = 20, 0.001
"""How often, and after how many seconds, a process asks for the lock before it keeps a value to itself."""
MAGIC = b"FLORVAL1"
_FRONT = struct.Struct("<8sQd")
_END = struct.Struct("<Q")
_HEAD = struct.Struct("<16sQIQ")
"""Digest of the key; bytes after this head and its checksum; the number of arrays; bytes of the pickle."""
_CHECKSUM = struct.Struct("<I")


class SharedValues:
    """The values of a folder, `limit` bytes at most in all its files. Thread-safe.

    `on_rotation` is called when a file was deleted, so that the values of it that are still in use are dropped.
    """

    def __init__(self, folder: Path, limit: int, on_rotation: Callable[[], None]) -> None:
        self._folder = folder
        self._capacity = max(limit // 2, HEADER + LEAST)
        self._on_rotation = on_rotation
        self._lock = Lock()
        self._files: list[_ValueFile] = []

    def get(self, key: object, make: Callable[[], Any], size: Callable[[Any], int]) -> tuple[Any, int]:
        """The value of a key, and how many bytes of the own memory of this process it takes.

        The `repr` of a key must be the same in all processes. A value that cannot be shared is returned as made.
        """
        digest = blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=16).digest()
        value = self._read_value(digest)
        if value is not None:
            return value, 0
        value = make()
        length = size(value)
        shared = self._added(digest, value) if length >= LEAST else None
        return (value, length) if shared is None else (shared, 0)

    def _read_value(self, digest: bytes) -> Any:
        """The value with this digest; None if no file has it undamaged."""
        # If the disk cannot be read, each process makes the value itself.
        value, is_newest = None, False
        with self._lock, suppress(OSError):
            self._refresh()
            for file in reversed(self._files):
                value, is_newest = file.value(digest), file is self._files[-1]
                if value is not None:
                    break
        if value is None or is_newest:
            return value
        copied = self._added(digest, value)
        return value if copied is None else copied

    def _added(self, digest: bytes, value: Any) -> Any:
        """Write a value, and return it as all processes read it; None if it cannot be shared."""
        arrays: list[pickle.PickleBuffer] = []
        text = pickle.dumps(value, protocol=5, buffer_callback=arrays.append)
        parts = [array.raw() for array in arrays]
        if len(text) > _MOST_TEXT:
            return None
        with self._lock, suppress(OSError), self._writing():
            self._refresh()
            if not self._files or not self._files[-1].has_room(text, parts):
                self._rotate()
            newest = self._files[-1]
            # Another process may have written the value meanwhile.
            if digest not in newest.records and newest.has_room(text, parts):
                newest.append(digest, text, parts)
            return newest.value(digest)
        return None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Hold the lock of the folder. Raises OSError if another process holds it for long."""
        with (self._folder / "lock").open("ab") as file:
            for tries_left in reversed(range(_TRIES)):
                try:
                    fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if not tries_left:
                        raise
                    time.sleep(_STEP)
            yield

    def _refresh(self) -> None:
        """Look for newer files and for newer records. Raises OSError."""
        following = _path(self._folder, self._files[-1].number + 1) if self._files else None
        if following is None or following.exists():
            numbers = sorted(int(path.stem) for path in self._folder.glob(f"*{_SUFFIX}"))
            files = {file.number: file for file in self._files}
            self._files = [files.get(number) or _ValueFile(self._folder, number) for number in numbers[-2:]]
            if files.keys() - numbers:
                self._on_rotation()
        for file in self._files:
            file.read_heads()

    def _rotate(self) -> None:
        """Begin the next file, unless the newest one is too young. The lock must be held. Raises OSError."""
        if self._files and time.monotonic() - self._files[-1].created < LIFETIME:
            return
        number = self._files[-1].number + 1 if self._files else 0
        fresh = self._folder / "fresh"
        with fresh.open("wb") as file:
            file.write(_FRONT.pack(MAGIC, HEADER, time.monotonic()))
            file.truncate(self._capacity)
        fresh.rename(_path(self._folder, number))
        _path(self._folder, number - 2).unlink(missing_ok=True)
        self._refresh()


class _ValueFile:
    """One file, mapped. `records`: the offset of each record, by digest."""

    def __init__(self, folder: Path, number: int) -> None:
        self.number = number
        self.records: dict[bytes, int] = {}
        self._checked: set[int] = set()
        self._end = HEADER
        path = _path(folder, number)
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._fd)
        self._size = os.fstat(self._fd).st_size
        front = os.pread(self._fd, _FRONT.size, 0)
        if self._size <= HEADER or not front.startswith(MAGIC):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        self.created: float = _FRONT.unpack(front)[2]
        # Lives as long as an array in it.
        self._map = memoryview(mmap.mmap(self._fd, self._size, prot=mmap.PROT_READ))

    def has_room(self, text: bytes, parts: list[memoryview]) -> bool:
        """Whether a record fits into the rest of the file."""
        length = _HEAD.size + _CHECKSUM.size + len(text) + sum(8 + part.nbytes + _ALIGNMENT for part in parts)
        return self._end + _aligned(length) <= self._size

    def read_heads(self) -> None:
        """Read where the records are that were written since the last time."""
        (end,) = _END.unpack_from(self._map, len(MAGIC))
        while self._end < min(end, self._size - _HEAD.size):
            digest, length, _, _ = _HEAD.unpack_from(self._map, self._end)
            self.records[digest] = self._end
            self._end += _aligned(_HEAD.size + _CHECKSUM.size + length)

    def append(self, digest: bytes, text: bytes, parts: list[memoryview]) -> None:
        """Write a record. The lock must be held, and there must be room. Raises OSError, for example on a full disk."""
        body: list[bytes | memoryview] = [struct.pack(f"<{len(parts)}Q", *(part.nbytes for part in parts)) + text]
        offset = _HEAD.size + _CHECKSUM.size + len(body[0])
        for part in parts:
            body += (b"\0" * (-offset % _ALIGNMENT), part)
            offset = _aligned(offset) + part.nbytes
        head = _HEAD.pack(digest, offset - _HEAD.size - _CHECKSUM.size, len(parts), len(text))
        checksum = 0
        for piece in (head, *body):
            checksum = zlib.crc32(piece, checksum)
        position = self._end
        for piece in (head, _CHECKSUM.pack(checksum), *body):
            self._write(piece, position)
            position += len(piece)
        self._checked.add(self._end)
        self._write(_END.pack(_aligned(position)), len(MAGIC))
        self.read_heads()

    def _write(self, content: bytes | memoryview, offset: int) -> None:
        left = memoryview(content)
        while left:
            written = os.pwrite(self._fd, left, offset)
            left, offset = left[written:], offset + written

    def value(self, digest: bytes) -> Any:
        """A value; None if it is not here, or damaged. Raises OSError."""
        start = self.records.get(digest)
        if start is None:
            return None
        _, length, count, size = _HEAD.unpack_from(self._map, start)
        offset = start + _HEAD.size + _CHECKSUM.size
        if start not in self._checked:
            (checksum,) = _CHECKSUM.unpack_from(self._map, start + _HEAD.size)
            if offset + length > self._size or self._checksum(start, offset, length) != checksum:
                return None
            self._checked.add(start)
        sizes = struct.unpack_from(f"<{count}Q", self._map, offset)
        text = self._map[offset + 8 * count :][:size]
        position, arrays = offset + 8 * count + size, []
        for nbytes in sizes:
            position = _aligned(position)
            arrays.append(self._map[position : position + nbytes])
            position += nbytes
        return pickle.loads(text, buffers=arrays)  # noqa: S301 - another process of the same server wrote it

    def _checksum(self, start: int, offset: int, length: int) -> int:
        """The crc32 of a record. It is read and not taken from the map: a disk that fails then raises OSError."""
        checksum = zlib.crc32(os.pread(self._fd, _HEAD.size, start))
        for part in range(offset, offset + length, _AT_ONCE):
            checksum = zlib.crc32(os.pread(self._fd, min(_AT_ONCE, offset + length - part), part), checksum)
        return checksum


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number}{_SUFFIX}"


def _aligned(number: int) -> int:
    return -(-number // _ALIGNMENT) * _ALIGNMENT
