"""The order of hits, and its pages."""

import pytest

from index.engine import Engine
from index.plan import SortKey
from index.query import Everything, Or, Prefix, Term
from tests.factories.index import a_document, ask, fill


def order(engine: Engine, *sort: SortKey, by_score: bool = False) -> list[str]:
    return [hit.key for hit in ask(engine, Everything(), sort=sort, by_score=by_score).page]


def test_numbers_sort_both_ways_with_what_has_none_last(engine: Engine) -> None:
    fill(engine, a_document("b", views=2), a_document("none"), a_document("a", views=10), a_document("c", views=-5))
    fill(engine, a_document("zero", views=0), a_document("also none"))
    assert order(engine, SortKey("views")) == ["c", "zero", "b", "a", "also none", "none"]
    assert order(engine, SortKey("views", descending=True)) == ["a", "b", "zero", "c", "also none", "none"]


def test_the_largest_numbers_sort_exactly(engine: Engine) -> None:
    numbers = (-(2**63), -(2**63) + 1, -1, 2**53, 2**53 + 1, 2**63 - 2, 2**63 - 1)
    fill(engine, a_document("none"), *(a_document(str(n), views=n) for n in reversed(numbers)))
    assert order(engine, SortKey("views")) == [*map(str, numbers), "none"]
    assert order(engine, SortKey("views", descending=True)) == [*map(str, reversed(numbers)), "none"]


def test_periods_sort_by_their_first_day(engine: Engine) -> None:
    fill(
        engine,
        a_document("year", cited=("2014-01-01", "2014-12-31")),
        a_document("day", cited=("2014-11-07", "2014-11-07")),
        a_document("none"),
        a_document("old", cited=("0001-01-01", "9999-12-31")),
        a_document("first of january", cited=("2014-01-01", "2014-01-01")),
    )
    assert order(engine, SortKey("cited")) == ["old", "first of january", "year", "day", "none"]
    assert order(engine, SortKey("cited", descending=True)) == ["day", "first of january", "year", "old", "none"]


def test_keywords_sort_by_their_first_value(engine: Engine) -> None:
    fill(
        engine,
        a_document("b", author=("beta", "alpha")),
        a_document("a", author=("alpha", "zeta")),
        a_document("none"),
        a_document("upper", author="Zeta"),
        a_document("accent", author="été"),
        a_document("longer", author="alpha "),
        a_document("empty", author=""),
    )
    ascending = ["empty", "upper", "a", "longer", "b", "accent"]
    assert order(engine, SortKey("author")) == [*ascending, "none"]
    assert order(engine, SortKey("author", descending=True)) == [*reversed(ascending), "none"]


def test_folded_keywords_sort_without_case(engine: Engine) -> None:
    fill(
        engine,
        a_document("3", tag="Bleu"),
        a_document("1", tag="azur"),
        a_document("2", tag="AZUR"),
        a_document("4", tag="bleU"),
    )
    assert order(engine, SortKey("tag")) == ["1", "2", "3", "4"]
    assert order(engine, SortKey("tag", descending=True)) == ["3", "4", "1", "2"]


def test_keywords_sort_by_code_points(engine: Engine) -> None:
    letters = ("\0", " ", "A", "a", "é", "œ", "漢", "\uffff", "\U0001f600")
    fill(engine, *(a_document(f"k{n}", author=letter) for n, letter in enumerate(letters)))
    assert order(engine, SortKey("author")) == [f"k{n}" for n in range(len(letters))]


def test_a_later_field_breaks_the_ties_of_an_earlier_one_and_the_key_the_last(engine: Engine) -> None:
    fill(
        engine,
        a_document("d", views=1, author="x"),
        a_document("c", views=1, author="y"),
        a_document("b", views=1, author="x"),
        a_document("a"),
        a_document("e", author="x"),
    )
    assert order(engine, SortKey("views"), SortKey("author", descending=True)) == ["c", "b", "d", "e", "a"]
    assert order(engine, SortKey("author"), SortKey("views", descending=True)) == ["b", "d", "e", "c", "a"]
    assert order(engine) == ["a", "b", "c", "d", "e"]
    assert order(engine, SortKey("id", descending=True)) == ["e", "d", "c", "b", "a"]


def test_keys_break_ties_by_code_points(engine: Engine) -> None:
    keys = ("10", "9", "A", "_", "a", "é", "\U0001f600")
    fill(engine, *(a_document(key) for key in reversed(keys)))
    assert order(engine) == list(keys)


def test_score_comes_before_fields(engine: Engine) -> None:
    fill(
        engine,
        a_document("low", title="eau x y z", views=9),
        a_document("b", title="eau", views=1),
        a_document("a", title="eau", views=2),
        a_document("c", title="eau", views=1),
        a_document("none", title="vin", views=100),
    )
    query = Or((Term("title", "eau"), Everything()))
    hits = ask(engine, query, sort=(SortKey("views"),))
    assert [hit.key for hit in hits.page] == ["b", "c", "a", "low", "none"]
    hits = ask(engine, query, sort=(SortKey("views", descending=True),), by_score=False)
    assert [hit.key for hit in hits.page] == ["none", "low", "a", "b", "c"]


def test_negative_scores_come_after_none(engine: Engine) -> None:
    fill(engine, a_document("a", title="eau"), a_document("b", title="vin"))
    hits = ask(engine, Or((Prefix("title", "eau", -1.0), Everything())))
    assert [(hit.key, hit.score) for hit in hits.page] == [("b", 0.0), ("a", -1.0)]


@pytest.mark.parametrize("sort", [(), (SortKey("views"),), (SortKey("views", descending=True),)])
@pytest.mark.parametrize("by_score", [False, True])
def test_pages_are_pieces_of_one_order(engine: Engine, sort: tuple[SortKey, ...], by_score: bool) -> None:
    fill(engine, *(a_document(f"{n:03}", title="eau " * (n % 5), views=n % 7) for n in range(0, 60, 2)))
    fill(engine, *(a_document(f"{n:03}", title="eau " * (n % 5)) for n in range(1, 60, 2)))
    query = Or((Term("title", "eau"), Everything()))
    whole = ask(engine, query, sort=sort, by_score=by_score)
    assert whole.total == len(whole.page) == 60
    for size in (1, 7, 20, 59, 60, 61):
        pages = [ask(engine, query, sort=sort, by_score=by_score, start=at, size=size) for at in range(0, 60, size)]
        assert tuple(hit for page in pages for hit in page.page) == whole.page
        assert {page.total for page in pages} == {60}


def test_past_the_end_there_is_nothing_and_the_total_stays(engine: Engine) -> None:
    fill(engine, *(a_document(str(n)) for n in range(3)))
    for start in (3, 4, 10**11, 2**63, 10**30):
        hits = ask(engine, Everything(), start=start)
        assert (hits.total, hits.page) == (3, ())
    assert ask(engine, Everything(), size=0).page == ()
    assert [hit.key for hit in ask(engine, Everything(), start=2, size=10**12).page] == ["2"]
