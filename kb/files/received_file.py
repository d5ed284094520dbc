"""A file that is being received: written to a temporary file and hashed on the way, within a limit."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from kb.errors import Invalid, Unavailable, translatable

FILE_TOO_LARGE = translatable("This file is too large: files of at most %(limit)s MB are kept here.")


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """A file without a name on this machine, so that nothing is left of it: its size in bytes, and its key."""

    file: BinaryIO
    size: int
    key: str


@contextmanager
def received_file(folder: Path, pieces: Iterable[bytes], most: int) -> Iterator[ReceivedFile]:
    """Write pieces to a temporary file in a folder. Raises Invalid for more than `most` bytes and for an empty file,
    Unavailable if the disk is full.
    """
    with TemporaryFile(dir=folder) as file:
        digest, size = hashlib.sha256(), 0
        try:
            for piece in pieces:
                size += len(piece)
                if size > most:
                    raise Invalid(FILE_TOO_LARGE, limit=most // 10**6)
                digest.update(piece)
                file.write(piece)
            file.flush()
        except OSError as error:
            raise Unavailable("The disk is full: nothing was written. Make room, then try again.") from error
        if not size:
            raise Invalid("Choose a file that is not empty.")
        yield ReceivedFile(file, size, digest.hexdigest())
