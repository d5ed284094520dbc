r"""The files in a backup, one after the other in one stream: each with its SHA-256 and its size before its bytes.

    <64 hexadecimal digits> <size in bytes>\n<bytes>

A reader detects damage by the hashes, in bounded memory and without a directory.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

BLOCK = 1 << 20
_HEAD = re.compile(rb"([0-9a-f]{64}) (0|[1-9][0-9]{0,14})\n")
_LONGEST_HEAD = 64 + 1 + 15 + 1


class DamagedPack(Exception):
    """The content of a stream differs from what was packed."""


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class PackedFile:
    """A file in a stream. Its blocks must be read before the next file is asked for."""

    sha256: str
    size: int
    blocks: Iterator[bytes]


def pack_files(files: Iterable[PackedFile]) -> Iterator[bytes]:
    """The stream of some files. Raises DamagedPack for one that is not as long as it says."""
    for file in files:
        yield f"{file.sha256} {file.size}\n".encode()
        written = 0
        for block in file.blocks:
            written += len(block)
            yield block
        if written != file.size:
            raise DamagedPack


def unpack_files(stream: _Reader) -> Iterator[PackedFile]:
    """The files of a stream; the blocks of each raise DamagedPack at their end unless they have its hash."""
    while head := _read_head(stream):
        match = _HEAD.fullmatch(head)
        if match is None:
            raise DamagedPack
        yield PackedFile(match[1].decode(), int(match[2]), _checked_blocks(stream, match[1].decode(), int(match[2])))


def _read_head(stream: _Reader) -> bytes:
    head = bytearray()
    while not head.endswith(b"\n") and len(head) < _LONGEST_HEAD:
        byte = stream.read(1)
        if not byte:
            break
        head += byte
    return bytes(head)


def _checked_blocks(stream: _Reader, key: str, size: int) -> Iterator[bytes]:
    digest, remaining = sha256(), size
    while remaining:
        block = stream.read(min(BLOCK, remaining))
        if not block:
            raise DamagedPack
        remaining -= len(block)
        digest.update(block)
        yield block
    if digest.hexdigest() != key:
        raise DamagedPack
