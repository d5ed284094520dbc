"""Parse the statements of an RDF file with rdflib, without network access. No other module uses rdflib.
A file may make its parser fetch something (a JSON-LD context, an external entity) or expand a small text to a huge one
(the entities of a DTD). Such files are refused before rdflib sees them.
"""

import json
import logging
import re
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from kb.errors import Invalid
from kb.model.truncation import truncate_within

TURTLE, RDF_XML, JSON_LD = "turtle", "rdf-xml", "json-ld"
LARGEST_RDF_FILE = 64_000_000
"""Bytes of a file that is read: rdflib takes some thirty to fifty times as much memory."""
RELATIVE_URI_PREFIX = "http://relative.invalid/"
"""The base of relative addresses: the address of the file would reveal a folder of this machine."""

_LOOKED_AT = 64 << 10
"""Bytes among which a file shows its format."""
_PARSERS = {TURTLE: "turtle", RDF_XML: "xml", JSON_LD: "json-ld"}
_START = re.compile(rb"<\?xml|<!--|<!DOCTYPE|<[A-Za-z_][\w.-]*:RDF\b|<RDF\b|[\[{]")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class RdfValue(NamedTuple):
    """The object of a statement: a text with a language or a type, or another thing, named by its URI."""

    text: str
    language: str = ""
    datatype: str = ""
    is_resource: bool = False


RdfStatement = tuple[str, str, RdfValue]
"""Subject, predicate, object; things without a name begin with `_:`."""


def detected_rdf_format(data: bytes) -> str:
    """The probable format of a file; a file that is neither XML nor JSON is taken for Turtle."""
    match = _START.match(data[:_LOOKED_AT].lstrip().removeprefix(_BYTE_ORDER_MARK).lstrip())
    if match is None:
        return TURTLE
    # A Turtle list and a JSON list begin alike, and so does a blank node.
    if match[0] == b"[":
        try:
            json.loads(data.removeprefix(_BYTE_ORDER_MARK))
        except (ValueError, RecursionError):
            return TURTLE
        return JSON_LD
    if match[0] == b"{":
        return JSON_LD
    return RDF_XML


def read_statements(data: bytes, format: str) -> Iterator[RdfStatement]:  # noqa: A002 - the option's own name
    """All statements of a file. Raises Invalid for one that cannot be read, or that refers to other files."""
    match format:
        case "rdf-xml":
            _refuse_declarations(data)
        case "json-ld":
            _refuse_remote_contexts(data)
    rdflib = _rdflib()
    # JSON-LD may put statements in a named graph: they count too.
    graphs = rdflib.Dataset()
    try:
        with warnings.catch_warnings():
            # rdflib's JSON-LD parser uses functions that rdflib itself has deprecated.
            warnings.simplefilter("ignore", DeprecationWarning)
            graphs.parse(data=data, format=_PARSERS[format], publicID=RELATIVE_URI_PREFIX)
    except RecursionError:
        _raise_unreadable(format, "too deep")
    except Exception as error:  # noqa: BLE001 - its parsers raise whatever they meet
        _raise_unreadable(format, _parser_error_text(error))
    for subject, predicate, value in {(subject, predicate, value) for subject, predicate, value, _ in graphs.quads()}:
        yield _node_name(rdflib, subject), str(predicate), _node_value(rdflib, value)


def _rdflib() -> ModuleType:
    """Imported late, so that a program that reads no RDF starts without it."""
    import rdflib  # noqa: PLC0415

    # Keep the notation as written: 01 is not 1.
    rdflib.NORMALIZE_LITERALS = False
    # rdflib prints each invalid address to standard error; our report lists them as warnings.
    logging.getLogger("rdflib").setLevel(logging.CRITICAL)
    return rdflib


def _node_name(rdflib: ModuleType, node: object) -> str:
    return f"_:{node}" if isinstance(node, rdflib.BNode) else str(node)


def _node_value(rdflib: ModuleType, node: object) -> RdfValue:
    if isinstance(node, rdflib.Literal):
        return RdfValue(str(node), (node.language or "").lower(), str(node.datatype or ""))
    return RdfValue(_node_name(rdflib, node), is_resource=True)


def _refuse_declarations(data: bytes) -> None:
    parser = expat.ParserCreate()

    def refuse(*_: object) -> NoReturn:
        raise Invalid(
            "This XML has a document type declaration (DOCTYPE), which is refused: "
            "save the file without it, or as Turtle."
        )

    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        _raise_unreadable(RDF_XML, str(error))


def _refuse_remote_contexts(data: bytes) -> None:
    try:
        unread = [json.loads(data.removeprefix(_BYTE_ORDER_MARK))]
    except RecursionError:
        _raise_unreadable(JSON_LD, "too deep")
    except ValueError as error:
        _raise_unreadable(JSON_LD, str(error))
    while unread:
        node = unread.pop()
        if isinstance(node, dict):
            far = [nested_text for key in ("@context", "@import") for nested_text in _nested_texts(node.get(key))]
            if far:
                raise Invalid(
                    "This JSON-LD names a context that lies elsewhere (%(address)s), and nothing is fetched: "
                    "put the context itself into the file, or save it as Turtle.",
                    address=far[0][:200],
                )
            unread.extend(node.values())
        elif isinstance(node, list):
            unread.extend(node)


def _nested_texts(value: object) -> Iterator[str]:
    """A text, or the texts of a list and of lists in it: rdflib looks for contexts in all of them."""
    unread = [value]
    while unread:
        nested = unread.pop()
        if isinstance(nested, str):
            yield nested
        elif isinstance(nested, list):
            unread.extend(nested)


def _parser_error_text(error: Exception) -> str:
    """The first line of a parser's message, without the quoted passage. The line number of Turtle is counted here,
    because the parser does not count the lines that it skips.
    """
    text, position, why = (getattr(error, name, None) for name in ("_str", "_i", "_why"))
    if isinstance(text, str | bytes) and isinstance(position, int) and isinstance(why, str):
        read = text[:position] if isinstance(text, str) else text[:position].decode("utf-8", "replace")
        return f"{why[:200]}: line {read.count(chr(10)) + 1}"
    message = str(error).strip().split("\n", 1)[0] or type(error).__name__
    return truncate_within(message, 200)


def _raise_unreadable(format: str, why: str) -> NoReturn:  # noqa: A002
    raise Invalid("This file cannot be read as %(format)s: %(why)s.", format=format, why=why)
