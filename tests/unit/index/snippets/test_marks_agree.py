"""The marker and the engine agree: the same text and query give marks if and only if the engine finds the text."""

from hypothesis import given, settings
from hypothesis import strategies as st

from index.document import Document
from index.plan import Plan
from index.query import Everything
from index.query_parser.parser import parse_query
from index.query_parser.parser_configuration import SearchedField, Syntax, TextWords
from index.schema import Field, Kind, Schema
from index.snippets.marker import Marker
from tests.reference_engine import ReferenceEngine

SCHEMA = Schema("id", (Field("id", Kind.KEYWORD), Field("text", Kind.TEXT), Field("exact", Kind.TEXT, exact=True)))
SYNTAX = Syntax(
    TextWords((SearchedField("text"), SearchedField("exact", 0.2, exact=True)), (SearchedField("exact", exact=True),)),
    languages=("fr", "en"),
)
PIECES = (
    "agents l'agent élus élu chef de service services du e-administration administrations C++ D.G.S. data.gouv "
    "aujourd'hui running run porte-parole porte parole œuvre oeuvres ne\u0301e les"
).split()
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map(" ".join)
QUERIES = st.one_of(
    st.sampled_from(PIECES),
    st.sampled_from(PIECES).map(lambda word: word[:3] + "*"),
    st.sampled_from(PIECES).map(lambda word: word[:2] + "*" + word[-1]),
    st.sampled_from(PIECES).map(lambda word: word[1:].lstrip("-") + "~"),
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(lambda words: f'"{" ".join(words)}"'),
    st.lists(st.sampled_from(PIECES), min_size=2, max_size=3).map(" ".join),
)


@settings(deadline=None)
@given(TEXTS, QUERIES, st.sampled_from(["fr", "en", None]))
def test_matches_and_marks_agree(text: str, typed: str, language: str | None) -> None:
    engine = ReferenceEngine(SCHEMA)
    with engine.write() as writer:
        writer.put(Document("1", {"text": (text,), "exact": (text,)}, language))
    query = parse_query(typed, SYNTAX).query

    is_found = engine.search(Plan(query, within=Everything())).total == 1
    snippet = Marker(query, SCHEMA).snippets(((("text", "exact"), text, language, 240),))[0]

    if query != Everything():
        assert (snippet is not None) == is_found
