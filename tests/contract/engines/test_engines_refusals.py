"""Documents and requests that every engine refuses."""

import struct
from math import inf, nan

import pytest

from index.document import Document
from index.engine import FIRST_DAY, LAST_DAY, Engine, Unindexable
from index.plan import FacetRequest, Filter, Plan, SortKey
from index.query import And, AnyOf, Everything, Fuzzy, Not, Or, Phrase, Prefix, Query, Range, Term, Wildcard
from index.schema import Field, Kind, Schema
from index.vectors import MOST_DIMENSIONS, MOST_VECTORS
from tests.factories.index import a_document, ask, fill, found_keys

UNFIT: dict[str, Document] = {
    "an unknown field": Document("bad", {"titre": ("x",)}),
    "a number for a text": Document("bad", {"title": (3,)}),
    "a number for a keyword": Document("bad", {"tag": ("eau", 3)}),
    "a text for a number": Document("bad", {"views": ("3",)}),
    "a boolean for a number": Document("bad", {"views": (True,)}),
    "a period for a number": Document("bad", {"views": ((1, 2),)}),
    "a number for a period": Document("bad", {"cited": (3,)}),
    "a text for a period": Document("bad", {"cited": ("2014",)}),
    "half a period": Document("bad", {"cited": ((1,),)}),  # type: ignore[dict-item]
    "a period of texts": Document("bad", {"cited": (("a", "b"),)}),  # type: ignore[dict-item]
    "two numbers": Document("bad", {"views": (1, 2)}),
    "two periods": Document("bad", {"cited": ((1, 2), (3, 4))}),
    "a period turned round": Document("bad", {"cited": ((2, 1),)}),
    "a period before the year 1": Document("bad", {"cited": ((FIRST_DAY - 1, 0),)}),
    "a period after the year 9999": Document("bad", {"cited": ((0, LAST_DAY + 1),)}),
    "a number too large": Document("bad", {"views": (2**63,)}),
    "a number too small": Document("bad", {"views": (-(2**63) - 1,)}),
    "half of a pair in a text": Document("bad", {"title": ("a", "b \ud800")}),
    "half of a pair in a keyword": Document("bad", {"tag": ("\udfff",)}),
    "half of a pair in the key": Document("\ud800", {}),
    "a text for a vector": Document("bad", {"embedding": ("abcdef",)}),
    "a number for a vector": Document("bad", {"embedding": (3,)}),
    "a vector for a text": Document("bad", {"title": (b"abcd",)}),
    "a vector for a number": Document("bad", {"views": (b"abcd",)}),
    "a vector without dimensions": Document("bad", {"embedding": (b"", bytes(4))}),
    "a vector of too many dimensions": Document("bad", {"embedding": (bytes(4 + MOST_DIMENSIONS + 1),)}),
    "a scale that is not a number": Document("bad", {"embedding": (struct.pack("<fb", nan, 1),)}),
    "an infinite scale": Document("bad", {"embedding": (struct.pack("<fb", inf, 1),)}),
    "a negative scale": Document("bad", {"embedding": (struct.pack("<fb", -1.0, 1),)}),
    "a scale of zero that loses a vector": Document("bad", {"embedding": (struct.pack("<fb", 0.0, 1),)}),
    "too many vectors": Document("bad", {"embedding": (b"",) * (MOST_VECTORS + 1)}),
    "another key": Document("bad", {"id": ("good",)}),
}


@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
def test_a_document_that_does_not_fit_is_refused_and_the_writer_goes_on(engine: Engine, unfit: Document) -> None:
    fill(engine, Document(unfit.key if unfit.key == "bad" else "bad", {"title": ("ancien",)}))
    with engine.write() as writer:
        writer.put(a_document("before", title="eau"))
        with pytest.raises(Unindexable, match=r"\w+.*\.$"):
            writer.put(unfit)
        writer.put(a_document("after", title="eau"))
    assert found_keys(engine, Term("title", "eau")) == {"before", "after"}
    assert found_keys(engine, Term("title", "ancien")) == {"bad"}, "what bore its key is still there"
    assert {key for key, _ in engine.entries()} == {"before", "after", "bad"}


def test_the_largest_values_that_fit_are_kept(engine: Engine) -> None:
    fill(
        engine,
        Document("a", {"views": (2**63 - 1,), "cited": ((FIRST_DAY, LAST_DAY),), "title": ("mot " * 50_000,)}),
        Document("b", {"views": (-(2**63),), "tag": tuple(f"t{n}" for n in range(3000)), "title": ("x" * 100_000,)}),
        Document("c" * 500, {"views": (), "tag": (), "title": (), "cited": ()}, language="langue inconnue"),
    )
    assert found_keys(engine, Range("views", 2**63 - 1)) == {"a"}
    assert found_keys(engine, Term("tag", "t2999")) == {"b"}
    assert found_keys(engine, Term("title", "mot")) == {"a"}
    assert found_keys(engine, Everything()) == {"a", "b", "c" * 500}


SENSELESS: tuple[Query, ...] = (
    Term("titre", "x"),
    Term("views", "3"),
    Term("cited", "2014"),
    Phrase("tag", ("a", "b"), (0, 1)),
    Phrase("title", ("a", "b"), (0,)),
    Phrase("title", ("a", "b"), (1, 0)),
    Phrase("title", ("a", "b"), (-1, 0)),
    Phrase("title", ("a", "b"), (0, 1), slop=-1),
    Prefix("views", "3"),
    Wildcard("cited", "*"),
    Fuzzy("views", "3"),
    Fuzzy("title", "mot", -1),
    Range("title", 1, 2),
    Range("tag"),
    Range("rien"),
    AnyOf("title", ("x",)),
    AnyOf("views", ("3",)),
    And((Everything(), Term("titre", "x"))),
    Or((Everything(), Not(Term("titre", "x")))),
)


@pytest.mark.parametrize("query", SENSELESS, ids=repr)
def test_a_question_that_the_schema_cannot_answer_is_refused(engine: Engine, query: Query) -> None:
    for filled in (False, True):
        if filled:
            fill(engine, a_document("a", title="mot"))
        for plan in (
            Plan(query, Everything()),
            Plan(Everything(), query),
            Plan(Everything(), Everything(), filters=(Filter("f", query),)),
        ):
            with pytest.raises(ValueError, match=r"\w+.*\.$"):
                engine.search(plan)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(Everything(), Everything(), facets=(FacetRequest("title"),)),
        Plan(Everything(), Everything(), facets=(FacetRequest("views"),)),
        Plan(Everything(), Everything(), facets=(FacetRequest("rien"),)),
        Plan(Everything(), Everything(), facets=(FacetRequest("tag", limit=-1),)),
        Plan(Everything(), Everything(), sort=(SortKey("title"),)),
        Plan(Everything(), Everything(), sort=(SortKey("rien"),)),
        Plan(Everything(), Everything(), start=-1),
        Plan(Everything(), Everything(), size=-1),
    ],
    ids=repr,
)
def test_a_plan_that_makes_no_sense_is_refused(engine: Engine, plan: Plan) -> None:
    fill(engine, a_document("a"))
    with pytest.raises(ValueError, match=r"\w+.*\.$"):
        engine.search(plan)


@pytest.mark.parametrize(("field", "value"), [("title", "eau"), ("views", "3"), ("cited", ""), ("rien", "x")])
def test_only_keywords_can_be_dropped_by(engine: Engine, field: str, value: str) -> None:
    fill(engine, a_document("a", title="eau", views=3))
    with engine.write() as writer, pytest.raises(ValueError, match=r"\w+.*\.$"):
        writer.drop(field, value)
    assert ask(engine, Everything()).total == 1


def test_a_drop_of_what_no_document_can_hold_does_nothing(engine: Engine) -> None:
    fill(engine, a_document("a", tag="eau"))
    with engine.write() as writer:
        writer.drop("tag", "\ud800")
    assert ask(engine, Everything()).total == 1


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("id", ()),
        ("id", (Field("id", Kind.TEXT),)),
        ("id", (Field("id", Kind.KEYWORD, folded=True),)),
        ("id", (Field("id", Kind.KEYWORD), Field("id", Kind.KEYWORD))),
    ],
)
def test_a_schema_needs_a_key_and_different_names(key: str, fields: tuple[Field, ...]) -> None:
    with pytest.raises(ValueError, match=r"\w+.*\.$"):
        Schema(key, fields)
