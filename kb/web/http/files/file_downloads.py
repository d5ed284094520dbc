"""Download a stored file or one part of it (RFC 9110, 14), as an attachment in which no browser runs anything."""

import re
from collections.abc import Iterator
from itertools import chain
from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from kb.model.slugs import slug_of
from kb.web.http.authentication import RequestCredentials
from kb.web.http.conditional_requests import UNCOMPRESSED, Conditions
from kb.web.http.files.streamed_files import StreamedFile

# The first part alone: a request for several parts gets the whole file.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_LONGEST_NAME = 100
SANDBOX = "sandbox; default-src 'none'"
"""The content security policy of files of users, whatever a browser makes of them."""


class Part:
    """The bytes of a file that a request asks for, from `start` to `end`; `is_whole`: all of them."""

    def __init__(self, conditions: Conditions, etag: str, size: int) -> None:
        """Raises UnsatisfiableRange."""
        self.start, self.end, self.size = 0, size, size
        match = _RANGE.fullmatch(conditions.range.replace(" ", ""))
        if match is None or match[0] == "bytes=-" or conditions.if_range not in {"", etag}:
            return
        first, last = match[1], match[2]
        if not first:
            self.start = max(size - int(last), 0)
        else:
            self.start = int(first)
            self.end = min(int(last) + 1, size) if last else size
        if first and last and int(first) > int(last):
            # Such a header is no range, and ignored (RFC 9110, 14.1.1).
            self.start, self.end = 0, size
        elif self.start >= self.end:
            raise UnsatisfiableRange(size)

    @property
    def is_whole(self) -> bool:
        return (self.start, self.end) == (0, self.size)


class UnsatisfiableRange(Exception):
    """A range that lies behind the end of a file of `size` bytes."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size

    @property
    def response(self) -> Response:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{self.size}", "Cache-Control": "no-store"})


class FileDownload(StreamedFile):
    """A stored file, or a part of it, as an attachment named `name`."""

    def __init__(
        self,
        pieces: Iterator[bytes],
        part: Part,
        credentials: RequestCredentials,
        *,
        name: str,
        media_type: str,
        etag: str,
    ) -> None:
        headers = {
            "Content-Disposition": content_disposition(name),
            "Content-Length": str(part.end - part.start),
            "Content-Security-Policy": SANDBOX,
            "Accept-Ranges": "bytes",
            # A part of a compressed answer would be no part of the file.
            "Content-Encoding": UNCOMPRESSED,
            "ETag": etag,
            # Nobody keeps a copy of what the reader's rights have shown.
            "Cache-Control": "private, no-store",
            "X-Robots-Tag": "noindex",
        }
        if not part.is_whole:
            headers["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{part.size}"
        status = 200 if part.is_whole else 206
        StreamingResponse.__init__(self, iter(()), status_code=status, headers=headers, media_type=media_type)
        # The first piece is read now, so that a missing file is said before the head is sent.
        self._pieces, self._credentials = chain((next(pieces, b""),), pieces), credentials


def content_disposition(name: str) -> str:
    """The header of an attachment (RFC 6266): old programs read the first name, all others the second (RFC 8187)."""
    path = PurePosixPath(name)
    plain = f"{slug_of(path.stem)[:_LONGEST_NAME] or 'file'}{path.suffix if path.suffix.isascii() else ''}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def name_with_suffix(name: str, suffix: str) -> str:
    """The name of a file with the suffix of what it is: a system opens a file by its suffix."""
    return name if name.lower().endswith(suffix) else f"{name}{suffix}"
