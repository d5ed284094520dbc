"""Vectors of documents, and the search for the nearest ones."""

from math import inf, nan, sqrt

import pytest

from index.engine import Engine, OutOfTime
from index.plan import Bounds, Filter
from index.query import AnyOf, Everything, Not, Query, Term
from index.vectors import MOST_DIMENSIONS, MOST_VECTORS, NearestHit, NearestPlan, quantize
from tests.factories.index import a_document, fill, found_keys

EAST, NORTH, WEST = (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)
PHYSICS = AnyOf("group", ("physique",))


def near(
    engine: Engine, vector: tuple[float, ...], within: Query | None = None, *filters: Query, limit: int = 100
) -> list[NearestHit]:
    conditions = tuple(Filter("f", query) for query in filters)
    return list(engine.nearest(NearestPlan("embedding", vector, within or Everything(), conditions, limit)))


def keys(hits: list[NearestHit]) -> list[str]:
    return [hit.key for hit in hits]


def test_a_document_counts_with_its_nearest_vector(engine: Engine) -> None:
    fill(
        engine,
        a_document("far", embedding=(quantize(WEST), quantize(NORTH))),
        a_document("near", embedding=(quantize(WEST), b"", quantize((3.0, 4.0)), quantize((0.6, 0.8)))),
        a_document("none", embedding=(b"", b"")),
        a_document("without"),
    )
    nearest, far = near(engine, EAST)
    assert (nearest.key, nearest.number) == ("near", 2)
    assert nearest.similarity == pytest.approx(3.0, abs=0.02)
    assert (far.key, far.similarity, far.number) == ("far", 0.0, 1)


def test_only_vectors_of_the_dimensions_of_the_question_are_compared(engine: Engine) -> None:
    fill(
        engine,
        a_document("two", embedding=quantize(EAST)),
        a_document("both", embedding=(quantize((1.0, 0.0, 0.0)), quantize(EAST))),
        a_document("three", embedding=quantize((0.0, 1.0, 0.0))),
    )
    assert [(hit.key, hit.number) for hit in near(engine, EAST)] == [("both", 1), ("two", 0)]
    assert keys(near(engine, (1.0, 0.0, 0.0))) == ["both", "three"]
    assert near(engine, (1.0,) * 4) == []


def test_the_length_of_the_question_has_no_effect(engine: Engine) -> None:
    fill(engine, a_document("a", embedding=quantize((0.6, 0.8))))
    for length in (1e-200, 0.5, 7.0, 1e300):
        (hit,) = near(engine, (length, length))
        assert hit.similarity == pytest.approx(1.4 / sqrt(2), abs=0.01)


def test_equals_are_in_the_order_of_their_keys(engine: Engine) -> None:
    fill(engine, *(a_document(f"d{number}", embedding=quantize(EAST)) for number in (3, 1, 4)))
    fill(engine, *(a_document(f"d{number}", embedding=quantize(EAST)) for number in (5, 2, 0)))
    assert keys(near(engine, EAST)) == ["d0", "d1", "d2", "d3", "d4", "d5"]
    assert keys(near(engine, EAST, limit=3)) == ["d0", "d1", "d2"]
    assert near(engine, EAST, limit=0) == []


def test_the_zero_vector_is_equally_far_from_everything(engine: Engine) -> None:
    fill(engine, a_document("zero", embedding=quantize((0.0, 0.0))), a_document("west", embedding=quantize(WEST)))
    assert keys(near(engine, EAST)) == ["zero", "west"]
    assert {hit.similarity for hit in near(engine, (0.0, 0.0))} == {0.0}


def test_a_replaced_or_deleted_document_is_not_found(engine: Engine) -> None:
    fill(engine, *(a_document(f"d{number}", tag="x", embedding=quantize((1.0, number))) for number in range(4)))
    fill(engine, a_document("d0", tag="y", embedding=quantize(WEST)), a_document("d1", tag="y"))
    with engine.write() as writer:
        writer.drop("id", "d2")
    assert keys(near(engine, EAST)) == ["d3", "d0"]
    with engine.write() as writer:
        writer.drop("tag", "x")
    assert keys(near(engine, EAST)) == ["d0"]
    while engine.tidy(1, thoroughly=True):
        pass
    assert keys(near(engine, EAST)) == ["d0"]


def test_filters_and_the_scope_are_honoured_before_the_limit(engine: Engine) -> None:
    for number in range(30):
        fill(
            engine,
            a_document(
                f"d{number:02}",
                group="physique" if number % 3 else "histoire",
                tag="eau" if number % 2 else "vent",
                embedding=quantize((3.0 - number / 10, 3.0)),
            ),
        )
    assert keys(near(engine, EAST, PHYSICS, limit=3)) == ["d01", "d02", "d04"]
    assert keys(near(engine, EAST, PHYSICS, Term("tag", "eau"), limit=3)) == ["d01", "d05", "d07"]
    assert keys(near(engine, EAST, PHYSICS, Term("tag", "eau"), Not(Term("id", "d05")), limit=2)) == ["d01", "d07"]
    assert near(engine, EAST, PHYSICS, Term("tag", "rien")) == []
    assert near(engine, EAST, AnyOf("group", ("chimie",))) == []


def test_documents_outside_the_scope_change_nothing(engine: Engine) -> None:
    fill(
        engine,
        *(a_document(f"d{number}", group="physique", embedding=quantize((1.0, number))) for number in range(20)),
    )
    before = near(engine, (1.0, 0.4), PHYSICS, limit=7)
    fill(
        engine,
        *(a_document(f"s{number}", group="histoire", embedding=quantize((1.0, 0.4))) for number in range(60)),
        a_document("wide", group="histoire", embedding=(quantize((1.0, 0.4, 0.0)), quantize((1e30, 1e30)))),
    )
    assert near(engine, (1.0, 0.4), PHYSICS, limit=7) == before


def test_the_digest_of_a_document_covers_its_vectors(engine: Engine) -> None:
    fill(engine, a_document("a", embedding=quantize(EAST)), a_document("b", embedding=quantize(EAST)))
    before = dict(engine.entries())
    fill(engine, a_document("a", embedding=(quantize(EAST), b"")), a_document("b", embedding=quantize(EAST)))
    after = dict(engine.entries())
    assert after["a"] != before["a"]
    assert after["b"] == before["b"]


def test_the_most_dimensions_and_vectors_fit(engine: Engine) -> None:
    largest = tuple(1.0 if number % 2 else -1.0 for number in range(MOST_DIMENSIONS))
    fill(
        engine,
        a_document("wide", embedding=quantize(largest)),
        a_document("many", embedding=(*(b"",) * (MOST_VECTORS - 1), quantize(EAST))),
    )
    (hit,) = near(engine, largest)
    assert hit.similarity == pytest.approx(sqrt(MOST_DIMENSIONS), abs=0.01)
    assert [(hit.key, hit.number) for hit in near(engine, EAST)] == [("many", MOST_VECTORS - 1)]


@pytest.mark.parametrize(
    "plan",
    [
        NearestPlan("embedding", (nan, 1.0), Everything()),
        NearestPlan("embedding", (inf, 1.0), Everything()),
        NearestPlan("embedding", (), Everything()),
        NearestPlan("embedding", (0.0,) * (MOST_DIMENSIONS + 1), Everything()),
        NearestPlan("embedding", EAST, Everything(), limit=-1),
        NearestPlan("embedding", EAST, Term("rien", "x")),
        NearestPlan("embedding", EAST, Term("embedding", "x")),
        NearestPlan("embedding", EAST, Everything(), (Filter("f", Term("views", "3")),)),
        NearestPlan("title", EAST, Everything()),
        NearestPlan("rien", EAST, Everything()),
    ],
    ids=lambda plan: repr(plan)[:60],
)
def test_a_question_that_makes_no_sense_is_refused(engine: Engine, plan: NearestPlan) -> None:
    fill(engine, a_document("a", embedding=quantize(EAST)))
    with pytest.raises(ValueError, match=r"\w+.*\.$"):
        engine.nearest(plan)


def test_the_time_of_a_search_is_limited(engine: Engine) -> None:
    fill(engine, a_document("a", embedding=quantize(EAST)))
    with pytest.raises(OutOfTime):
        engine.nearest(NearestPlan("embedding", EAST, Everything(), bounds=Bounds(seconds=0.0)))


def test_other_searches_see_no_vectors(engine: Engine) -> None:
    fill(engine, a_document("a", title="eau", embedding=quantize(EAST)))
    assert found_keys(engine, Term("title", "eau")) == {"a"}
    assert found_keys(engine, Everything()) == {"a"}
