"""Whether a document holds programs, by what its parts are and not by their names. This module runs in a subprocess.

Office programs find the macros of a DOCX by content types and relationships, those of an ODT in two folders, and in
elements before its text.
"""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse

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


def declares_macros(part: bytes) -> bool:
    """Whether the content types or the relationships of an Office document name a part with programs."""
    try:
        elements = tuple(_elements(part))
    except (ParseError, DefusedXmlException, ValueError, LookupError):
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


def is_compound_file_with_macros(file: IO[bytes]) -> bool:
    """Whether a part is a file of older Office programs, or an embedded object, that holds macros."""
    before = file.read(len(_COMPOUND_FILE))
    if before != _COMPOUND_FILE:
        return False
    while portion := file.read(_PORTION):
        if _PROJECT in before + portion:
            return True
        before = portion[-len(_PROJECT) :]
    return False


def is_opendocument_macro(name: str) -> bool:
    """Whether the name of a member, or of an entry of the manifest, is that of a program."""
    path = name.replace("\\", "/").casefold()
    return bool(_OPENDOCUMENT_FOLDERS.search(path))


def manifest_names(part: bytes) -> Iterator[str]:
    """The paths in the manifest of an OpenDocument file."""
    try:
        for element in _elements(part):
            yield from (value for name, value in element.items() if name.endswith("full-path"))
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return


def has_scripts(content: bytes) -> bool:
    """Whether an OpenDocument text has programs in its elements, which stand before its body."""
    try:
        for _, element in iterparse(BytesIO(content), events=("start",)):
            name = element.tag.rpartition("}")[2]
            if name == "body":
                return False
            if name in _SCRIPTS:
                return True
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        return False
    return False
