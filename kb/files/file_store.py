"""Where files are stored: each under the SHA-256 of its bytes, so that equal files are stored once.

The database names the files that it needs. A writer puts a file before its transaction, and calls `FileStore.holds` in
the transaction: `kb.services.files.unused_files` deletes files that no row names inside a write transaction of its own.
"""

import os
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from kb.errors import NotFound, Unavailable

_KEY = re.compile(r"[0-9a-f]{64}")
_DRAFT = ".draft-"


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

    def get(self, key: str) -> bytes:
        """The bytes of a file. Raises NotFound if it is not there, or is not what was put."""

    def holds(self, key: str) -> bool:
        """Whether a file is there."""

    def delete(self, key: str) -> None:
        """Delete a file, if it is there."""

    def files(self) -> Iterator[StoredFile]:
        """All files, in no order."""


def content_key(content: bytes) -> str:
    """The key of a file: the SHA-256 of its bytes, in hexadecimal."""
    return sha256(content).hexdigest()


@dataclass(frozen=True, slots=True)
class FolderStore:
    """Files in a folder, which is made at the first write: `ab/cdef…` for the key `abcdef…`."""

    folder: Path

    def put(self, content: bytes) -> str:
        key = content_key(content)
        path = self._path(key)
        try:
            with suppress(FileNotFoundError):
                # It is as good as new: whoever deletes unused files lets it be.
                os.utime(path)
                return key
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_name(f"{_DRAFT}{secrets.token_hex(8)}")
            try:
                _write_durably(draft, content)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)
            _sync(path.parent)
        except OSError as error:
            raise Unavailable("The disk is full: nothing was written. Make room, then try again.") from error
        return key

    def get(self, key: str) -> bytes:
        try:
            content = self._path(key).read_bytes()
        except FileNotFoundError:
            raise NotFound("This file is not there any more.") from None
        except OSError as error:
            raise Unavailable(
                "The disk refuses to read or to write: nothing was written. Check it, then try again."
            ) from error
        if content_key(content) != key:
            raise NotFound("This file is not there any more.")
        return content

    def holds(self, key: str) -> bool:
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        with suppress(FileNotFoundError):
            self._path(key).unlink()

    def files(self) -> Iterator[StoredFile]:
        for shelf in self.folder.iterdir() if self.folder.is_dir() else ():
            for path in shelf.iterdir() if shelf.is_dir() else ():
                if _KEY.fullmatch(key := shelf.name + path.name):
                    with suppress(FileNotFoundError):
                        state = path.stat()
                        yield StoredFile(key, state.st_size, state.st_mtime)

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(key)
        return self.folder / key[:2] / key[2:]


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
