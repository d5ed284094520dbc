"""A document that is a zip of XML parts, read within bounds and without macros. This module runs in a subprocess.

A zip may hold far more than its size: each bound is checked against the directory before anything is unpacked, and
again against what is really unpacked.

Whether a document holds programs is told by what its parts are and not by their names. Office programs find the macros
of a DOCX by content types and relationships, those of an ODT in two folders, and in elements before its text.
"""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import IO, BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

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

_TYPES = re.compile(r"macroenabled|vbaproject|vbadata|activex", re.IGNORECASE)
"""In content types (ECMA-376, part 2; [MS-OFFMACRO]): documents with macros, their projects, and ActiveX controls."""
_RELATIONSHIPS = re.compile(r"/(?:vbaproject\w*|wordvbadata|control|activexcontrolbinary)$", re.IGNORECASE)
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PROJECT = "_VBA_PROJECT".encode("utf-16-le")
"""The name of a storage of each compound file with macros ([MS-OVBA], 2.2.1)."""
_PORTION = 1 << 20
_OPENDOCUMENT_FOLDERS = re.compile(r"(?:^|/)(?:basic|scripts)/(?!(?:[^/]*/)*[^/]*-l[bc]\.xml$)(?:[^/]*/)*[^/]+$")
"""A file in one of them, but for the lists of libraries, which are always there."""
_SCRIPTS = frozenset({"libraries", "library-embedded", "library-linked", "module", "source-code"})
_UNREADABLE_XML = (ParseError, DefusedXmlException, ValueError, LookupError)


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
        """Whether a part is a file of older Office programs, or an embedded object, that holds macros."""
        if self.packed.getinfo(name).flag_bits & 1:
            return False
        with self.packed.open(name) as member:
            return _is_compound_file_with_macros(member)


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
            names = (*package.names, *_manifest_names(package.part("META-INF/manifest.xml", _LARGEST_LIST)))
            paths = (name.replace("\\", "/").casefold() for name in names)
            return any(map(_OPENDOCUMENT_FOLDERS.search, paths)) or _has_scripts(package.part("content.xml"))
        case _:
            return False


def _declares_macros(package: DocumentPackage) -> bool:
    remaining = _LARGEST_LIST
    for name in package.names:
        if name.lower() == "[content_types].xml" or name.lower().endswith(".rels"):
            part = package.part(name, remaining)
            remaining -= len(part)
            if _names_macros(part):
                return True
    return False


def _names_macros(part: bytes) -> bool:
    """Whether the content types or the relationships of an Office document name a part with programs."""
    try:
        elements = tuple(_elements(part))
    except _UNREADABLE_XML:
        # Another reader may be less strict.
        text = part.replace(b"\0", b"").decode("latin-1")
        return bool(_TYPES.search(text))
    return any(
        _TYPES.search(element.get("ContentType", "")) or _RELATIONSHIPS.search(element.get("Type", "").strip())
        for element in elements
    )


def _elements(part: bytes) -> Iterator[Element]:
    if part:
        yield from fromstring(part).iter()


def _is_compound_file_with_macros(file: IO[bytes]) -> bool:
    before = file.read(len(_COMPOUND_FILE))
    if before != _COMPOUND_FILE:
        return False
    while portion := file.read(_PORTION):
        if _PROJECT in before + portion:
            return True
        before = portion[-len(_PROJECT) :]
    return False


def _manifest_names(part: bytes) -> Iterator[str]:
    """The paths in the manifest of an OpenDocument file."""
    try:
        for element in _elements(part):
            yield from (value for name, value in element.items() if name.endswith("full-path"))
    except _UNREADABLE_XML:
        return


def _has_scripts(content: bytes) -> bool:
    """Whether an OpenDocument text has programs in its elements, which stand before its body."""
    try:
        for _, element in iterparse(BytesIO(content), events=("start",)):
            name = element.tag.rpartition("}")[2]
            if name == "body":
                return False
            if name in _SCRIPTS:
                return True
    except _UNREADABLE_XML:
        return False
    return False
