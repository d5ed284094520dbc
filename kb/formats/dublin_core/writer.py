"""Items as Dublin Core: the `oai_dc` records of OAI-PMH 2.0, the fifteen elements without qualifiers.

`publisher` is the publisher, or the site of a page without one. `source` is the journal with volume, issue and pages.
"""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from kb.citations.citation import Citation
from kb.errors import translatable
from kb.feeds.xml_writing import add_element
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows
from kb.model.items.item import Item
from kb.translation import Translator

OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC = "http://purl.org/dc/elements/1.1/"


def write_dublin_core(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """A list of `oai_dc` records, one on each line."""
    root = f'<records xmlns:oai_dc="{OAI_DC}" xmlns:dc="{DC}">'
    yield f'<?xml version="1.0" encoding="utf-8"?>\n{root}\n'.encode()
    for item, _ in rows:
        yield ET.tostring(dublin_core_element(item, details), encoding="unicode").encode() + b"\n"
    yield b"</records>\n"


def dublin_core_element(item: Item, details: ExportDetails) -> ET.Element:
    """The `oai_dc:dc` of an item; the caller declares the two prefixes."""
    citation = details.citation(item)
    values: tuple[tuple[str, str | None], ...] = (
        ("title", citation.named(details.translator)),
        *(("creator", name.inverted) for name in citation.authors),
        *(("subject", keyword) for keyword in citation.keywords),
        *((names.dublin_core, text) for names, text in citation.texts if names.dublin_core),
        ("publisher", citation.publisher or citation.source),
        ("source", _host(citation, details.translator)),
        ("date", citation.published),
        ("type", "Text"),
        ("identifier", citation.url),
        ("identifier", citation.permalink),
        ("language", citation.language),
    )
    element = ET.Element("oai_dc:dc")
    for name, value in values:
        if value:
            add_element(element, f"dc:{name}", value)
    return element


def _host(citation: Citation, translator: Translator) -> str:
    """What a part was published in, and where in it; empty for a page of a site, whose publisher this is."""
    place = citation.numbering(translator)
    return ", ".join(filter(None, (citation.source, place))) if place or citation.publisher else ""


DUBLIN_CORE_EXPORT = ExportFormat(
    "dc",
    "Dublin Core (XML)",
    translatable("For portals and archives: the fifteen elements of Dublin Core, without passages."),
    ".xml",
    "application/xml",
    write_dublin_core,
)
