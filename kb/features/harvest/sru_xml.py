"""The XML of SRU answers: of version 1 (Library of Congress, 2007) and of version 2.0 (OASIS, 2013)."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from kb.features.harvest.cql import INDEXES, SruDiagnostic
from kb.feeds.xml_writing import add_element
from kb.formats.dublin_core.writer import DC, dublin_core_element
from kb.formats.shared.export_format import ExportDetails
from kb.model.items.item import Item

DC_SCHEMA = "info:srw/schema/1/dc-v1.1"
_DC_ROOT = "info:srw/schema/1/dc-schema"
_FIRST, _SECOND = "http://www.loc.gov/zing/srw/", "http://docs.oasis-open.org/ns/search-ws/sruResponse"
_DIAGNOSTIC = {
    _FIRST: "http://www.loc.gov/zing/srw/diagnostic/",
    _SECOND: "http://docs.oasis-open.org/ns/search-ws/diagnostic",
}
_EXPLAIN = "http://explain.z3950.org/dtd/2.0/"
_SETS = {"cql": "info:srw/cql-context-set/1/cql-v1.2", "dc": "info:srw/cql-context-set/1/dc-v1.1"}

_MOST_RECORD_BYTES = 1_000_000
"""An answer ends with the record that passes this size; the next one goes on after it."""


@dataclass(frozen=True, slots=True)
class SruAnswer:
    """What a search gives: `items` from position `start` on, of `total`; or a diagnostic."""

    version: str
    total: int = 0
    start: int = 1
    items: tuple[Item, ...] = ()
    diagnostic: SruDiagnostic | None = None

    @property
    def namespace(self) -> str:
        return _SECOND if self.version == "2.0" else _FIRST


def search_document(answer: SruAnswer, query: str, details: ExportDetails) -> Iterator[bytes]:
    """The answer of searchRetrieve, which repeats the query."""
    root = ET.Element("searchRetrieveResponse", {"xmlns": answer.namespace})
    _add_version(root, answer)
    add_element(root, "numberOfRecords", str(answer.total))
    count = _add_records(add_element(root, "records"), answer, details) if answer.items else 0
    following = answer.start + count
    if answer.items and following <= answer.total:
        add_element(root, "nextRecordPosition", str(following))
    if query and answer.version != "2.0":
        request = add_element(root, "echoedSearchRetrieveRequest")
        add_element(request, "version", answer.version)
        add_element(request, "query", query)
    if answer.diagnostic is not None:
        space, number = _DIAGNOSTIC[answer.namespace], answer.diagnostic.code
        diagnostic = add_element(add_element(root, "diagnostics"), "diagnostic", xmlns=space)
        add_element(diagnostic, "uri", f"info:srw/diagnostic/1/{number}")
        if answer.diagnostic.details:
            add_element(diagnostic, "details", answer.diagnostic.details)
        add_element(diagnostic, "message", answer.diagnostic.message)
    yield _document(root)


def explain_document(answer: SruAnswer, name: str, language: str, address: str) -> Iterator[bytes]:
    """The answer of explain: what can be asked here, as ZeeRex 2.0."""
    root = ET.Element("explainResponse", {"xmlns": answer.namespace})
    _add_version(root, answer)
    explain = add_element(_add_record(root, answer, _EXPLAIN), "explain", xmlns=_EXPLAIN)
    site = urlsplit(address)
    server = add_element(explain, "serverInfo", protocol="SRU", version=answer.version, transport=site.scheme)
    add_element(server, "host", site.hostname or "")
    add_element(server, "port", str(site.port or (443 if site.scheme == "https" else 80)))
    add_element(server, "database", site.path.lstrip("/"))
    add_element(add_element(explain, "databaseInfo"), "title", name, lang=language, primary="true")
    indexes = add_element(explain, "indexInfo")
    for prefix, identifier in _SETS.items():
        add_element(indexes, "set", identifier=identifier, name=prefix)
    for index in INDEXES:
        prefix, _, plain = index.partition(".")
        described = add_element(indexes, "index", search="true", scan="false", sort="false")
        add_element(described, "title", plain)
        add_element(
            add_element(described, "map"), "name", "serverChoice" if plain == "serverchoice" else plain, set=prefix
        )
    schema = add_element(add_element(explain, "schemaInfo"), "schema", identifier=DC_SCHEMA, name="dc", sort="false")
    add_element(schema, "title", "Dublin Core")
    config = add_element(explain, "configInfo")
    add_element(config, "default", "10", type="numberOfRecords")
    add_element(config, "setting", "50", type="maximumRecords")
    yield _document(root)


def _add_records(parent: ET.Element, answer: SruAnswer, details: ExportDetails) -> int:
    """Add records up to _MOST_RECORD_BYTES, one at least; returns their number."""
    left = _MOST_RECORD_BYTES
    for place, item in enumerate(answer.items, answer.start):
        data = _add_record(parent, answer, DC_SCHEMA)
        element = dublin_core_element(item, details)
        element.tag = "srw_dc:dc"
        element.attrib.update({"xmlns:srw_dc": _DC_ROOT, "xmlns:dc": DC})
        data.append(element)
        add_element(parent[-1], "recordPosition", str(place))
        left -= len(ET.tostring(element, encoding="unicode").encode())
        if left <= 0:
            break
    return len(parent)


def _add_version(root: ET.Element, answer: SruAnswer) -> None:
    # Version 2.0 is said by the namespace.
    if answer.version != "2.0":
        add_element(root, "version", answer.version)


def _add_record(parent: ET.Element, answer: SruAnswer, schema: str) -> ET.Element:
    """A new record; returns the element of its data."""
    record = add_element(parent, "record")
    add_element(record, "recordSchema", schema)
    add_element(record, "recordXMLEscaping" if answer.version == "2.0" else "recordPacking", "xml")
    return add_element(record, "recordData")


def _document(root: ET.Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"
