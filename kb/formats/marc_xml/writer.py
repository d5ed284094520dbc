"""Items as UNIMARC in MARC-XML, for library catalogues.

UNIMARC: IFLA, *UNIMARC Manual, Bibliographic Format* (3rd edition, updates of 2022): 003 the permanent link, 100 and
101 coded data, 200 title and names, 214 the publisher or the site and the date, 215 the pages, 300 notes, 330 abstract,
463 the journal with volume and issue, 610 tags, 700 to 711 names, 801 the site that exports, 856 the address. MARC-XML:
Library of Congress, *MARC 21 XML Schema*.
"""

from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

from kb.citations.citation import Citation
from kb.errors import translatable
from kb.feeds.xml_writing import add_element
from kb.formats.shared.export_format import ExportDetails, ExportFormat, Rows
from kb.model.dates import stored_instant
from kb.model.items.item import Item
from kb.translation import Translator

MARC = "http://www.loc.gov/MARC21/slim"
_LEADER = "00000nlm0 2200000   4500"
"""A new record (n) of an electronic resource (l) that is whole (m). XML needs no lengths, and its schema a last 0."""
_LANGUAGES = {
    "ar": "ara", "ca": "cat", "de": "ger", "en": "eng", "es": "spa", "eu": "baq", "fr": "fre", "it": "ita", "ja": "jpn",
    "nl": "dut", "oc": "oci", "pl": "pol", "pt": "por", "ro": "rum", "ru": "rus", "zh": "chi",
}  # fmt: skip
"""ISO 639-2 (B), by the codes of our languages."""
_Subfields = tuple[tuple[str, str | None], ...]


def write_marc_xml(rows: Rows, details: ExportDetails) -> Iterator[bytes]:
    """A collection, one record on each line."""
    yield f'<?xml version="1.0" encoding="utf-8"?>\n<collection xmlns="{MARC}">\n'.encode()
    for item, _ in rows:
        yield ET.tostring(marc_record_element(item, details), encoding="unicode").encode() + b"\n"
    yield b"</collection>\n"


def marc_record_element(item: Item, details: ExportDetails) -> ET.Element:
    """The record of an item; the caller declares the namespace."""
    citation = details.citation(item)
    record = ET.Element("record")
    add_element(record, "leader", _LEADER)
    for tag, value in (("001", item.id), ("003", citation.permalink)):
        add_element(record, "controlfield", value, tag=tag)
    language = _LANGUAGES.get((citation.language or "").split("-")[0].casefold())
    fields: list[tuple[str, str, _Subfields]] = [
        ("100", "  ", (("a", _coded_data(item, details)),)),
        ("101", "0 ", (("a", language),)),
        (
            "200",
            "1 ",
            (("a", citation.named(details.translator)), ("f", ", ".join(n.natural for n in citation.authors))),
        ),
        ("214", " 0", (("c", citation.publisher or citation.source), ("d", citation.published))),
        ("215", "  ", (("a", citation.page_range),)),
        ("463", " 1", _host(citation, details.translator)),
        *(("300", "  ", (("a", note),)) for note in citation.notes),
        *(
            (names.unimarc[0], names.unimarc[1], ((names.unimarc[2], text),))
            for names, text in citation.texts
            if names.unimarc[0]
        ),
        *(("610", "0 ", (("a", keyword),)) for keyword in citation.keywords),
        *_names(citation),
        ("801", " 0", (("b", details.site_name), ("c", details.made_at.strftime("%Y%m%d")))),
        ("856", "4 ", (("u", citation.url),)),
    ]
    # By their blocks: the names stay in the order of the byline.
    for tag, indicators, subfields in sorted(fields, key=lambda field: field[0][0]):
        _add_field(record, tag, indicators, subfields)
    return record


def _host(citation: Citation, translator: Translator) -> _Subfields:
    """What a part was published in (463), with its volume and issue; nothing for a page of a site."""
    number = replace(citation, page_range=None).numbering(translator)
    return (("t", citation.source), ("v", number)) if number or citation.publisher else ()


def _names(citation: Citation) -> Iterator[tuple[str, str, _Subfields]]:
    """The first name as responsible (700, 710), the others as equally so (701, 711)."""
    for number, name in enumerate(citation.authors):
        tag = ("70" if name.given else "71") + ("1" if number else "0")
        yield tag, " 1" if name.given else "02", (("a", name.family), ("b", name.given))


def _add_field(record: ET.Element, tag: str, indicators: str, subfields: _Subfields) -> None:
    """A field; none without a value."""
    known = [(code, value) for code, value in subfields if value]
    if known:
        field = add_element(record, "datafield", tag=tag, ind1=indicators[0], ind2=indicators[1])
        for code, value in known:
            add_element(field, "subfield", value, code=code)


def _coded_data(item: Item, details: ExportDetails) -> str:
    """The 36 characters of 100 $a: the day of the record, the year of publication, the language of the catalogue."""
    entered = (stored_instant(item.added) or details.made_at).strftime("%Y%m%d")[-8:].rjust(8, "0")
    year = (item.published or "")[:4]
    dates = f"d{year}    " if year else "u        "
    return f"{entered}{dates}   y0{_LANGUAGES.get(details.translator.language, 'fre')}y50      ba"


MARC_XML_EXPORT = ExportFormat(
    "marcxml",
    "UNIMARC (MARC-XML)",
    translatable("For library catalogues, such as Koha and PMB: a record for each item, passages as notes."),
    ".xml",
    "application/marcxml+xml",
    write_marc_xml,
)
