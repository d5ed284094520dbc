"""Documents outside `within` are not found and not counted, and have no effect on the answer."""

from collections.abc import Callable

import pytest

from index.engine import Engine
from index.hits import Hits
from index.plan import FacetRequest, Filter, SortKey
from index.query import And, AnyOf, Everything, Fuzzy, Not, Nothing, Or, Phrase, Prefix, Query, Range, Term, Wildcard
from tests.factories.index import a_document, ask, fill, found_keys

PHYSICS = AnyOf("group", ("physique",))
QUERIES: tuple[Query, ...] = (
    Everything(),
    Term("exact", "eau"),
    Term("exact", "secret"),
    Term("tag", "eau"),
    Phrase("exact", ("eau", "vive"), (0, 1)),
    Prefix("exact", "e"),
    Prefix("exact", "secre"),
    Wildcard("exact", "*a*"),
    Fuzzy("exact", "eai", 1),
    Range("views", 0),
    Range("cited"),
    AnyOf("author", ("zoé", "léo")),
    Not(Term("exact", "eau")),
    Or((Term("exact", "eau"), Term("exact", "vive", 3.0), Not(Everything()))),
    And((Term("exact", "eau"), Not(Term("exact", "rien")))),
)


def readable(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", group="physique", exact="eau vive", tag="Eau", author="zoé", views=1),
        a_document("2", group="physique", exact="eau eau", tag="eau", cited=("2014-01-01", "2014-12-31")),
        a_document("3", group=("physique", "histoire"), exact="vive la vie", views=3),
    )


def secret(engine: Engine) -> None:
    fill(
        engine,
        a_document("0", group="histoire", exact="eau secret " * 30, tag=("EAU", "secret"), author="léo", views=2),
        a_document("4", group="histoire", exact="secrets eau vive", tag=("EAU",), cited=("0001-01-01", "9999-12-31")),
        a_document("5", exact="eau vive", tag="EAU", author="zoé", views=0),
    )


def everything_shown(engine: Engine, query: Query, within: Query, **rest: object) -> Hits:
    facets = (
        FacetRequest("tag"),
        FacetRequest("author", without="author"),
        FacetRequest("cited"),
        FacetRequest("group"),
    )
    filters = (Filter("author", Not(Term("author", "ali"))),)
    return ask(engine, query, within, facets=facets, filters=filters, **rest)


@pytest.mark.parametrize("query", QUERIES, ids=repr)
def test_unreadable_documents_change_no_result(engine: Engine, query: Query) -> None:
    readable(engine)
    before = everything_shown(engine, query, PHYSICS)
    sorted_before = everything_shown(engine, query, PHYSICS, by_score=False, sort=(SortKey("views", descending=True),))
    secret(engine)
    after = everything_shown(engine, query, PHYSICS)
    assert after == before
    assert (
        everything_shown(engine, query, PHYSICS, by_score=False, sort=(SortKey("views", descending=True),))
        == sorted_before
    )
    assert {hit.key for hit in after.page} <= {"1", "2", "3"}


def test_statistics_follow_the_scope(engine: Engine) -> None:
    readable(engine)
    secret(engine)
    alone = {hit.key: hit.score for hit in ask(engine, Term("exact", "eau"), PHYSICS).page}
    among_all = {hit.key: hit.score for hit in ask(engine, Term("exact", "eau")).page}
    assert alone["1"] != pytest.approx(among_all["1"])


@pytest.mark.parametrize(
    "within", [Nothing(), AnyOf("group", ()), AnyOf("group", ("rien",)), Not(Everything())], ids=repr
)
def test_an_empty_scope_sees_nothing(engine: Engine, within: Query) -> None:
    readable(engine)
    for query in QUERIES:
        hits = everything_shown(engine, query, within)
        assert (hits.total, hits.page) == (0, ())
        assert all(facet.counts == () for facet in hits.facets)


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        (PHYSICS, "12"),
        (Term("group", "histoire"), "04"),
        (And((PHYSICS, Not(Term("id", "2")))), "1"),
        (Or((PHYSICS, Term("id", "5"))), "125"),
        (Range("views", 1), "01"),
        (Term("exact", "secret"), "0"),
        (Everything(), "01245"),
    ],
    ids=repr,
)
def test_a_scope_is_any_query(engine: Engine, within: Query, expected: str) -> None:
    readable(engine)
    secret(engine)
    assert found_keys(engine, Term("exact", "eau"), within) == set(expected)


@pytest.mark.parametrize("change", [readable, secret])
def test_a_scope_follows_what_is_committed(engine: Engine, change: Callable[[Engine], None]) -> None:
    assert found_keys(engine, Everything(), PHYSICS) == set()
    change(engine)
    fill(engine, a_document("new", group="physique", exact="eau"))
    assert "new" in found_keys(engine, Term("exact", "eau"), PHYSICS)
    fill(engine, a_document("new", group="histoire", exact="eau"))
    assert "new" not in found_keys(engine, Term("exact", "eau"), PHYSICS)
