"""Read the concepts of a SKOS file, with a warning on everything in it that a vocabulary cannot hold."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from kb.errors import Invalid, counted
from kb.formats.skos.rdf_parser import (
    LARGEST_RDF_FILE,
    RELATIVE_URI_PREFIX,
    RdfStatement,
    RdfValue,
    detected_rdf_format,
    read_statements,
)
from kb.formats.skos.writer import AUTO, PROPERTIES, RDF, SKOS, SKOS_FORMATS
from kb.model.items.import_draft import RecordWarning, warning_of
from kb.model.storable_text import is_storable
from kb.model.vocabulary import (
    FIELDS,
    LABELS,
    LONGEST_LABEL,
    LONGEST_NOTE,
    MOST_CONCEPTS,
    Concept,
    ConceptText,
    TextKind,
    checked_label,
    is_uri,
    is_xml_text,
    uri_for,
)

MOST_SAME_WARNINGS = 20
"""Warnings of one sort that are made: a great thesaurus has thousands of the same."""

_TEXTS = {f"{SKOS}{name}": kind for kind, name in PROPERTIES.items()}
_BROADER, _NARROWER, _RELATED = f"{SKOS}broader", f"{SKOS}narrower", f"{SKOS}related"
_LINKS = {_BROADER, _NARROWER, _RELATED}
_OF_SCHEME = {f"{SKOS}inScheme", f"{SKOS}topConceptOf", f"{SKOS}hasTopConcept"}
_TYPE, _CONCEPT, _SCHEME = f"{RDF}type", f"{SKOS}Concept", f"{SKOS}ConceptScheme"
_PREFIXES = {
    SKOS: "skos:",
    RDF: "rdf:",
    "http://www.w3.org/2008/05/skos-xl#": "skosxl:",
    "http://purl.org/dc/terms/": "dcterms:",
    "http://purl.org/dc/elements/1.1/": "dc:",
    "http://www.w3.org/2000/01/rdf-schema#": "rdfs:",
    "http://www.w3.org/2002/07/owl#": "owl:",
}
_STRING = ("", "http://www.w3.org/2001/XMLSchema#string", f"{RDF}langString")

_Properties = dict[str, list[RdfValue]]
"""The statements about one thing, by predicate."""


@dataclass(frozen=True, slots=True)
class SkosFile:
    """The usable content of a file: concepts, whose links may lead out of it, the scheme if it has one; warnings.

    `read` counts all concepts of the file.
    """

    concepts: tuple[Concept, ...]
    scheme: str | None
    warnings: tuple[RecordWarning, ...]
    read: int


def read_skos(data: bytes, format: str = AUTO) -> SkosFile:  # noqa: A002 - the option's own name
    """The concepts of a file in Turtle, RDF/XML or JSON-LD. Raises Invalid if it cannot be read or holds none."""
    if len(data) > LARGEST_RDF_FILE:
        raise Invalid("This file is too large: at most %(limit)s MB are read.", limit=LARGEST_RDF_FILE // 10**6)
    if format not in (AUTO, *SKOS_FORMATS):
        raise Invalid(
            "“%(format)s” is no known format: choose auto or one of %(formats)s.",
            format=format,
            formats=", ".join(SKOS_FORMATS),
        )
    return _SkosReader().read(read_statements(data, detected_rdf_format(data) if format == AUTO else format))


@dataclass(slots=True)
class _SkosReader:
    warnings: list[RecordWarning] = field(default_factory=list)
    alike: Counter[str] = field(default_factory=Counter)
    unsupported: Counter[str] = field(default_factory=Counter)
    uris: dict[str, str] = field(default_factory=dict)
    """The URIs of concepts, by the names of their subjects."""
    taken: set[str] = field(default_factory=set)
    """The same URIs."""

    def read(self, statements: Iterable[RdfStatement]) -> SkosFile:
        """Read all statements before the concepts are built: the type of a thing may come after its label."""
        things: dict[str, _Properties] = defaultdict(lambda: defaultdict(list))
        for subject, predicate, value in statements:
            things[subject][predicate].append(value)
        schemes = sorted(name for name, properties in things.items() if _has_type(properties, _SCHEME))
        named = {name: properties for name, properties in sorted(things.items()) if _is_concept(properties)}
        if not named:
            raise Invalid("This file holds no concept of SKOS.")
        if len(named) > MOST_CONCEPTS:
            raise Invalid("This file holds too many concepts: at most %(limit)s are kept.", limit=MOST_CONCEPTS)
        texts = {
            name: concept_texts
            for name, properties in named.items()
            if (concept_texts := self._texts(name, properties))
        }
        links = self._links(named)
        concepts = [
            Concept(self.uris[name], **fields, broader=links[_BROADER][name], related=links[_RELATED][name]).tidied()
            for name, fields in texts.items()
        ]
        self._add_duplicate_label_warnings(concepts)
        self._add_unsupported_warnings(things, named, schemes)
        if len(schemes) > 1:
            sentence = "The file has %(count)s concept schemes, of which none is kept: a group has one vocabulary."
            self._add_warning(sentence, count=len(schemes))
        scheme = schemes[0] if len(schemes) == 1 and is_uri(schemes[0]) else None
        return SkosFile(tuple(concepts), scheme, tuple(self._all_warnings()), len(named))

    def _texts(self, name: str, properties: _Properties) -> dict[str, tuple[ConceptText, ...]] | None:
        """The texts of a concept by field, and its URI; None, and a warning, for a concept that cannot be stored."""
        by_kind: dict[TextKind, list[ConceptText]] = {kind: [] for kind in TextKind}
        for predicate, kind in _TEXTS.items():
            for value in sorted(properties.get(predicate, ())):
                if (text := self._text(name, kind, value)) is not None:
                    by_kind[kind].append(text)
        self._keep_one_preferred_label(by_kind)
        if not by_kind[TextKind.PREFERRED]:
            spare = by_kind[TextKind.ALTERNATIVE] or by_kind[TextKind.HIDDEN]
            if not spare:
                self._add_warning("It has no label and is left out.", name, skipped=True)
                return None
            by_kind[TextKind.PREFERRED].append(spare.pop(0))
            self._add_warning("It has no preferred label: the first of its other labels is taken for it.", name)
        first = min(by_kind[TextKind.PREFERRED])
        uri = uri_for(first.text, first.language) if name.startswith("_:") else name
        if not is_uri(uri) or (name.startswith("_:") and uri in self.taken):
            self._add_warning("Its address cannot be that of a concept, and it is left out.", name, skipped=True)
            return None
        if uri.startswith(RELATIVE_URI_PREFIX):
            self._add_warning("Its address has no beginning: it is read as %(address)s.", first.text, address=uri)
        self.uris[name] = uri
        self.taken.add(uri)
        return {FIELDS[kind]: tuple(texts) for kind, texts in by_kind.items()}

    def _text(self, name: str, kind: TextKind, value: RdfValue) -> ConceptText | None:
        is_label = kind in LABELS or kind is TextKind.NOTATION
        text = checked_label(value.text) if is_label else value.text.replace("\r\n", "\n").replace("\r", "\n").strip()
        longest = LONGEST_LABEL if is_label else LONGEST_NOTE
        if value.is_resource or not text or len(text) > longest or not is_storable(text) or not is_xml_text(text):
            self._add_warning(
                "A label or a note of it is no text, empty, longer than %(limit)s characters or made of characters "
                "that cannot be kept, and is left out.",
                name,
                limit=longest,
            )
            return None
        if kind is TextKind.NOTATION and value.datatype not in _STRING:
            self.unsupported[f"^^{_prefixed_name(value.datatype)}"] += 1
        return ConceptText("" if kind is TextKind.NOTATION else value.language, text)

    def _keep_one_preferred_label(self, by_kind: dict[TextKind, list[ConceptText]]) -> None:
        """Keep the first of several preferred labels of one language; a label is of one kind only."""
        preferred: dict[str, ConceptText] = {}
        for text in by_kind[TextKind.PREFERRED]:
            if preferred.setdefault(text.language, text) is not text:
                by_kind[TextKind.ALTERNATIVE].append(text)
                self._add_warning(
                    "It has several preferred labels in one language: “%(label)s” becomes an alternative one.",
                    preferred[text.language].text,
                    label=text.text,
                )
        texts: set[ConceptText] = set()
        for kind in LABELS:
            concept_texts = list(preferred.values()) if kind is TextKind.PREFERRED else by_kind[kind]
            by_kind[kind] = [text for text in dict.fromkeys(concept_texts) if text not in texts]
            if len(by_kind[kind]) < len(concept_texts):
                self._add_warning("The same label is given to it twice, and kept once.", concept_texts[0].text)
            texts.update(concept_texts)

    def _links(self, named: dict[str, _Properties]) -> dict[str, dict[str, tuple[str, ...]]]:
        links: dict[str, dict[str, list[str]]] = {kind: defaultdict(list) for kind in (_BROADER, _RELATED)}
        for name, properties in named.items():
            for kind in _LINKS:
                for value in properties.get(kind, ()):
                    subject, other = (value.text, name) if kind == _NARROWER else (name, value.text)
                    links[_RELATED if kind == _RELATED else _BROADER][subject].append(self.uris.get(other, other))
        return {kind: defaultdict(tuple, ((name, tuple(to)) for name, to in by.items())) for kind, by in links.items()}

    def _add_duplicate_label_warnings(self, concepts: Iterable[Concept]) -> None:
        seen: dict[tuple[str, str], str] = {}
        for concept in concepts:
            for text in concept.preferred:
                other = seen.setdefault((text.language, text.text.casefold()), concept.uri)
                if other != concept.uri:
                    self._add_warning(
                        "Another concept has the same preferred label: %(address)s.", text.text, address=other
                    )

    def _add_unsupported_warnings(
        self, things: dict[str, _Properties], named: dict[str, _Properties], schemes: Iterable[str]
    ) -> None:
        """Count unsupported statements: of concepts and schemes by property, of other things together."""
        supported = {*_TEXTS, *_LINKS, *_OF_SCHEME, _TYPE}
        for name in (*named, *schemes):
            for predicate, values in things[name].items():
                if predicate not in supported:
                    self.unsupported[_prefixed_name(predicate)] += len(values)
        others = sum(
            len(values)
            for name, properties in things.items()
            if name not in named and not _has_type(properties, _SCHEME)
            for values in properties.values()
        )
        for predicate, count in sorted(self.unsupported.items()):
            self._add_warning("A vocabulary does not keep %(property)s; left out: %(count)s.",
                       property=predicate, count=count)  # fmt: skip
        if others:
            message = counted(
                "%(count)s statement is about a thing that is no concept, and is left out.",
                "%(count)s statements are about things that are no concepts, and are left out.",
                others,
            )
            self._add_warning(message, count=others)

    def _add_warning(self, message: str, item: str | None = None, *, skipped: bool = False, **values: object) -> None:
        self.alike[message] += 1
        if self.alike[message] <= MOST_SAME_WARNINGS or skipped or item is None:
            self.warnings.append(warning_of(message, None, item, skipped=skipped, **values))

    def _all_warnings(self) -> Iterator[RecordWarning]:
        yield from self.warnings
        more = sum(max(0, count - MOST_SAME_WARNINGS) for count in self.alike.values())
        if more:
            message = counted(
                "%(count)s more remark of the same sorts is not shown.",
                "%(count)s more remarks of the same sorts are not shown.",
                more,
            )
            yield warning_of(message, count=more)


def _has_type(properties: _Properties, kind: str) -> bool:
    return any(value.text == kind for value in properties.get(_TYPE, ()))


def _is_concept(properties: _Properties) -> bool:
    """Whether a thing is declared a concept, or has a label and no declared type."""
    return _has_type(properties, _CONCEPT) or (f"{SKOS}prefLabel" in properties and _TYPE not in properties)


def _prefixed_name(uri: str) -> str:
    for space, prefix in _PREFIXES.items():
        if uri.startswith(space):
            return prefix + uri.removeprefix(space)
    return uri
