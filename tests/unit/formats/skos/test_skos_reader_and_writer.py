"""SKOS: written files are read back unchanged, irregular files get warnings, hostile files are refused."""

import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.formats.skos import rdf_parser, reader
from kb.formats.skos.reader import MOST_SAME_WARNINGS, SkosFile, read_skos
from kb.formats.skos.writer import SKOS, SKOS_FORMATS, write_skos
from kb.model.vocabulary import Concept, ConceptText, Vocabulary, checked_label
from tests.factories.vocabulary import a_vocabulary, french
from tests.support.cpu_time import cpu_seconds_at_most

PREFIX = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix x: <urn:x:> . "
XML = (
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:skos="http://www.w3.org/2004/02/skos/core#">{}</rdf:RDF>'
)


@pytest.fixture(autouse=True)
def nobody_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any network access fails the test, even if the code catches the exception."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("the network was asked")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def read(text: str) -> SkosFile:
    return read_skos((PREFIX + text).encode(), rdf_parser.TURTLE)


def only_concept(text: str) -> Concept:
    (concept,) = read(text).concepts
    return concept


def warning_lines(file: SkosFile) -> str:
    return "\n".join(f"{warning.item}: {warning.why}" for warning in file.warnings)


@pytest.mark.parametrize("format", SKOS_FORMATS)
def test_our_skos_is_read_back_and_recognised(format: str) -> None:  # noqa: A002
    vocabulary = Vocabulary.of(a_vocabulary().concepts, "urn:x:tout")
    content = write_skos(vocabulary, format)
    file = read_skos(content)
    assert Vocabulary.of(file.concepts, file.scheme) == vocabulary
    assert file.warnings == ()
    assert write_skos(Vocabulary.of(file.concepts, file.scheme), format) == content


_letters = st.text(st.characters(codec="utf-8", categories=("L", "P", "S", "N", "Zs", "Mn")), max_size=10)
_labels = st.lists(
    st.builds(ConceptText, st.sampled_from(["", "fr", "en-gb"]), _letters.map(checked_label).filter(bool)), max_size=3
)
_notes = st.lists(
    st.builds(
        ConceptText, st.just("fr"), st.text("a\n\t\\\"'<&>é\U0001f600 ]", max_size=9).map(str.strip).filter(bool)
    ),
    max_size=2,
)


@st.composite
def _vocabularies(draw: st.DrawFn) -> Vocabulary:
    uris = [f"http://exemple.fr/c?n={number}&é" for number in range(draw(st.integers(1, 4)))]
    concepts = []
    for place, uri in enumerate(uris):
        label = draw(_labels.filter(bool))[0]
        others = [label_text for label_text in dict.fromkeys(draw(_labels)) if label_text != label]
        concepts.append(
            Concept(
                uri,
                (label,),
                tuple(others[:1]),
                tuple(others[1:]),
                tuple(draw(_notes)),
                tuple(draw(_notes)),
                broader=tuple(draw(st.sets(st.sampled_from(uris[:place] or [uri])))) if place else (),
                related=tuple(draw(st.sets(st.sampled_from(uris)))),
            )
        )
    return Vocabulary.of(concepts, draw(st.sampled_from([None, "urn:x:tout"])))


@settings(deadline=None, max_examples=60)
@given(_vocabularies(), st.sampled_from([*SKOS_FORMATS]))
def test_any_vocabulary_comes_back(vocabulary: Vocabulary, format: str) -> None:  # noqa: A002
    file = read_skos(write_skos(vocabulary, format))
    assert Vocabulary.of(file.concepts, file.scheme) == vocabulary


@pytest.mark.parametrize("format", SKOS_FORMATS)
def test_the_format_is_recognised(format: str) -> None:  # noqa: A002
    content = write_skos(a_vocabulary(), format)
    assert rdf_parser.detected_rdf_format(content) == format
    assert rdf_parser.detected_rdf_format(b"\xef\xbb\xbf\n" + content) == format


def test_lists_and_blank_nodes_of_turtle_are_not_taken_for_json() -> None:
    assert rdf_parser.detected_rdf_format(b"[ a <urn:x:y> ] .") == rdf_parser.TURTLE
    assert rdf_parser.detected_rdf_format(b"<urn:x:y> a <urn:x:z> .") == rdf_parser.TURTLE


def test_statements_in_a_named_graph_of_json_ld_are_read() -> None:
    inside = '{"@id": "urn:x:a", "http://www.w3.org/2004/02/skos/core#prefLabel": {"@value": "Eau", "@language": "fr"}}'
    file = read_skos(f'[{{"@id": "urn:x:graphe", "@graph": [{inside}]}}, {inside}]'.encode())
    assert [(concept.uri, concept.preferred) for concept in file.concepts] == [("urn:x:a", french("Eau"))]


def test_narrower_is_broader_seen_from_above() -> None:
    file = read("x:a skos:prefLabel 'Eau'@fr ; skos:narrower x:b . x:b a skos:Concept ; skos:prefLabel 'Nappe'@fr .")
    assert {concept.uri: concept.broader for concept in file.concepts} == {"urn:x:a": (), "urn:x:b": ("urn:x:a",)}


def test_a_notation_is_what_was_written() -> None:
    concept = only_concept(
        "x:a skos:prefLabel 'Eau'@fr ; skos:notation '007'^^<http://www.w3.org/2001/XMLSchema#integer> ."
    )
    assert concept.notation == (ConceptText("", "007"),)


def test_statements_that_a_vocabulary_cannot_store_are_reported() -> None:
    file = read(
        "@prefix xl: <http://www.w3.org/2008/05/skos-xl#> . @prefix dct: <http://purl.org/dc/terms/> ."
        "x:s a skos:ConceptScheme ; dct:title 'Thésaurus' ."
        "x:a a skos:Concept ; skos:inScheme x:s ; skos:topConceptOf x:s ; skos:prefLabel 'Eau'@fr ;"
        " skos:exactMatch <http://ailleurs.fr/eau> ; skos:example 'La mer'@fr, 'La pluie'@fr ; xl:altLabel x:l ."
        "x:l xl:literalForm 'Eaux'@fr . x:c a skos:Collection ; skos:member x:a ."
    )
    texts = warning_lines(file)
    assert file.scheme == "urn:x:s"
    for name, count in (("dcterms:title", 1), ("skos:exactMatch", 1), ("skos:example", 2), ("skosxl:altLabel", 1)):
        assert f"does not keep {name}; left out: {count}." in texts
    assert "3 statements are about things that are no concepts" in texts
    assert "inScheme" not in texts


def test_two_preferred_labels_of_a_language_become_one_and_a_synonym() -> None:
    file = read("x:a a skos:Concept ; skos:prefLabel 'Eau'@fr, 'Eaux'@fr, 'Water'@EN ; skos:altLabel 'Eau'@fr .")
    (concept,) = file.concepts
    assert concept.preferred == (ConceptText("en", "Water"), ConceptText("fr", "Eau"))
    assert concept.alternative == french("Eaux")
    assert "“Eaux” becomes an alternative one" in warning_lines(file)
    assert "given to it twice" in warning_lines(file)


def test_a_concept_without_a_preferred_label_takes_another_and_without_any_is_left_out() -> None:
    file = read("x:a a skos:Concept ; skos:altLabel 'Eau'@fr . x:b a skos:Concept ; skos:prefLabel ' ' .")
    assert [concept.preferred for concept in file.concepts] == [french("Eau")]
    assert file.read == 2
    assert [warning.skipped for warning in file.warnings].count(True) == 1


def test_a_duplicate_preferred_label_is_reported() -> None:
    file = read("x:a skos:prefLabel 'Eau'@fr . x:b skos:prefLabel 'eau'@fr .")
    assert "eau: Another concept has the same preferred label: urn:x:a." in warning_lines(file)


def test_a_concept_without_an_address_gets_the_same_one_each_time() -> None:
    text = "[] a skos:Concept ; skos:prefLabel 'Eau'@fr ."
    assert only_concept(text) == only_concept(text)
    assert only_concept(text).uri.startswith("urn:uuid:")


def test_links_to_a_concept_without_an_address_are_kept() -> None:
    file = read("x:a skos:prefLabel 'Eau'@fr ; skos:narrower [ a skos:Concept ; skos:prefLabel 'Nappe'@fr ] .")
    assert [concept.broader for concept in file.concepts if concept.label() == "Nappe"] == [("urn:x:a",)]


def test_a_relative_address_does_not_reveal_the_folder_of_the_file() -> None:
    file = read("<#eau> a skos:Concept ; skos:prefLabel 'Eau'@fr .")
    assert file.concepts[0].uri == "http://relative.invalid/#eau"
    assert "has no beginning" in warning_lines(file)


def test_warnings_of_one_sort_do_not_fill_the_report() -> None:
    file = read("".join(f"x:a{number} a skos:Concept ; skos:altLabel 'a{number}' . " for number in range(100)))
    assert len(file.warnings) == MOST_SAME_WARNINGS + 1
    assert file.warnings[-1].why == f"{100 - MOST_SAME_WARNINGS} more remarks of the same sorts are not shown."


BOMB = '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("start", [BOMB, OUTSIDE, '<!DOCTYPE r SYSTEM "http://127.0.0.1/r.dtd">'])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_declaration_in_xml_is_refused(start: str, encoding: str) -> None:
    with pytest.raises(Invalid, match="DOCTYPE"):
        read_skos((start + XML.format("")).encode(encoding), rdf_parser.RDF_XML)


@pytest.mark.parametrize(
    "context",
    [
        '"http://127.0.0.1/c"',
        '[{}, "c.jsonld"]',
        '{"@import": "http://127.0.0.1/c"}',
        '{"a": {"@id": "urn:x:a", "@context": "http://127.0.0.1/c"}}',
    ],
)
def test_a_remote_context_is_refused(context: str) -> None:
    with pytest.raises(Invalid, match="nothing is fetched"):
        read_skos(f'{{"@context": {context}, "@graph": []}}'.encode())
    with pytest.raises(Invalid, match="nothing is fetched"):
        read_skos(f'[{{"@id": "urn:x:a", "urn:x:b": [{{"@context": {context}}}]}}]'.encode())


@pytest.mark.parametrize(
    ("format", "content"),
    [
        (rdf_parser.TURTLE, b"n'importe quoi"),
        (rdf_parser.TURTLE, b"\xff\xfe\x00"),
        (rdf_parser.TURTLE, b"@prefix x: <urn:x:> . x:a x:b " + b"(" * 20_000),
        (rdf_parser.RDF_XML, b"<rdf:RDF"),
        (rdf_parser.RDF_XML, b"<a/>"),
        (rdf_parser.RDF_XML, b""),
        (rdf_parser.JSON_LD, b"[1"),
        (rdf_parser.JSON_LD, b"[" * 100_000),
        (rdf_parser.JSON_LD, b'{"@graph": 3}'),
        (rdf_parser.JSON_LD, b'{"@context": {"@version": "x"}}'),
        (rdf_parser.TURTLE, b""),
    ],
)
def test_an_unreadable_skos_file_is_refused_with_a_sentence(format: str, content: bytes) -> None:  # noqa: A002
    with pytest.raises(Invalid) as refused:
        read_skos(content, format)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LARGEST_RDF_FILE", 1 << 20)
    with pytest.raises(Invalid, match="1 MB"):
        read_skos(b" " * ((1 << 20) + 1))


def test_many_concepts_without_a_name_are_read_in_time() -> None:
    statements = [
        (f"_:{number}", f"{SKOS}prefLabel", rdf_parser.RdfValue(f"terme {number}")) for number in range(40_000)
    ]
    with cpu_seconds_at_most(20):
        # Not from a file: rdflib would take a minute.
        assert len(reader._SkosReader().read(statements).concepts) == 40_000


def test_a_label_that_an_older_version_kept_makes_no_xml_ill_formed() -> None:
    concept = Concept("urn:x", (ConceptText("fr", "une\ufffeville\x0b"),))
    content = write_skos(Vocabulary((concept,)), rdf_parser.RDF_XML)
    (read,) = read_skos(content, rdf_parser.RDF_XML).concepts
    assert read.label("fr") == "une\ufffdville\ufffd"


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode), st.sampled_from(["auto", *SKOS_FORMATS]))
@settings(deadline=None, max_examples=150)
def test_any_bytes_are_read_or_refused(content: bytes, format: str) -> None:  # noqa: A002
    with suppress(Invalid):
        assert read_skos(content, format).concepts


def test_rdflib_is_imported_only_to_read_rdf() -> None:
    program = "import sys, kb.cli.sample_library, kb.cli.commands.vocabulary; print('rdflib' in sys.modules)"
    root = Path(rdf_parser.__file__).parents[3]
    ran = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
