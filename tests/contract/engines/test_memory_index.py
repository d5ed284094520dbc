"""The index in memory finds what the reference engine finds that holds the same documents."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.document import Document
from index.engine import Unindexable
from index.memory_index import MemoryIndex
from index.plan import DEFAULT_BOUNDS, Plan
from index.query import Everything, Phrase, Prefix, Query
from index.query_parser.parser import parse_query
from index.query_parser.parser_configuration import Syntax
from tests.contract.engines.test_engines_alike import EXAMPLES
from tests.contract.engines.test_engines_typed_queries import BARE, FIELDS, typed
from tests.factories.index import SCHEMA, a_document
from tests.factories.index_strategies import any_document, plans
from tests.reference_engine import ReferenceEngine

RNG = Random(320)
DOCUMENTS = tuple(any_document(RNG, f"d{number}") for number in range(60))


def in_memory(*documents: Document) -> MemoryIndex:
    made = MemoryIndex(SCHEMA)
    made.add(documents)
    return made


@pytest.fixture(scope="module")
def both() -> tuple[MemoryIndex, ReferenceEngine]:
    engine = ReferenceEngine(SCHEMA)
    with engine.write() as writer:
        for document in DOCUMENTS:
            writer.put(document)
    return in_memory(*DOCUMENTS), engine


def assert_alike(both: tuple[MemoryIndex, ReferenceEngine], plan: Plan) -> None:
    memory, engine = both
    whole = replace(plan, start=0, size=len(DOCUMENTS), facets=(), windows=(), bounds=DEFAULT_BOUNDS)
    assert sorted(memory.keys(whole)) == sorted(hit.key for hit in engine.search(whole).page)


@settings(max_examples=EXAMPLES * 3)
@given(plan=plans)
def test_it_finds_the_same(both: tuple[MemoryIndex, ReferenceEngine], plan: Plan) -> None:
    assert_alike(both, plan)


@settings(max_examples=EXAMPLES)
@given(text=typed, languages=st.sampled_from((("fr", "en"), ("fr",), (None,))), all_words=st.booleans())
def test_it_finds_the_same_for_a_typed_query(
    both: tuple[MemoryIndex, ReferenceEngine], text: str, languages: tuple[str | None, ...], *, all_words: bool
) -> None:
    assert_alike(both, Plan(parse_query(text, Syntax(BARE, FIELDS, languages, all_words)).query, Everything()))


def keys(query: Query, *documents: Document) -> tuple[str, ...]:
    return in_memory(*documents).keys(Plan(query, Everything()))


def test_documents_come_in_their_order_and_no_phrase_crosses_two_texts() -> None:
    one, two, three = (a_document(key, body=body) for key, body in (("b", "eau vive"), ("a", "eau vive"), ("c", "x")))
    apart = a_document("d", body=("eau", "vive"))
    phrase = Phrase("body", ("eau", "vive"), (0, 1))
    assert keys(phrase, one, two, three, apart) == ("b", "a")
    assert keys(Everything(), three, apart) == ("c", "d")
    assert keys(Everything()) == ()


def test_it_refuses_what_an_engine_refuses_and_stays_as_it_was() -> None:
    index = in_memory(a_document("a", body="eau"))
    with pytest.raises(Unindexable):
        index.add([a_document("b", body="eau"), Document("d", {"views": (1, 2)})])
    assert index.keys(Plan(Everything(), Everything())) == ("a",)


def test_what_is_added_later_is_found_by_patterns_too() -> None:
    index = in_memory(a_document("a", body="eau"))
    starting = Plan(Prefix("body", "ea"), Everything())
    assert index.keys(starting) == ("a",)
    index.add([a_document("b", body="eaux")])
    assert index.keys(starting) == ("a", "b")
