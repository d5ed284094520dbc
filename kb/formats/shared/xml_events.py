"""The elements of an XML file as they come, in bounded memory.

defusedxml refuses the declarations of entities, and expat reads the rest. A fault ends the reading, with a warning:
what stands before it was read. Names of characters that only HTML has (`&nbsp;`) are read, because feeds have them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html.entities import html5
from itertools import chain
from xml.sax import SAXException
from xml.sax.handler import ContentHandler, feature_external_ges, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from kb.formats.shared.decoded_text import decode_chunks
from kb.model.items.import_draft import RecordWarning, warning_of
from kb.model.storable_text import xml_safe_text

_DEEPEST = 200
_LONGEST_TOKEN = 4 << 20
"""Characters without an end of a tag, a comment or a text, which expat keeps in memory."""
_LONGEST_TEXT = 2_000_000
"""Characters of one node that are kept."""
_WEIGHT = 100
"""An element counts as a text of so many characters."""
_REFERENCE = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,31});")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_LONGEST_REFERENCE = 34
_LONGEST_DECLARATION = 200
_LEGACY = re.compile(
    rb"""<\?xml[^<>]{0,100}?encoding\s{0,5}=\s{0,5}["'](?:iso-8859-|windows-125|latin)""", re.IGNORECASE
)
_LOOKED_AT = 64 << 10
_MOST_BEFORE_ROOT = 50
_ROOT = re.compile(r"<[A-Za-z][^<>]*+>?")

XmlName = tuple[str | None, str]
"""The address of the namespace, None without one, and the local name."""


@dataclass(frozen=True, slots=True)
class XmlStart:
    """The start of an element; attributes by their local names."""

    name: XmlName
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class XmlEnd:
    name: XmlName


@dataclass(slots=True)
class XmlNode:
    """An element with its texts and elements in order."""

    name: XmlName
    attributes: Mapping[str, str]
    parts: list["str | XmlNode"] = field(default_factory=list)

    @property
    def children(self) -> Iterator["XmlNode"]:
        return (part for part in self.parts if isinstance(part, XmlNode))

    def text(self) -> str:
        """All texts in it, without spaces around them."""
        texts, unread = list[str](), list["str | XmlNode"]([self])
        while unread:
            match unread.pop():
                case str() as text:
                    texts.append(text)
                case node:
                    unread.extend(reversed(node.parts))
        return "".join(texts).strip()

    def first(self, *locals_: str) -> "XmlNode | None":
        """The first element in it with one of these local names, in the order of the names."""
        for local in locals_:
            if node := next((child for child in self.children if child.name[1] == local), None):
                return node
        return None

    def text_of(self, *locals_: str) -> str:
        """The text of the first element in it that has one of these local names and a text."""
        texts = (node.text() for local in locals_ for node in self.children if node.name[1] == local)
        return next(filter(None, texts), "")


def xml_events(chunks: Iterable[bytes]) -> Iterator[XmlStart | XmlEnd | str | RecordWarning]:
    """The elements and the texts in order. A warning says where and why the reading ended early."""
    events = _Events()
    parser = create_parser(forbid_dtd=False, forbid_entities=True, forbid_external=False)
    # Old feeds name the DTD of RSS 0.91: it is not fetched.
    parser.setFeature(feature_external_ges, False)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(events)
    silent = 0
    try:
        for piece in _xml_text(chunks):
            if isinstance(piece, RecordWarning):
                yield piece
                continue
            parser.feed(piece)
            silent = 0 if events.found else silent + len(piece)
            yield from events.take()
            if silent > _LONGEST_TOKEN:
                yield warning_of(
                    "A tag or a comment is too long: reading ends here.", parser.getLineNumber(), skipped=True
                )
                return
        parser.close()
        yield from events.take()
    except (SAXException, DefusedXmlException, _TooDeep) as error:
        yield from events.take()
        line = parser.getLineNumber()
        match error:
            case _TooDeep():
                yield warning_of("Elements are nested too deep: reading ends here.", line, skipped=True)
            case DefusedXmlException():
                yield warning_of("This file declares entities of its own, which are refused.", line, skipped=True)
            case _ if events.is_open or not events.depth:
                yield warning_of("This is not well-formed XML: reading ends here.", line, skipped=True)


def xml_nodes(chunks: Iterable[bytes], containers: frozenset[str]) -> Iterator[XmlNode | RecordWarning]:
    """The elements whose parent has one of these local names, each with all that is in it, one at a time.

    A container within a container is no node: its elements are nodes. Those that are not complete are dropped.
    """
    within, node = list[bool](), _OpenNode()
    for event in xml_events(chunks):
        match event:
            case RecordWarning():
                yield event
            case str():
                node.add_text(event)
            case XmlStart(name):
                if node.is_open or (within and within[-1] and name[1] not in containers):
                    node.open(event)
                else:
                    within.append(name[1] in containers)
            case XmlEnd():
                if not node.is_open:
                    within.pop()
                elif complete := node.close():
                    yield complete


class _OpenNode:
    """A node that is being read, with the elements that are open in it."""

    def __init__(self) -> None:
        self.stack: list[XmlNode] = []
        self.size = 0

    @property
    def is_open(self) -> bool:
        return bool(self.stack)

    def add_text(self, text: str) -> None:
        if self.stack and self.size < _LONGEST_TEXT:
            self.stack[-1].parts.append(text[: _LONGEST_TEXT - self.size])
            self.size += len(text)

    def open(self, start: XmlStart) -> None:
        node = XmlNode(start.name, start.attributes)
        if not self.stack:
            self.size = 0
        elif self.size < _LONGEST_TEXT:
            self.stack[-1].parts.append(node)
        self.stack.append(node)
        self.size += _WEIGHT + sum(map(len, start.attributes.values()))

    def close(self) -> XmlNode | None:
        """Close the innermost element; the node, if it is complete."""
        node = self.stack.pop()
        return None if self.stack else node


class _TooDeep(Exception):
    """Elements within elements, far beyond what a file of references has."""


class _Events(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[XmlStart | XmlEnd | str] = []
        self.depth = 0
        self.is_open = True

    def take(self) -> list[XmlStart | XmlEnd | str]:
        events, self.found = self.found, []
        return events

    def startElementNS(self, name: XmlName, qname: str | None, attrs: AttributesNSImpl) -> None:  # noqa: ARG002, N802
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _TooDeep
        self.found.append(XmlStart(name, {name[1]: value for name, value in attrs.items()}))

    def endElementNS(self, name: XmlName, qname: str | None) -> None:  # noqa: ARG002, N802
        self.depth -= 1
        self.is_open = self.depth > 0
        self.found.append(XmlEnd(name))

    def characters(self, content: str) -> None:
        self.found.append(content)

    def skippedEntity(self, name: str) -> None:  # noqa: ARG002, N802
        self.found.append("\ufffd")


def _xml_text(chunks: Iterable[bytes]) -> Iterator[str | RecordWarning]:
    """The text, without characters that XML forbids and without references that only HTML has."""
    source, head = iter(chunks), b""
    while len(head) < _LONGEST_DECLARATION and (chunk := next(source, None)) is not None:
        head += chunk
    rest, legacy = "", _LEGACY.match(head.lstrip()) is not None
    for piece in decode_chunks(chain([head.lstrip()], source)):
        if isinstance(piece, RecordWarning):
            if not legacy:
                yield piece
            continue
        text = rest + piece
        cut = text.rfind("&", max(0, len(text) - _LONGEST_REFERENCE))
        rest = text[cut:] if cut >= 0 and ";" not in text[cut:] else ""
        yield xml_safe_text(_REFERENCE.sub(_character, text[: len(text) - len(rest)]))
    if rest:
        yield xml_safe_text(rest)


def _character(match: re.Match[str]) -> str:
    name = match[1]
    return match[0] if name in _OF_XML else html5.get(f"{name};", match[0])


def xml_root(head: bytes) -> str:
    """The first tag of an XML file that begins with these bytes, as written; empty for another file."""
    text = head[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").decode("latin-1").lstrip()
    for _ in range(_MOST_BEFORE_ROOT):
        if not text.startswith(("<?", "<!")):
            break
        # Declarations may stand within a document type: `<!DOCTYPE rss [<!ENTITY …>]>`.
        has_declarations = text.startswith("<!DOCTYPE") and "[" in text.partition(">")[0]
        text = text.partition("-->" if text.startswith("<!--") else "]>" if has_declarations else ">")[2]
        text = text.lstrip()
    match = _ROOT.match(text)
    return match[0] if match else ""
