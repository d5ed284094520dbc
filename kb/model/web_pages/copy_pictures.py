"""The pictures inside the saved copy of a page, which are `data:` addresses there."""

import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from hashlib import blake2b

_TYPES = {"png": b"\x89PNG\r\n\x1a\n", "jpeg": b"\xff\xd8\xff", "gif": b"GIF8", "webp": b"RIFF"}
"""Formats of pictures that run nothing, each with its first bytes."""
SAFE_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,([A-Za-z0-9+/=]{1000,})")
"""The address of a picture; smaller ones are signs and spies."""


@dataclass(frozen=True, slots=True)
class CopyPicture:
    media_type: str
    content: bytes


def picture_name(address: str) -> str:
    """The name of a picture: a hash of its address."""
    return blake2b(address.encode("utf-8", "replace"), digest_size=8).hexdigest()


def picture_in_copy(copy: str, name: str) -> CopyPicture | None:
    """The picture of this name, if it is what its address says; None otherwise."""
    for match in SAFE_PICTURE.finditer(copy):
        if picture_name(match[0]) == name:
            try:
                content = b64decode(match[2], validate=True)
            except Error:
                return None
            return CopyPicture(f"image/{match[1]}", content) if content.startswith(_TYPES[match[1]]) else None
    return None
