"""Where files are stored: each under the SHA-256 of its bytes, so that equal files are stored once.

The database names the files that it needs. A writer puts a file before its transaction, and calls `FileStore.holds` in
the transaction: `kb.services.files.unused_files` deletes files that no row names inside a write transaction of its own.
"""

import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Protocol

from kb.errors import NotFound, Unavailable, translatable

_KEY = re.compile(r"[0-9a-f]{64}")
_DRAFT = ".draft-"
_DRAFT_AGE = 24 * 3600.0
"""Seconds after which a draft is of a process that was killed."""
BLOCK = 256 * 1024
"""Bytes that are read at once."""
FILE_GONE = translatable("This file is not there any more.")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the store. `put_at` is when it was last put, in seconds since 1970."""

    key: str
    size: int
    put_at: float


class FileStore(Protocol):
    """A store of files by content address. Every method raises Unavailable if the store cannot be reached or is full.

    Keys are those that `put` returned: 64 hexadecimal digits.
    """

    def put(self, content: bytes) -> str:
        """Store a file durably, unless it is there; returns its key. It is there whole or not at all."""

    def put_file(self, file: BinaryIO, key: str) -> None:
        """As `put`, for a file that is open to be read and whose key is known: it is not held in memory."""

    def get(self, key: str) -> bytes:
        """The bytes of a file. Raises NotFound if it is not there, or is not what was put."""

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `end`, or to the last one, in blocks, unverified. Raises NotFound before the first
        block if the file is not there.
        """

    def holds(self, key: str) -> bool:
        """Whether a file is there."""

    def delete(self, key: str) -> None:
        """Delete a file, if it is there."""

    def files(self) -> Iterator[StoredFile]:
        """All files, in no order."""


def content_key(content: bytes) -> str:
    """The key of a file: the SHA-256 of its bytes, in hexadecimal."""
    return sha256(content).hexdigest()


def is_key(text: str) -> bool:
    return _KEY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Files in a folder, which is made at the first write: `ab/cdef…` for the key `abcdef…`."""

    folder: Path

    def put(self, content: bytes) -> str:
        key = content_key(content)
        self.put_file(BytesIO(content), key)
        return key

    def put_file(self, file: BinaryIO, key: str) -> None:
        path = self._path(key)
        try:
            with suppress(FileNotFoundError):
                # The new time protects the file from the deletion of unused files.
                os.utime(path)
                return
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f"{_DRAFT}{secrets.token_hex(8)}")
            try:
                file.seek(0)
                _write_durably(draft, file)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            sync_folder(path.parent)
        except OSError as error:
            raise Unavailable("The disk is full: nothing was written. Make room, then try again.") from error

    def get(self, key: str) -> bytes:
        try:
            content = self._path(key).read_bytes()
        except FileNotFoundError:
            raise NotFound(FILE_GONE) from None
        except OSError as error:
            raise Unavailable(
                "The disk refuses to read or to write: nothing was written. Check it, then try again."
            ) from error
        if content_key(content) != key:
            raise NotFound(FILE_GONE)
        return content

    def read(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        try:
            with self._path(key).open("rb") as file:
                file.seek(start)
                remaining = None if end is None else end - start
                while block := file.read(BLOCK if remaining is None else min(BLOCK, remaining)):
                    remaining = None if remaining is None else remaining - len(block)
                    yield block
        except FileNotFoundError:
            raise NotFound(FILE_GONE) from None
        except OSError as error:
            raise Unavailable(
                "The disk refuses to read or to write: nothing was written. Check it, then try again."
            ) from error

    def holds(self, key: str) -> bool:
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        with suppress(FileNotFoundError):
            self._path(key).unlink()

    def files(self) -> Iterator[StoredFile]:
        """All files, in no order; drafts of killed processes are deleted on the way."""
        for shelf in self.folder.iterdir() if self.folder.is_dir() else ():
            for path in shelf.iterdir() if shelf.is_dir() else ():
                with suppress(FileNotFoundError):
                    state = path.stat()
                    if is_key(key := shelf.name + path.name):
                        yield StoredFile(key, state.st_size, state.st_mtime)
                    elif path.name.startswith(_DRAFT) and time.time() - state.st_mtime > _DRAFT_AGE:
                        path.unlink()

    def _path(self, key: str) -> Path:
        if not is_key(key):
            raise ValueError(key)
        return self.folder / key[:2] / key[2:]


def _write_durably(path: Path, content: BinaryIO) -> None:
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        shutil.copyfileobj(content, file, BLOCK)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names of a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
