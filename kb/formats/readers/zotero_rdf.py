"""The RDF export of Zotero: references, notes, tags, collections, and attachments as addresses.

Source: Zotero's translator `Zotero RDF.js`. References, notes (`bib:Memo`), attachments (`z:Attachment`) and
collections (`z:Collection`) stand side by side and name each other by `rdf:about`: notes and collections come after
their references, so all of them are in memory, and a file may have LARGEST_ZOTERO_FILE bytes.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from kb.errors import Invalid
from kb.formats.readers.field_values import (
    byline_of_names,
    instant_value,
    is_web_address,
    language_value,
    published_value,
    tag_values,
)
from kb.formats.readers.reference_notes import annotations_of_notes
from kb.formats.readers.reference_values import (
    address_of_doi,
    language_of_name,
    left_out_remark,
    title_without_markup,
)
from kb.formats.readers.xml_events import XmlNode, xml_nodes, xml_root
from kb.model.items.import_draft import ItemDraft, Remark, remark
from kb.model.storable_text import one_line
from kb.model.written_dates import parse_written_date

LARGEST_ZOTERO_FILE = 80 << 20
"""Bytes. Small records take three times as much memory, which stays below 300 MB (`bench/import_formats.py`)."""
_NAMESPACE = "http://www.zotero.org/namespaces/export#"
_RDF = frozenset({"RDF"})
_DEEPEST_COLLECTION = 20
_LONGEST_NOTE_TITLE = 200
_KNOWN = frozenset(
    """
    itemType authors editors contributors title identifier date dateSubmitted abstract subject language isPartOf
    publisher isReferencedBy link description libraryCatalog
    """.split()
)


def is_zotero_rdf(head: bytes) -> bool:
    """Whether a file that begins with these bytes is an export of Zotero in RDF."""
    root = xml_root(head)
    return root.partition(" ")[0].rstrip("\r\n\t>").endswith(":RDF") and _NAMESPACE in root


@dataclass(frozen=True, slots=True)
class _Reference:
    """A draft, and the names of its source, its notes, its attachments and of itself."""

    draft: ItemDraft
    about: str
    source: str
    notes: tuple[str, ...]
    links: tuple[str, ...]
    extra: str


@dataclass(frozen=True, slots=True)
class _Collection:
    title: str
    parts: tuple[str, ...]


@dataclass(slots=True)
class _File:
    """The elements that were read, by `rdf:about`."""

    references: list[_Reference] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    collections: dict[str, _Collection] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)

    def take(self, node: XmlNode) -> None:
        """Read one element of the first level."""
        about = node.attributes.get("about", "")
        match node.name[1]:
            case "Memo":
                self.notes[about] = node.text_of("value")
            case "Attachment":
                self.addresses[about] = _address(node)
            case "Collection":
                self.collections[about] = _Collection(one_line(node.text_of("title")), _resources(node, "hasPart"))
            case _ if node.first("itemType") is None:
                # Journals, series and such, which references name as their source.
                self.sources[about] = one_line(node.text_of("title"))
            case _:
                self.left_out |= {child.name[1] for child in node.children} - _KNOWN
                self.references.append(_reference(node, about))


def read_zotero_rdf(chunks: Iterable[bytes]) -> Iterator[ItemDraft | Remark]:
    """The references in order, once the file is read to its end. Raises Invalid for a file that is too large."""
    file = _File()
    for node in xml_nodes(_bounded(chunks), _RDF):
        if isinstance(node, Remark):
            yield node
        else:
            file.take(node)
    tags = _tags_of_collections(file.collections)
    for reference in file.references:
        draft = _whole_draft(reference, file, tags.get(reference.about, ()))
        if draft.url or draft.title:
            yield draft
        else:
            yield remark("This record has neither a title nor an address.", item=reference.about[:200], skipped=True)
    used = {note for one in file.references for note in one.notes}
    for about, note in file.notes.items():
        # A note may belong to no reference: then its first line is its title.
        if about not in used and (annotations := annotations_of_notes([note])):
            text = annotations[0].body or annotations[0].quote or ""
            title = one_line(text[:_LONGEST_NOTE_TITLE].partition("\n")[0])
            yield ItemDraft(title=title, tags=tag_values(*tags.get(about, ())), annotations=annotations)
    yield from left_out_remark(file.left_out)


def _bounded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > LARGEST_ZOTERO_FILE:
            raise Invalid(
                "This file is too large: at most %(limit)s MiB of RDF are read. In Zotero, export CSL-JSON or RIS, or"
                " one collection at a time.",
                limit=LARGEST_ZOTERO_FILE >> 20,
            )
        yield chunk


def _reference(node: XmlNode, about: str) -> _Reference:
    part = node.first("isPartOf")
    inside = next(part.children, None) if part else None
    publisher, people = node.first("publisher"), node.first("authors", "contributors", "editors")
    dois = (address_of_doi(one.text()) for one in (*_all(node, "identifier"), *_all(inside, "identifier")))
    address = about if about.startswith(("http://", "https://")) else ""
    date = one_line(node.text_of("date"))
    draft = ItemDraft(
        url=_address(node) or address or next(filter(None, dois), None),
        title=one_line(title_without_markup(node.text_of("title"))) or None,
        description=node.text_of("abstract") or None,
        byline=byline_of_names(_names(people)),
        published=published_value(date) or parse_written_date(date),
        source=one_line(inside.text_of("title") if inside else "") or (_words(publisher) if publisher else "") or None,
        language=language_value(language_of_name(node.text_of("language"))),
        tags=tag_values(*map(_words, _all(node, "subject"))),
        added=instant_value(node.text_of("dateSubmitted")),
    )
    source = part.attributes.get("resource", "") if part else ""
    notes, links = _resources(node, "isReferencedBy"), _resources(node, "link")
    return _Reference(draft, about, source, notes, links, node.text_of("description"))


def _whole_draft(reference: _Reference, file: _File, tags: tuple[str, ...]) -> ItemDraft:
    """The draft with the facts that other elements of the file give."""
    linked = [address for name in reference.links if (address := file.addresses.get(name))]
    url = reference.draft.url or next(iter(linked), None)
    notes = (file.notes.get(name, "") for name in reference.notes)
    # The addresses of attachments are facts of the file, unless they are that of the page.
    others = (address for address in dict.fromkeys(linked) if address != url)
    return replace(
        reference.draft,
        url=url,
        source=file.sources.get(reference.source) or reference.draft.source,
        tags=tag_values(*(reference.draft.tags or ()), *tags),
        annotations=annotations_of_notes((reference.extra, *notes, *others)),
    )


def _tags_of_collections(collections: Mapping[str, _Collection]) -> Mapping[str, tuple[str, ...]]:
    """The titles of the collections of each reference or note, those around a collection first."""
    parents = {part: about for about, one in collections.items() for part in one.parts if part in collections}
    tags = dict[str, list[str]]()
    for about, collection in collections.items():
        titles, place = [collection.title], about
        while (place := parents.get(place, "")) and len(titles) < _DEEPEST_COLLECTION:
            titles.append(collections[place].title)
        for part in collection.parts:
            tags.setdefault(part, []).extend(reversed(titles))
    return {part: tuple(titles) for part, titles in tags.items()}


def _all(node: XmlNode | None, name: str) -> Iterator[XmlNode]:
    return (one for one in node.children if one.name[1] == name) if node else iter(())


def _resources(node: XmlNode, name: str) -> tuple[str, ...]:
    return tuple(resource for one in _all(node, name) if (resource := one.attributes.get("resource")))


def _address(node: XmlNode) -> str:
    """The address of a web page: an identifier of the type URI."""
    written = (one.first("URI") for one in _all(node, "identifier"))
    return next((url for one in written if one and is_web_address(url := one.text())), "")


def _names(people: XmlNode | None) -> Iterator[str]:
    """The names in the lists of a field, in natural order."""
    for sequence in people.children if people else ():
        for item in sequence.children:
            for person in item.children:
                given = person.text_of("givenName", "givenname")
                yield one_line(f"{given} {person.text_of('surname', 'name')}")


def _words(node: XmlNode) -> str:
    return one_line(node.text())
