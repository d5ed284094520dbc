"""The XML of OAI-PMH answers (Open Archives Initiative, Protocol for Metadata Harvesting 2.0, of 2015-01-08)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as ET

from kb.features.harvest.harvest_sets import HarvestSet
from kb.features.harvest.harvests import HarvestedRecord
from kb.features.harvest.oai_arguments import ListPosition
from kb.feeds.xml_writing import add_element, rfc3339
from kb.formats.dublin_core.writer import DC, OAI_DC, dublin_core_element
from kb.formats.marc_xml.writer import MARC, marc_record_element
from kb.formats.shared.export_format import ExportDetails
from kb.model.items.item import Item

_OAI = "http://www.openarchives.org/OAI/2.0/"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
Pieces = Iterator[bytes]


@dataclass(frozen=True, slots=True)
class MetadataFormat:
    """A format of records; `prefixes` are the namespaces that its elements use, by prefix."""

    schema: str
    namespace: str
    prefixes: Mapping[str, str]
    element: Callable[[Item, ExportDetails], ET.Element]


METADATA_FORMATS: Mapping[str, MetadataFormat] = {
    "oai_dc": MetadataFormat(
        "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", OAI_DC, {"oai_dc": OAI_DC, "dc": DC}, dublin_core_element
    ),
    "marcxml": MetadataFormat(
        "http://www.loc.gov/standards/marcxml/schema/MARC21slim.xsd", MARC, {"": MARC}, marc_record_element
    ),
}
"""By metadata prefix."""


def oai_document(answered_at: datetime, base_url: str, arguments: Mapping[str, str], body: Iterable[bytes]) -> Pieces:
    """A whole answer. Without `arguments`, the request is not repeated, because it was not understood."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    location = f"{_OAI} {_OAI}OAI-PMH.xsd"
    yield f'<OAI-PMH xmlns="{_OAI}" xmlns:xsi="{_XSI}" xsi:schemaLocation="{location}">\n'.encode()
    yield _element("responseDate", rfc3339(answered_at))
    yield _element("request", base_url, **arguments)
    yield from body
    yield b"</OAI-PMH>\n"


def error_element(code: str, message: str) -> bytes:
    return _element("error", message, code=code)


def identify_element(name: str, base_url: str, email: str, earliest: str) -> bytes:
    root = ET.Element("Identify")
    for tag, value in (
        ("repositoryName", name),
        ("baseURL", base_url),
        ("protocolVersion", "2.0"),
        ("adminEmail", email),
        ("earliestDatestamp", datestamp(earliest)),
        ("deletedRecord", "persistent"),
        ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
    ):
        add_element(root, tag, value)
    return _xml_line(root)


def metadata_formats_element() -> bytes:
    root = ET.Element("ListMetadataFormats")
    for prefix, format_ in METADATA_FORMATS.items():
        child = add_element(root, "metadataFormat")
        for tag, value in (
            ("metadataPrefix", prefix), ("schema", format_.schema), ("metadataNamespace", format_.namespace),
        ):  # fmt: skip
            add_element(child, tag, value)
    return _xml_line(root)


def set_element(harvest_set: HarvestSet) -> bytes:
    root = ET.Element("set")
    add_element(root, "setSpec", harvest_set.spec)
    add_element(root, "setName", harvest_set.name)
    if harvest_set.description:
        description = add_element(add_element(root, "setDescription"), "oai_dc:dc", **_declared("oai_dc"))
        add_element(description, "dc:description", harvest_set.description)
    return _xml_line(root)


def header_element(record: HarvestedRecord, authority: str) -> bytes:
    return _xml_line(_header(record, authority))


def record_element(record: HarvestedRecord, authority: str, prefix: str, details: ExportDetails) -> bytes:
    """A record in a format; a withdrawn one has a header alone."""
    root = ET.Element("record")
    root.append(_header(record, authority))
    if record.item is not None:
        add_element(root, "metadata").append(_metadata(record.item, prefix, details))
    return _xml_line(root)


def metadata_document(item: Item, prefix: str, details: ExportDetails) -> bytes:
    """An item in a format, as a document of its own."""
    document: bytes = ET.tostring(_metadata(item, prefix, details), encoding="utf-8", xml_declaration=True)
    return document


def token_element(position: ListPosition, token: str, first: int, expires: datetime | None) -> bytes:
    """The token with which a list goes on, after its records from number `first` on; an empty one ends the list."""
    size = None if position.size is None else str(position.size)
    attributes = {"completeListSize": size, "cursor": str(first), "expirationDate": expires and rfc3339(expires)}
    root = ET.Element("resumptionToken", {name: value for name, value in attributes.items() if value})
    root.text = token
    return _xml_line(root)


def oai_identifier(authority: str, item_id: str) -> str:
    return f"oai:{authority}:{item_id}"


def datestamp(stored: str) -> str:
    """The second of a stored date."""
    return f"{stored[:19]}Z"


def _header(record: HarvestedRecord, authority: str) -> ET.Element:
    root = ET.Element("header", {} if record.item else {"status": "deleted"})
    add_element(root, "identifier", oai_identifier(authority, record.item_id))
    add_element(root, "datestamp", datestamp(record.stamp))
    for spec in record.specs:
        add_element(root, "setSpec", spec)
    return root


def _metadata(item: Item, prefix: str, details: ExportDetails) -> ET.Element:
    element = METADATA_FORMATS[prefix].element(item, details)
    element.attrib.update(_declared(prefix))
    return element


def _declared(prefix: str) -> dict[str, str]:
    """What the root of a record declares: a harvester stores it alone."""
    form = METADATA_FORMATS[prefix]
    names = {f"xmlns:{name}" if name else "xmlns": namespace for name, namespace in form.prefixes.items()}
    return {**names, "xmlns:xsi": _XSI, "xsi:schemaLocation": f"{form.namespace} {form.schema}"}


def _element(name: str, text: str, **attributes: str) -> bytes:
    return _xml_line(add_element(ET.Element("parent"), name, text, **attributes))


def _xml_line(element: ET.Element) -> bytes:
    return ET.tostring(element, encoding="unicode").encode() + b"\n"
