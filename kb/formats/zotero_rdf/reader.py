"""The RDF export of Zotero: references, notes, tags, collections, and attachments as addresses.

Source: Zotero's translator `Zotero RDF.js`. References, notes (`bib:Memo`), attachments (`z:Attachment`) and
collections (`z:Collection`) stand side by side and name each other by `rdf:about`, those that are named often after
those that name them. All of them wait in a database (`kb.formats.scratch_database`) for the end of the file.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Any

from kb.errors import Invalid, translatable
from kb.formats.scratch_database import scratch_database
from kb.formats.shared.field_values import instant_value, is_web_address, published_value, tag_values
from kb.formats.shared.import_format import ImportFormat
from kb.formats.shared.record_warnings import draft_with_warnings, left_out_warning, warnings_on_dates
from kb.formats.shared.references import address_of_doi, annotations_of_notes, language_of, title_without_markup
from kb.formats.shared.xml_events import XmlNode, xml_nodes, xml_root
from kb.formats.zotero_rdf.element_lookup import ElementKind, ZoteroElements, number_of_name
from kb.model.byline_names import byline_of_names
from kb.model.document_type import DocumentType
from kb.model.items.import_draft import ItemDraft, RecordWarning
from kb.model.storable_text import one_line

_NAMESPACE = "http://www.zotero.org/namespaces/export#"
_RDF = frozenset({"RDF"})
_LONGEST_NOTE_TITLE = 200
_LONGEST_NAME = 1_000
"""Characters of a collection, of a source and of a field, which may be repeated for each reference."""
_MOST_LEFT_OUT = 1_000
_KNOWN = frozenset(
    """
    itemType authors editors contributors title identifier date dateSubmitted abstract subject language isPartOf
    publisher isReferencedBy link description libraryCatalog volume number pages
    """.split()
)

_TYPES = {
    "journalArticle": DocumentType.ARTICLE,
    **dict.fromkeys(("magazineArticle", "newspaperArticle"), DocumentType.NEWS),
    "book": DocumentType.BOOK,
    "bookSection": DocumentType.CHAPTER,
    "report": DocumentType.REPORT,
    "thesis": DocumentType.THESIS,
    "conferencePaper": DocumentType.CONFERENCE_PAPER,
    **dict.fromkeys(("statute", "bill", "case"), DocumentType.LAW),
}


def is_zotero_rdf(head: bytes) -> bool:
    """Whether a file that begins with these bytes is an export of Zotero in RDF."""
    root = xml_root(head)
    return root.partition(" ")[0].rstrip("\r\n\t>").endswith(":RDF") and _NAMESPACE in root


@dataclass(frozen=True, slots=True)
class _Reference:
    """The values of the fields of a draft, the note in it, and the numbers that stand for the names of its source, its
    notes and its attachments.
    """

    about: str
    values: dict[str, Any]
    extra: str
    source: int
    notes: tuple[int, ...]
    links: tuple[int, ...]


def read_zotero_rdf(
    chunks: Iterable[bytes], scratch: sqlite3.Connection | None = None
) -> Iterator[ItemDraft | RecordWarning]:
    """The references in order, once the file is read to its end.

    The elements wait in the database `scratch`; without one, in memory. Raises Invalid if the disk is full.
    """
    with nullcontext(scratch) if scratch else scratch_database(on_disk=False) as database:
        try:
            yield from _drafts(chunks, ZoteroElements(database))
        except sqlite3.OperationalError as error:
            raise Invalid(
                "The temporary folder has no room for what is read of this file: it takes as much room as the file."
            ) from error


def _drafts(chunks: Iterable[bytes], elements: ZoteroElements) -> Iterator[ItemDraft | RecordWarning]:
    left_out = set[str]()
    for node in xml_nodes(chunks, _RDF):
        if isinstance(node, RecordWarning):
            yield node
        else:
            yield from _add(node, elements, left_out)
    for name, text in elements.references():
        reference = _Reference(**json.loads(text))
        draft = _whole_draft(reference, elements, elements.collection_titles(name))
        yield from draft_with_warnings(draft, item=reference.about)
    for name, note in elements.other_notes():
        # A note may belong to no reference: then its first line is its title.
        if annotations := annotations_of_notes([note]):
            text = annotations[0].body or annotations[0].quote or ""
            title = one_line(text[:_LONGEST_NOTE_TITLE].partition("\n")[0])
            tags = tag_values(*elements.collection_titles(name))
            yield ItemDraft(title=title, tags=tags, annotations=annotations)
    yield from left_out_warning(left_out)


def _add(node: XmlNode, elements: ZoteroElements, left_out: set[str]) -> Iterator[RecordWarning]:
    """Add one element of the first level, and the names of the fields of a reference that are left out; warnings on its
    dates.
    """
    about = node.attributes.get("about", "")
    name = number_of_name(about)
    match node.name[1]:
        case "Memo":
            elements.add(ElementKind.NOTE, name, node.text_of("value"))
        case "Attachment":
            elements.add(ElementKind.ATTACHMENT, name, _address(node))
        case "Collection":
            title = one_line(node.text_of("title"))[:_LONGEST_NAME]
            elements.add_collection(name, title, _resources(node, "hasPart"))
        case _ if node.first("itemType") is None:
            elements.add(ElementKind.SOURCE, name, one_line(node.text_of("title"))[:_LONGEST_NAME])
        case _:
            if len(left_out) < _MOST_LEFT_OUT:
                left_out |= {child.name[1][:_LONGEST_NAME] for child in node.children} - _KNOWN
            reference = _reference(node, about)
            elements.add(ElementKind.REFERENCE, name, json.dumps(asdict(reference), ensure_ascii=False))
            draft = ItemDraft(**reference.values)
            dates = (node.text_of("date"), draft.published), (node.text_of("dateSubmitted"), draft.added)
            yield from warnings_on_dates(draft, *dates)


def _reference(node: XmlNode, about: str) -> _Reference:
    part = node.first("isPartOf")
    inside = next(part.children, None) if part else None
    publisher, people = node.first("publisher"), node.first("authors", "contributors", "editors")
    dois = (
        address_of_doi(identifier.text()) for identifier in (*_all(node, "identifier"), *_all(inside, "identifier"))
    )
    address = about if about.startswith(("http://", "https://")) else ""
    date = one_line(node.text_of("date"))
    own_source = one_line(inside.text_of("title") if inside else "")
    values: dict[str, Any] = {
        "url": _address(node) or address or next(filter(None, dois), None),
        "title": one_line(title_without_markup(node.text_of("title"))) or None,
        "description": node.text_of("abstract") or None,
        "byline": byline_of_names(_names(people)),
        "published": published_value(date),
        "source": own_source or None,
        "language": language_of(node.text_of("language")),
        "document_type": _TYPES.get(node.text_of("itemType")),
        "publisher": (_words(publisher) if publisher else "") or None,
        "volume": _line_of("volume", inside, node),
        "issue": _line_of("number", inside, node),
        "page_range": _line_of("pages", node),
        "tags": tag_values(*map(_words, _all(node, "subject"))),
        "added": instant_value(node.text_of("dateSubmitted")),
    }
    source = number_of_name(part.attributes.get("resource", "") if part else "")
    notes, links = _resources(node, "isReferencedBy"), _resources(node, "link")
    return _Reference(about[:_LONGEST_NOTE_TITLE], values, node.text_of("description"), source, notes, links)


def _line_of(name: str, *nodes: XmlNode | None) -> str | None:
    """The text of a field in the first of some elements that has it, on one line."""
    return next(filter(None, (one_line(node.text_of(name)) for node in nodes if node)), None)


def _whole_draft(reference: _Reference, elements: ZoteroElements, tags: tuple[str, ...]) -> ItemDraft:
    """The draft with the facts that other elements of the file give."""
    addresses = (elements.text(ElementKind.ATTACHMENT, name) for name in reference.links)
    linked = list(filter(None, addresses))
    url = reference.values["url"] or next(iter(linked), None)
    notes = map(elements.take_note, reference.notes)
    # The addresses of attachments are facts of the file, unless they are that of the page.
    others = (address for address in dict.fromkeys(linked) if address != url)
    values = reference.values | {
        "url": url,
        "source": elements.text(ElementKind.SOURCE, reference.source) or reference.values["source"],
        "tags": tag_values(*(reference.values["tags"] or ()), *tags),
    }
    return ItemDraft(**values, annotations=annotations_of_notes((reference.extra, *notes, *others)))


def _all(node: XmlNode | None, name: str) -> Iterator[XmlNode]:
    return (child for child in node.children if child.name[1] == name) if node else iter(())


def _resources(node: XmlNode, name: str) -> tuple[int, ...]:
    """The numbers that stand for the names of the elements that a field names."""
    names = (resource.attributes.get("resource", "") for resource in _all(node, name))
    return tuple(number_of_name(resource) for resource in dict.fromkeys(names) if resource)


def _address(node: XmlNode) -> str:
    """The address of a web page: an identifier of the type URI."""
    written = (identifier.first("URI") for identifier in _all(node, "identifier"))
    return next((url for uri in written if uri and is_web_address(url := uri.text())), "")


def _names(people: XmlNode | None) -> Iterator[str]:
    """The names in the lists of a field, in natural order."""
    for sequence in people.children if people else ():
        for item in sequence.children:
            for person in item.children:
                given_name = person.text_of("givenName", "givenname")
                yield one_line(f"{given_name} {person.text_of('surname', 'name')}")


def _words(node: XmlNode) -> str:
    return one_line(node.text())


ZOTERO_RDF_IMPORT = ImportFormat(
    "zotero-rdf",
    translatable("Library of Zotero (RDF)"),
    (".rdf", ".xml", "application/rdf+xml"),
    is_zotero_rdf,
    read_zotero_rdf,
    waits_in_scratch=True,
)
