"""The files in an untrusted ZIP archive, as chunks, in bounded memory.

The directory of the archive is bounded before it is read, each file before it is unpacked. No name becomes a path.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from kb.errors import Invalid, translatable

_MOST_FILES = 200
_LARGEST_DIRECTORY = 1 << 18
"""Bytes of the directory, in which a file takes some hundred."""
_LARGEST = 1 << 30
"""Bytes of all files together, unpacked."""
_RATIO, _SMALL = 100, 1 << 22
"""A file of more than `_SMALL` bytes that is compressed by more than `_RATIO` is refused: real ones are by about 5."""
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_END_SIZE, _END_64_SIZE, _LONGEST_COMMENT = 22, 20, 1 << 16
_CHUNK = 64 * 1024
_NOT_A_FILE = ("__MACOSX/", ".")
_ERRORS = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, LookupError, ValueError, RuntimeError, OSError)

_DAMAGED = translatable("This archive (ZIP) is damaged or incomplete: unpack it, then import the file inside.")
_TOO_LARGE = translatable(
    "This archive (ZIP) holds too many or too large files: unpack it, then import the file inside."
)
_LOCKED = translatable("This archive (ZIP) has a password: unpack it, then import the file inside.")
_PACKED_OTHERWISE = translatable(
    "This archive (ZIP) is packed in an unusual way: unpack it, then import the file inside."
)


def zip_members(stream: BinaryIO) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The name and the chunks of each file, in the order of the archive; chunks are read before the next file is asked
    for.

    Raises Invalid for an archive that is damaged, locked, or beyond the bounds.
    """
    try:
        _check_directory(stream)
        with zipfile.ZipFile(stream) as archive:
            entries = [info for info in archive.infolist() if _is_file(info)]
            _check_entries(entries)
            for entry in entries:
                yield entry.filename, _chunks(archive, entry)
    except _ERRORS as error:
        raise Invalid(_DAMAGED) from error


def _is_file(entry: zipfile.ZipInfo) -> bool:
    name = entry.filename.rpartition("/")[2]
    return not entry.is_dir() and not entry.filename.startswith(_NOT_A_FILE) and not name.startswith(".")


def _check_directory(stream: BinaryIO) -> None:
    """Check the size of the directory, which `zipfile` reads as a whole. Raises Invalid."""
    size = stream.seek(0, 2)
    stream.seek(max(size - _END_64_SIZE - _END_SIZE - _LONGEST_COMMENT, 0))
    tail = stream.read()
    start = len(tail) - _END_SIZE
    # As `zipfile` looks for it: without a comment first.
    if start < 0 or not tail.startswith(_END, start) or tail[-2:] != b"\0\0":
        start = tail.rfind(_END)
    if start < 0 or start + _END_SIZE > len(tail):
        raise Invalid(_DAMAGED)
    files, directory = struct.unpack_from("<HI", tail, start + 10)
    if files > _MOST_FILES or directory > _LARGEST_DIRECTORY or tail[:start][-_END_64_SIZE:].startswith(_END_64):
        raise Invalid(_TOO_LARGE)


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Raises Invalid for files that are not to be unpacked."""
    for entry in entries:
        if entry.flag_bits & 1:
            raise Invalid(_LOCKED)
        # Other methods may take gigabytes of memory.
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise Invalid(_PACKED_OTHERWISE)
        if entry.file_size > max(_SMALL, _RATIO * entry.compress_size):
            raise Invalid(_TOO_LARGE)
    if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _LARGEST:
        raise Invalid(_TOO_LARGE)


def _chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        # No more is unpacked than the directory declares.
        with archive.open(entry) as member:
            while chunk := member.read(_CHUNK):
                yield chunk
    except _ERRORS as error:
        raise Invalid(_DAMAGED) from error
