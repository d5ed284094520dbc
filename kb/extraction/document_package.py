"""A document that is a zip of XML parts, read within bounds. This module runs in a subprocess.

A zip may hold far more than its size: each bound is checked against the directory before anything is unpacked, and
again against what is really unpacked.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from kb.extraction.extraction_process import FileRefusal
from kb.model.items.item_file import FileKind

MOST_MEMBERS = 10_000
LARGEST_PART = 100_000_000
"""Bytes of one unpacked part that is read: a book of ten thousand pages has fewer."""
LARGEST_PACKAGE = 2_000_000_000
"""Bytes of all parts unpacked, most of which are pictures that nobody unpacks here."""
_RATIO, _SMALL = 200, 10_000_000
"""A part of more than `_SMALL` bytes that was packed by more than `_RATIO` is no text: texts are by about 10."""
_NEEDED = {FileKind.DOCX: "word/document.xml", FileKind.ODT: "content.xml", FileKind.EPUB: "META-INF/container.xml"}


class UnsafePackage(Exception):
    """A package that must not be kept."""

    def __init__(self, refusal: FileRefusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class DocumentPackage:
    """The parts of a document, by name."""

    packed: zipfile.ZipFile
    names: frozenset[str]
    is_encrypted: bool = False

    def part(self, name: str) -> bytes:
        """A part, empty if there is none. Raises UnsafePackage for one that unpacks to too much."""
        if name not in self.names:
            return b""
        info = self.packed.getinfo(name)
        if info.file_size > LARGEST_PART or info.file_size > max(_SMALL, _RATIO * info.compress_size):
            raise UnsafePackage(FileRefusal.BOMB)
        with self.packed.open(info) as member:
            content = member.read(LARGEST_PART + 1)
        if len(content) > LARGEST_PART:
            raise UnsafePackage(FileRefusal.BOMB)
        return content


@contextmanager
def open_package(file: BinaryIO, kind: FileKind) -> Iterator[DocumentPackage]:
    """Open a document. Raises UnsafePackage for a bomb and for macros, KeyError for a zip that is no such document, and
    errors of zipfile for a damaged one.
    """
    with zipfile.ZipFile(file) as packed:
        infos = packed.infolist()
        if len(infos) > MOST_MEMBERS or sum(info.file_size for info in infos) > LARGEST_PACKAGE:
            raise UnsafePackage(FileRefusal.BOMB)
        names = frozenset(info.filename for info in infos)
        if _NEEDED[kind] not in names:
            raise KeyError(_NEEDED[kind])
        if any(map(_is_macro, names)):
            raise UnsafePackage(FileRefusal.MACROS)
        package = DocumentPackage(packed, names)
        if kind is FileKind.DOCX and b"macroEnabled" in package.part("[Content_Types].xml"):
            raise UnsafePackage(FileRefusal.MACROS)
        is_locked = kind is FileKind.ODT and b"encryption-data" in package.part("META-INF/manifest.xml")
        is_locked = is_locked or any(info.flag_bits & 1 for info in infos)
        yield DocumentPackage(packed, names, is_locked)


def _is_macro(name: str) -> bool:
    """Whether a member holds a program: of Word, or of OpenDocument (without the list of its libraries)."""
    if name.lower().endswith("vbaproject.bin"):
        return True
    return name.startswith(("Basic/", "Scripts/")) and not name.endswith(("/", "-lc.xml", "-lb.xml"))
