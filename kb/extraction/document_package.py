"""A document that is a zip of XML parts, read within bounds. This module runs in a subprocess.

A zip may hold far more than its size: each bound is checked against the directory before anything is unpacked, and
again against what is really unpacked.
"""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from kb.extraction.document_macros import (
    declares_macros,
    has_scripts,
    is_compound_file_with_macros,
    is_opendocument_macro,
    manifest_names,
)
from kb.extraction.extraction_process import FileRefusal
from kb.model.items.item_file import FileKind

MOST_MEMBERS = 10_000
LARGEST_PART = 100_000_000
"""Bytes of one unpacked part that is read: a book of ten thousand pages has fewer."""
LARGEST_PACKAGE = 2_000_000_000
"""Bytes of all parts unpacked, most of which are pictures that nobody unpacks here."""
_LARGEST_LIST = 20_000_000
"""Bytes of the lists of the parts of a document."""
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

    def part(self, name: str, largest: int = LARGEST_PART) -> bytes:
        """A part, empty if there is none. Raises UnsafePackage for one that unpacks to too much."""
        if name not in self.names:
            return b""
        info = self.packed.getinfo(name)
        if info.file_size > largest or info.file_size > max(_SMALL, _RATIO * info.compress_size):
            raise UnsafePackage(FileRefusal.BOMB)
        with self.packed.open(info) as member:
            content = member.read(largest + 1)
        if len(content) > largest:
            raise UnsafePackage(FileRefusal.BOMB)
        return content

    def is_compound_file_with_macros(self, name: str) -> bool:
        """Whether a part is a compound file with macros."""
        if self.packed.getinfo(name).flag_bits & 1:
            return False
        with self.packed.open(name) as member:
            return is_compound_file_with_macros(member)


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
        package = DocumentPackage(packed, names)
        if _has_macros(package, kind):
            raise UnsafePackage(FileRefusal.MACROS)
        is_locked = kind is FileKind.ODT and b"encryption-data" in package.part("META-INF/manifest.xml")
        is_locked = is_locked or any(info.flag_bits & 1 for info in infos)
        yield DocumentPackage(packed, names, is_locked)


def _has_macros(package: DocumentPackage, kind: FileKind) -> bool:
    if any(name.lower().endswith("vbaproject.bin") for name in package.names):
        return True
    match kind:
        case FileKind.DOCX:
            return _declares_macros(package) or any(map(package.is_compound_file_with_macros, package.names))
        case FileKind.ODT:
            listed = manifest_names(package.part("META-INF/manifest.xml", _LARGEST_LIST))
            return any(map(is_opendocument_macro, (*package.names, *listed))) or has_scripts(
                package.part("content.xml")
            )
        case _:
            return False


def _declares_macros(package: DocumentPackage) -> bool:
    remaining = _LARGEST_LIST
    for name in package.names:
        if name.lower() == "[content_types].xml" or name.lower().endswith(".rels"):
            part = package.part(name, remaining)
            remaining -= len(part)
            if declares_macros(part):
                return True
    return False
