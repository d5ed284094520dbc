"""The logo of the site: an uploaded PNG, JPEG or WebP image, decoded in a sandbox and encoded again as a small PNG.

What is stored has no byte of the upload: no comment, no place where it was taken, no second file at its end.
"""

import json
from base64 import b64decode
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from tempfile import TemporaryFile

from kb.errors import Invalid
from kb.sandbox.sandboxed_process import SubprocessStopped, lines_from_subprocess

LARGEST_LOGO = 2_000_000
"""Bytes of an upload."""
_READER = "kb.images.logo_reader"
_SECONDS = 10
"""Of CPU time of the process that decodes."""
_MEMORY = 1 << 30
"""Bytes of address space: Python and its libraries reserve most of it."""


@dataclass(frozen=True, slots=True)
class Logo:
    """The image as PNG, and its size in pixels."""

    png: bytes
    width: int
    height: int


def read_logo(content: bytes) -> Logo:
    """The logo of an upload. Raises Invalid for another file, or too large an image; SubprocessFailed."""
    if len(content) > LARGEST_LOGO:
        raise Invalid("A logo has at most %(limit)s MB.", limit=LARGEST_LOGO // 10**6)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        raise Invalid("An SVG image can hold programs: send the logo as PNG, JPEG or WebP.")
    with TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        lines: Generator[bytes, None, None] = lines_from_subprocess(_READER, file, seconds=_SECONDS, memory=_MEMORY)
        try:
            with closing(lines):
                answer = json.loads(b"".join(lines))
        except (SubprocessStopped, ValueError):
            raise Invalid("This image cannot be read: send the logo as PNG, JPEG or WebP.") from None
    return Logo(b64decode(answer["png"]), int(answer["width"]), int(answer["height"]))
