"""Write a vocabulary as SKOS, in Turtle, RDF/XML or JSON-LD: the same bytes for the same vocabulary.

We write the text without a library, because it has few statements in a fixed order. `kb.formats.skos.reader` reads it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from kb.formats.skos.rdf_parser import JSON_LD, RDF_XML, TURTLE
from kb.model.storable_text import xml_safe_text
from kb.model.vocabulary import Concept, ConceptText, TextKind, Vocabulary

AUTO = "auto"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
SKOS = "http://www.w3.org/2004/02/skos/core#"

PROPERTIES = {
    TextKind.NOTATION: "notation",
    TextKind.PREFERRED: "prefLabel",
    TextKind.ALTERNATIVE: "altLabel",
    TextKind.HIDDEN: "hiddenLabel",
    TextKind.DEFINITION: "definition",
    TextKind.SCOPE_NOTE: "scopeNote",
}
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
# In an element, an XML parser reads a Windows line end as a line feed.
_XML_ESCAPES = {"\r": "&#13;"}


def write_skos(vocabulary: Vocabulary, format: str) -> bytes:  # noqa: A002 - the option's own name
    """The vocabulary in one of SKOS_FORMATS. Raises KeyError for another format."""
    return "".join(SKOS_FORMATS[format].parts(vocabulary)).encode()


@dataclass(frozen=True, slots=True)
class _ConceptStatement:
    """One statement about a concept: a text, or a link to the URI `text`."""

    name: str
    text: ConceptText
    is_link: bool = False


def _concept_statements(concept: Concept, narrower: tuple[str, ...], scheme: str | None) -> Iterator[_ConceptStatement]:
    """All statements about a concept. Narrower concepts are written too, because not every program infers them."""
    for kind, name in PROPERTIES.items():
        yield from (_ConceptStatement(name, text) for text in concept.texts(kind))
    links = (("broader", concept.broader), ("narrower", narrower), ("related", concept.related))
    for name, uris in (*links, ("inScheme", (scheme,) if scheme else ())):
        yield from (_ConceptStatement(name, ConceptText("", uri), is_link=True) for uri in uris)


def _statements_by_concept(vocabulary: Vocabulary) -> Iterator[tuple[str, tuple[_ConceptStatement, ...]]]:
    narrower = vocabulary.narrower()
    for concept in vocabulary.concepts:
        yield concept.uri, tuple(_concept_statements(concept, narrower.get(concept.uri, ()), vocabulary.scheme))


def _turtle(vocabulary: Vocabulary) -> Iterator[str]:
    yield f"@prefix skos: <{SKOS}> .\n"
    if vocabulary.scheme:
        yield f"\n<{vocabulary.scheme}> a skos:ConceptScheme .\n"
    for uri, statements in _statements_by_concept(vocabulary):
        yield f"\n<{uri}> a skos:Concept"
        for statement in statements:
            yield f" ;\n  skos:{statement.name} {_turtle_term(statement)}"
        yield " .\n"


def _turtle_term(statement: _ConceptStatement) -> str:
    if statement.is_link:
        return f"<{statement.text.text}>"
    tag = f"@{statement.text.language}" if statement.text.language else ""
    return f'"{statement.text.text.translate(_ESCAPES)}"{tag}'


def _rdf_xml(vocabulary: Vocabulary) -> Iterator[str]:
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<rdf:RDF xmlns:rdf="{RDF}" xmlns:skos="{SKOS}">\n'
    if vocabulary.scheme:
        yield f"  <skos:ConceptScheme rdf:about={quoteattr(vocabulary.scheme)}/>\n"
    for uri, statements in _statements_by_concept(vocabulary):
        yield f"  <skos:Concept rdf:about={quoteattr(uri)}>\n"
        for statement in statements:
            if statement.is_link:
                yield f"    <skos:{statement.name} rdf:resource={quoteattr(statement.text.text)}/>\n"
            else:
                tag = f" xml:lang={quoteattr(statement.text.language)}" if statement.text.language else ""
                text = xml_safe_text(escape(statement.text.text, _XML_ESCAPES))
                yield f"    <skos:{statement.name}{tag}>{text}</skos:{statement.name}>\n"
        yield "  </skos:Concept>\n"
    yield "</rdf:RDF>\n"


def _json_ld(vocabulary: Vocabulary) -> Iterator[str]:
    # One concept at a time, in the layout of `json.dumps` with an indent of 1.
    yield f'{{\n "@context": {{\n  "skos": "{SKOS}"\n }},\n "@graph": ['
    mark = ""
    for node in _json_ld_graph(vocabulary):
        yield mark + "\n  " + json.dumps(node, ensure_ascii=False, indent=1).replace("\n", "\n  ")
        mark = ","
    yield ("\n ]" if mark else "]") + "\n}\n"


def _json_ld_graph(vocabulary: Vocabulary) -> Iterator[dict[str, object]]:
    if vocabulary.scheme:
        yield {"@id": vocabulary.scheme, "@type": "skos:ConceptScheme"}
    for uri, statements in _statements_by_concept(vocabulary):
        properties: dict[str, list[object]] = {}
        for statement in statements:
            properties.setdefault(f"skos:{statement.name}", []).append(_json_ld_node(statement))
        yield {"@id": uri, "@type": "skos:Concept", **properties}


def _json_ld_node(statement: _ConceptStatement) -> dict[str, str]:
    if statement.is_link:
        return {"@id": statement.text.text}
    tag = {"@language": statement.text.language} if statement.text.language else {}
    return {"@value": statement.text.text, **tag}


@dataclass(frozen=True, slots=True)
class SkosFormat:
    """One format of vocabularies. `suffix` is that of its address and its file; `parts` writes it."""

    label: str
    suffix: str
    media_type: str
    parts: Callable[[Vocabulary], Iterator[str]]


SKOS_FORMATS: Mapping[str, SkosFormat] = {
    TURTLE: SkosFormat("Turtle", "ttl", "text/turtle", _turtle),
    RDF_XML: SkosFormat("RDF/XML", "rdf", "application/rdf+xml", _rdf_xml),
    JSON_LD: SkosFormat("JSON-LD", "jsonld", "application/ld+json", _json_ld),
}
"""By the name that commands use. `kb.formats.skos.rdf_parser` reads each."""
