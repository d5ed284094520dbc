"""Keywords, numbers, periods, and Boolean combinations of conditions."""

import pytest

from index.engine import FIRST_DAY, LAST_DAY, Engine
from index.query import And, AnyOf, Everything, Not, Nothing, Or, Query, Range, Term
from tests.factories.index import a_document, ask, day, fill, found_keys


def test_a_keyword_is_whole_and_case_sensitive(engine: Engine) -> None:
    fill(engine, a_document("a", author=("Sophie Point", "gaviolig")), a_document("b", author="sophie point"))
    assert found_keys(engine, Term("author", "Sophie Point")) == {"a"}
    assert found_keys(engine, Term("author", "sophie point")) == {"b"}
    assert found_keys(engine, Term("author", "Sophie")) == set()
    assert found_keys(engine, Term("author", "gaviolig")) == {"a"}


@pytest.mark.parametrize(
    ("written", "text"),
    [("Énergie", "énergie"), ("E\u0301nergie", "ÉNERGIE"), ("straße", "STRASSE"), ("ŒUVRE", "œuvre"), ("ΣΑΣ", "σας")],
)
def test_a_folded_keyword_ignores_case(engine: Engine, written: str, text: str) -> None:
    fill(engine, a_document("a", tag=written), a_document("b", tag="autre"))
    assert found_keys(engine, Term("tag", text)) == {"a"}
    assert found_keys(engine, AnyOf("tag", ("rien", text))) == {"a"}


def test_a_folded_keyword_keeps_accents(engine: Engine) -> None:
    fill(engine, a_document("a", tag="marché"), a_document("b", tag="marche"))
    assert found_keys(engine, Term("tag", "MARCHE")) == {"b"}


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "a b",
        "a/b?c#d&e",
        "C++",
        "«\u00a0l’été\u00a0»",
        "*",
        "x" * 20_000,
        "\0",
        "é\0é",
        "\U0010ffff",
        "漢字",
        "a\nb",
    ],
)
def test_any_keyword_is_kept_as_it_is(engine: Engine, value: str) -> None:
    fill(engine, a_document("a", author=value), a_document("b", author=f"{value}."), a_document("c"))
    assert found_keys(engine, Term("author", value)) == {"a"}
    assert found_keys(engine, AnyOf("author", (value,))) == {"a"}


def test_a_keyword_of_one_field_is_not_one_of_another(engine: Engine) -> None:
    fill(engine, a_document("a", author="agents", group="g"), a_document("b", tag="agents", group="h"))
    assert found_keys(engine, Term("author", "agents")) == {"a"}
    assert found_keys(engine, Term("tag", "agents")) == {"b"}


def test_any_of_needs_one_value_and_none_finds_nothing(engine: Engine) -> None:
    fill(engine, a_document("a", group="g"), a_document("b", group=("h", "g")), a_document("c"))
    assert found_keys(engine, AnyOf("group", ("g",))) == {"a", "b"}
    assert found_keys(engine, AnyOf("group", ("h", "i"))) == {"b"}
    assert found_keys(engine, AnyOf("group", ("h", "h", "g"))) == {"a", "b"}
    assert found_keys(engine, AnyOf("group", ())) == set()
    assert found_keys(engine, AnyOf("group", ("\ud800",))) == set()


def test_the_key_is_a_keyword_like_another(engine: Engine) -> None:
    fill(engine, a_document("a"), a_document("b", id="b"), a_document("A"))
    assert found_keys(engine, Term("id", "a")) == {"a"}
    assert found_keys(engine, AnyOf("id", ("b", "A"))) == {"b", "A"}


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 10, {"none", "ten"}),
        (1, 10, {"ten"}),
        (None, 0, {"least", "none"}),
        (11, None, {"most"}),
        (None, None, {"least", "none", "ten", "most"}),
        (10, 0, set()),
        (2**63 - 1, 2**63 - 1, {"most"}),
        (-(2**63), -(2**63), {"least"}),
        (2**63, None, set()),
        (None, -(2**63) - 1, set()),
        (-(2**70), 2**70, {"least", "none", "ten", "most"}),
    ],
)
def test_a_range_includes_both_ends(engine: Engine, low: int | None, high: int | None, expected: set[str]) -> None:
    fill(
        engine,
        a_document("least", views=-(2**63)),
        a_document("none", views=0),
        a_document("ten", views=10),
        a_document("most", views=2**63 - 1),
        a_document("without"),
    )
    assert found_keys(engine, Range("views", low, high)) == expected


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2014-11-07", "2014-11-07", {"day", "month", "year"}),
        ("2014-11-08", "2014-11-30", {"month", "year"}),
        ("2014-12-01", "2015-06-01", {"year"}),
        ("2014-01-01", "2014-01-01", {"year"}),
        ("2013-12-31", "2013-12-31", set()),
        ("2015-01-01", "2016-01-01", set()),
        ("0001-01-01", "9999-12-31", {"day", "month", "year"}),
    ],
)
def test_a_period_is_in_a_range_that_it_overlaps(engine: Engine, first: str, last: str, expected: set[str]) -> None:
    fill(
        engine,
        a_document("day", cited=("2014-11-07", "2014-11-07")),
        a_document("month", cited=("2014-11-01", "2014-11-30")),
        a_document("year", cited=("2014-01-01", "2014-12-31")),
        a_document("without"),
    )
    assert found_keys(engine, Range("cited", day(first), day(last))) == expected


def test_open_ends_of_a_range_of_days(engine: Engine) -> None:
    fill(
        engine,
        a_document("old", cited=("1883-01-01", "1883-12-31")),
        a_document("new", cited=("2014-11-07", "2014-11-07")),
    )
    fill(engine, a_document("without"), a_document("ever", cited=("0001-01-01", "9999-12-31")))
    assert found_keys(engine, Range("cited", None, day("1883-01-01"))) == {"old", "ever"}
    assert found_keys(engine, Range("cited", day("1884-01-01"))) == {"new", "ever"}
    assert found_keys(engine, Range("cited")) == {"old", "new", "ever"}
    assert found_keys(engine, Range("cited", LAST_DAY + 1)) == set()
    assert found_keys(engine, Range("cited", None, FIRST_DAY - 1)) == set()
    assert found_keys(engine, Range("cited", -(2**70), 2**70)) == {"old", "new", "ever"}


def test_a_range_turned_round_finds_nothing(engine: Engine) -> None:
    fill(engine, a_document("ever", cited=("0001-01-01", "9999-12-31")))
    assert found_keys(engine, Range("cited", day("2014-11-08"), day("2014-11-07"))) == set()


A, B, C = Term("tag", "a"), Term("tag", "b"), Term("tag", "c")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Everything(), {"a", "b", "ab", "abc", "none"}),
        (Nothing(), set()),
        (Not(Everything()), set()),
        (Not(Nothing()), {"a", "b", "ab", "abc", "none"}),
        (Not(A), {"b", "none"}),
        (Not(Not(A)), {"a", "ab", "abc"}),
        (And(()), {"a", "b", "ab", "abc", "none"}),
        (Or(()), set()),
        (And((A,)), {"a", "ab", "abc"}),
        (And((A, B)), {"ab", "abc"}),
        (And((A, Not(B))), {"a"}),
        (And((Not(A), Not(B))), {"none"}),
        (And((A, Nothing())), set()),
        (And((A, Everything())), {"a", "ab", "abc"}),
        (And((A, And(()))), {"a", "ab", "abc"}),
        (And((A, Or(()))), set()),
        (Or((A, B)), {"a", "b", "ab", "abc"}),
        (Or((C, Not(A))), {"abc", "b", "none"}),
        (Or((Not(A), Not(B))), {"a", "b", "none"}),
        (Or((A, Nothing(), A)), {"a", "ab", "abc"}),
        (Or((A, Everything())), {"a", "b", "ab", "abc", "none"}),
        (And((Or((A, B)), Not(And((A, B))))), {"a", "b"}),
        (Not(And(())), set()),
        (Not(Or(())), {"a", "b", "ab", "abc", "none"}),
        (Not(Or((A, Not(C)))), set()),
        (Not(And((A, Not(C)))), {"b", "abc", "none"}),
    ],
)
def test_conditions_are_put_together(engine: Engine, query: Query, expected: set[str]) -> None:
    fill(
        engine,
        a_document("a", tag="a"),
        a_document("b", tag="b"),
        a_document("ab", tag=("a", "b")),
        a_document("abc", tag=("a", "b", "c")),
        a_document("none"),
    )
    assert found_keys(engine, query) == expected
    assert ask(engine, query).total == len(expected)


def test_conditions_stand_deep_in_one_another(engine: Engine) -> None:
    fill(engine, a_document("a", tag="a"), a_document("b", tag="b"))
    query: Query = A
    for _ in range(30):
        query = Not(And((Or((query, Nothing())), Everything())))
    assert found_keys(engine, query) == {"a"}


def test_a_great_many_conditions_stand_side_by_side(engine: Engine) -> None:
    fill(engine, *(a_document(f"d{number}", tag=f"t{number}", title=f"mot{number}") for number in range(20)))
    assert found_keys(engine, Or(tuple(Term("title", f"mot{number}") for number in range(5, 1000)))) == {
        f"d{number}" for number in range(5, 20)
    }
    assert found_keys(engine, AnyOf("tag", tuple(f"T{number}" for number in range(5, 5000)))) == {
        f"d{number}" for number in range(5, 20)
    }
    assert found_keys(engine, And(tuple(Not(Term("title", f"mot{number}")) for number in range(19)))) == {"d19"}


@pytest.mark.parametrize("query", [Everything(), Nothing(), Not(A), A, Range("views"), And((A, Not(B))), Or((A, B))])
def test_an_empty_index_answers(engine: Engine, query: Query) -> None:
    hits = ask(engine, query)
    assert (hits.total, hits.page) == (0, ())
