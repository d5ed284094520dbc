"""A ZIP that is written in pieces, none of which stays in memory."""

from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZipFile


class ZipStream:
    """The file that a ZIP is written to; it cannot seek."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def zip_file(self) -> ZipFile:
        """The ZIP to write; once it is closed, the last pieces can be taken."""
        return ZipFile(cast("IO[bytes]", self), "w", ZIP_DEFLATED)

    def write(self, data: bytes) -> int:
        """Add some bytes."""
        self._buffer += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: no byte is buffered elsewhere."""

    def taken(self) -> bytes:
        """Return the bytes that were written since the last call."""
        data = bytes(self._buffer)
        self._buffer.clear()
        return data
