"""A ZIP that is written in pieces: what was written is taken, and forgotten."""

from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZipFile


class ZipPieces:
    """The file behind a ZIP; it cannot go back."""

    def __init__(self) -> None:
        self._held = bytearray()

    def zip_file(self) -> ZipFile:
        """The ZIP to write; once it is closed, the last pieces can be taken."""
        return ZipFile(cast("IO[bytes]", self), "w", ZIP_DEFLATED)

    def write(self, data: bytes) -> int:
        """Add some bytes."""
        self._held += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: no byte is held elsewhere."""

    def taken(self) -> bytes:
        """The bytes since the last call."""
        data = bytes(self._held)
        self._held.clear()
        return data
