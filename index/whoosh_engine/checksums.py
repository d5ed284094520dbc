"""Checksums of the index files, so that a changed byte raises an error instead of giving a wrong answer.

The file of a segment has a crc32 for each block of its bytes: a search checks the blocks that it reads, `kb index
check` checks all of them. A table of contents is read whole, and ends with one crc32 of everything before it.
"""

import errno
import struct
import zlib
from collections.abc import Sequence

from index.engine import Damage

BLOCK = 4096
"""Bytes that one crc32 covers. A search reads whole blocks: fewer bytes would be more checksums to keep in memory."""
_DAMAGE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EIO}
SEAL = struct.Struct("<I8s")
SEAL_MAGIC = b"FLORTOC1"


class Damaged(Exception):
    """The content of a file has changed since it was written."""

    def __init__(self, message: str, damage: Damage = Damage.CHANGED) -> None:
        super().__init__(message)
        self.damage = damage


def is_damage(error: OSError) -> bool:
    """Whether the file is missing or cannot be read for ever, and not, for example, because too many files are open."""
    return error.errno in _DAMAGE


class BlockChecksums:
    """The crc32 of each block of a stream, computed while it is written. The last block may be shorter."""

    def __init__(self) -> None:
        self._finished: list[int] = []
        self._checksum = 0
        self._length = 0

    def add(self, content: memoryview) -> None:
        """Add the next bytes of the stream."""
        offset = self._fill(content)
        end = offset + (len(content) - offset) // BLOCK * BLOCK
        self._finished += [zlib.crc32(content[start : start + BLOCK]) for start in range(offset, end, BLOCK)]
        if end < len(content):
            self._checksum, self._length = zlib.crc32(content[end:]), len(content) - end

    def _fill(self, content: memoryview) -> int:
        """Fill the current block; returns the number of bytes used."""
        if not self._length:
            return 0
        head = content[: BLOCK - self._length]
        self._checksum = zlib.crc32(head, self._checksum)
        self._length += len(head)
        if self._length == BLOCK:
            self._finished.append(self._checksum)
            self._length = 0
        return len(head)

    def all(self) -> list[int]:
        """The checksums of all blocks so far."""
        return [*self._finished, self._checksum] if self._length else list(self._finished)


def agree(content: bytes, checksums: Sequence[int]) -> bool:
    """Whether these bytes, which start at a block boundary, have these checksums."""
    if len(checksums) != -(-len(content) // BLOCK):
        return False
    if len(checksums) == 1:
        # The case of nearly all reads.
        return zlib.crc32(content) == checksums[0]
    view = memoryview(content)
    return [zlib.crc32(view[offset : offset + BLOCK]) for offset in range(0, len(content), BLOCK)] == list(checksums)


def seal_of(content: bytes) -> bytes:
    """The checksum to append to a file that is read whole."""
    return SEAL.pack(zlib.crc32(content), SEAL_MAGIC)


def unsealed(content: bytes) -> bytes:
    """The content without its checksum. Raises Damaged."""
    body = content[: -SEAL.size]
    if len(content) < SEAL.size or content[-SEAL.size :] != seal_of(body):
        raise Damaged("it was changed or cut, or made by another version of the program")
    return body
