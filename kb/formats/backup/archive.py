"""The file of a backup: a zip of a manifest, one database, and files, written in one pass, read as untrusted input.

    manifest.json    format, program, schema, change, made, counts, the size and SHA-256 of the database, and how many
                     files there are with how many bytes
    store.sqlite3    the database
    files            the files of items (`kb.formats.backup.file_stream`), in format 2; none in format 1

Every part is checked against a bound before it is read: the directory of the zip, the manifest, and the database by the
size in the manifest. No name in the file becomes a path.
"""

import errno
import hashlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from kb.errors import FlorilegeError
from kb.formats.backup.file_stream import DamagedPack, PackedFile, pack_files, unpack_files
from kb.own_files import MANIFEST, has_manifest_first

FORMAT = 2
STORE, FILES = "store.sqlite3", "files"
_PLAIN_FIELDS = ("program", "schema", "change", "made")
"""Fields that stand in the manifest as in BackupManifest, in this order."""

NOT_A_BACKUP = "This file is not a backup of Florilège."
DAMAGED_BACKUP = "This backup is damaged or incomplete: it cannot be used."
OLD_BACKUP = (
    "This backup was made by a version before 0.2.0, whose database cannot be migrated: export the items with that"
    " version (“kb export”), and import them here (“kb import”)."
)
NEWER_BACKUP = "This backup was made by a newer version of the program: install that version, or a later one."

_BLOCK = 1 << 20
_LARGEST_DIRECTORY = 1 << 16
_LARGEST_MANIFEST = 1 << 16
_RATIO, _SMALL = 200, 1 << 26
"""More than `_SMALL` bytes that are compressed by more than `_RATIO` are refused: real ones are by about 3."""

ByteProgress = Callable[[int], None]
"""A function called with the number of further bytes that were written or read."""


class UnusableBackup(FlorilegeError):
    """A file that is no backup, an incomplete one, or one of another version that this one cannot read."""


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """The manifest of a backup. `made` is a time; `counts` are rows by table; `size` is the size of the database in
    bytes. `files` are the files of items in it, `files_size` their bytes.
    """

    program: str
    schema: str
    change: int
    made: str
    counts: Mapping[str, int]
    size: int
    sha256: str
    files: int = 0
    files_size: int = 0


def write_backup_archive(
    path: Path, store: Path, manifest: BackupManifest, progress: ByteProgress, files: Iterable[PackedFile] = ()
) -> None:
    """Write a backup of a database and of files into a file, and sync it to the disk."""
    shape = {
        # Older programs read a backup without files too.
        "format": FORMAT if manifest.files else 1,
        **{name: getattr(manifest, name) for name in _PLAIN_FIELDS},
        "counts": dict(manifest.counts),
        "members": {STORE: {"size": manifest.size, "sha256": manifest.sha256}},
    }
    if manifest.files:
        shape["files"] = {"count": manifest.files, "size": manifest.files_size}
    with path.open("wb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed, store.open("rb") as source:
            packed.writestr(_zip_entry(MANIFEST), json.dumps(shape, ensure_ascii=False, indent=2) + "\n")
            entry = _zip_entry(STORE)
            # The size is known in advance, and thus whether the zip needs its 64-bit format.
            entry.file_size = manifest.size
            with packed.open(entry, "w") as member:
                while block := source.read(_BLOCK):
                    member.write(block)
                    progress(len(block))
            if manifest.files:
                # Documents are compressed already, and the total size is unknown before the file is written.
                entry = _zip_entry(FILES)
                entry.compress_type = zipfile.ZIP_STORED
                with packed.open(entry, "w", force_zip64=True) as member:
                    for block in pack_files(files):
                        member.write(block)
                        progress(len(block))
        file.flush()
        os.fsync(file.fileno())


def _zip_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class BackupArchive:
    """An open backup, of which only the manifest has been read."""

    manifest: BackupManifest
    packed: zipfile.ZipFile

    def extract(self, target: Path, progress: ByteProgress) -> None:
        """Write the database into a new file. Raises UnusableBackup unless it matches the manifest; OSError of the
        disk.
        """
        digest, size = hashlib.sha256(), 0
        with target.open("xb") as file:
            for block in self._blocks():
                size += len(block)
                if size > self.manifest.size:
                    raise UnusableBackup(DAMAGED_BACKUP)
                digest.update(block)
                file.write(block)
                progress(len(block))
        if size != self.manifest.size or digest.hexdigest() != self.manifest.sha256:
            raise UnusableBackup(DAMAGED_BACKUP)

    def files(self) -> Iterator[PackedFile]:
        """The files, each with blocks that are checked while they are read. Raises UnusableBackup unless they are those
        of the manifest.
        """
        if not self.manifest.files:
            return
        count, size = 0, 0
        with _zip_errors_translated(DAMAGED_BACKUP), self.packed.open(FILES) as member:
            for file in unpack_files(member):
                count, size = count + 1, size + file.size
                if count > self.manifest.files or size > self.manifest.files_size:
                    raise UnusableBackup(DAMAGED_BACKUP)
                yield replace(file, blocks=_with_translated_errors(file.blocks))
        if (count, size) != (self.manifest.files, self.manifest.files_size):
            raise UnusableBackup(DAMAGED_BACKUP)

    def _blocks(self) -> Iterator[bytes]:
        """The database, block by block; errors of the file are distinguished from errors of the disk."""
        with _zip_errors_translated(DAMAGED_BACKUP):
            member = self.packed.open(STORE)
        with member:
            while True:
                with _zip_errors_translated(DAMAGED_BACKUP):
                    block = member.read(_BLOCK)
                if not block:
                    return
                yield block


def _with_translated_errors(blocks: Iterator[bytes]) -> Iterator[bytes]:
    with _zip_errors_translated(DAMAGED_BACKUP):
        yield from blocks


@contextmanager
def open_backup_archive(path: Path) -> Iterator[BackupArchive]:
    """Open a backup to read. Raises UnusableBackup, and OSError if the file cannot be read at all."""
    with path.open("rb") as file:
        message = DAMAGED_BACKUP if has_manifest_first(file) else NOT_A_BACKUP
        with _zip_errors_translated(message):
            if not _has_small_directory(file):
                raise UnusableBackup(message)
            packed = zipfile.ZipFile(file)
        with packed:
            with _zip_errors_translated(message):
                manifest = _read_manifest(packed, message)
            member = packed.getinfo(STORE)
            if member.file_size != manifest.size or manifest.size > max(_SMALL, _RATIO * member.compress_size):
                raise UnusableBackup(message)
            yield BackupArchive(manifest, packed)


_ZIP_ERRORS = (
    *(DamagedPack, zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, LookupError, ValueError, RuntimeError),
)


@contextmanager
def _zip_errors_translated(message: str) -> Iterator[None]:
    """Convert any error of reading a zip to a sentence."""
    try:
        yield
    except _ZIP_ERRORS as error:
        raise UnusableBackup(message) from error
    except OSError as error:
        # A seek before the start of the file: the position came from the file.
        if error.errno in (errno.EINVAL, errno.EOVERFLOW):
            raise UnusableBackup(message) from error
        raise


def _has_small_directory(file: BinaryIO) -> bool:
    """Whether the zip ends with a directory of two or three members, small enough to read."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 98, 0))
    tail = file.read()
    if tail[-22:-18] != b"PK\x05\x06":
        return False
    _, _, _, members, directory = struct.unpack("<HHHHI", tail[-18:-6])
    if tail[-42:-38] == b"PK\x06\x07" and tail[-98:-94] == b"PK\x06\x06":
        # A zip of more than 4 GB repeats these numbers in 64 bits.
        _, members, directory = struct.unpack("<QQQ", tail[-74:-50])
    return bool(members in {2, 3} and directory <= _LARGEST_DIRECTORY)


def _read_manifest(packed: zipfile.ZipFile, message: str) -> BackupManifest:
    entries = packed.infolist()
    if sorted(entry.filename for entry in entries) not in ([MANIFEST, STORE], [FILES, MANIFEST, STORE]):
        raise UnusableBackup(message)
    for entry in entries:
        encrypted = entry.flag_bits & 1
        if encrypted or entry.compress_type not in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
            raise UnusableBackup(message)
    if packed.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
        raise UnusableBackup(message)
    with packed.open(MANIFEST) as file:
        shape = json.loads(file.read(_LARGEST_MANIFEST + 1))
    with suppress(TypeError, AttributeError):
        form = shape["format"]
        if type(form) is int and form > FORMAT:
            raise UnusableBackup(NEWER_BACKUP)
        if type(form) is int and form in {1, FORMAT} and (FILES in packed.namelist()) == (form == FORMAT):
            return _parse_manifest(shape)
    raise UnusableBackup(message)


def _parse_manifest(shape: Mapping[str, Any]) -> BackupManifest:
    """Parse a manifest. Raises LookupError, TypeError or ValueError for a missing or wrong value."""
    member = shape["members"][STORE]
    texts = (shape["program"], shape["schema"], shape["made"], member["sha256"])
    files = shape["files"] if shape["format"] == FORMAT else {"count": 0, "size": 0}
    numbers = (shape["change"], member["size"], *shape["counts"].values(), files["count"], files["size"])
    if not all(type(text) is str for text in texts) or not all(
        type(number) is int and number >= 0 for number in numbers
    ):
        raise ValueError
    return BackupManifest(
        **{name: shape[name] for name in _PLAIN_FIELDS},
        counts=dict(shape["counts"]),
        size=member["size"],
        sha256=member["sha256"],
        files=files["count"],
        files_size=files["size"],
    )
