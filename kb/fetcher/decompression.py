"""Decompress a body piece by piece, never more than the caller needs."""

import zlib
from dataclasses import dataclass, field

from kb.model.web_pages.page_facts import FetchFailed, FetchFailure

ENCODINGS = "gzip, deflate"
"""The encodings that we accept: all that can be decompressed piece by piece without another library."""
_EITHER = zlib.MAX_WBITS | 32
_RAW = -zlib.MAX_WBITS
_ZLIB = 8  # the compression method, in the low half of the first byte of a zlib header
_MOST_MEMBERS = 100


@dataclass(slots=True)
class DecompressedBody:
    """The bytes of a body, at most `most` of them; `encoding` is empty, gzip or deflate."""

    encoding: str
    most: int
    data: bytearray = field(default_factory=bytearray)
    _decompressor: "zlib._Decompress | None" = None
    _members: int = 0

    def add(self, piece: bytes) -> None:
        """Add the next piece. Raises FetchFailed: TOO_LARGE, or BROKEN for data in another compression."""
        if not self.encoding:
            self._keep(piece)
            return
        while piece and self._members < _MOST_MEMBERS:
            if self._decompressor is None:
                # Servers send deflate with or without the header of zlib.
                is_raw = self.encoding == "deflate" and piece[0] & 15 != _ZLIB
                self._decompressor = zlib.decompressobj(_RAW if is_raw else _EITHER)
                self._members += 1
            try:
                self._keep(self._decompressor.decompress(piece, self.most + 1 - len(self.data)))
            except zlib.error as error:
                # Some servers append other bytes; the data before them is good.
                if self._members > 1:
                    self._members = _MOST_MEMBERS
                    return
                raise FetchFailed(FetchFailure.BROKEN, str(error)) from None
            if not self._decompressor.eof:
                return
            piece = self._decompressor.unused_data
            self._decompressor = None

    def _keep(self, piece: bytes) -> None:
        self.data += piece
        if len(self.data) > self.most:
            raise FetchFailed(FetchFailure.TOO_LARGE, f"more than {self.most} bytes")


def content_encoding(header: str) -> str:
    """The one compression that a header names; empty for none. Raises FetchFailed for others, and for two at once."""
    names = [name for part in header.lower().split(",") if (name := part.strip()) not in ("", "identity")]
    match names:
        case []:
            return ""
        case ["gzip" | "x-gzip"]:
            return "gzip"
        case ["deflate"]:
            return "deflate"
        case _:
            raise FetchFailed(FetchFailure.BROKEN, f"encoded as {header[:50]}")
