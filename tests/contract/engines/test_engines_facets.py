"""Facets: the count beside a value is the total of the search with that value selected."""

from datetime import date, timedelta

import pytest

from index.engine import FIRST_DAY, LAST_DAY, Engine
from index.plan import FacetRequest, Filter
from index.query import And, AnyOf, Everything, Nothing, Range, Term
from tests.factories.index import a_document, ask, counts, day, fill


def test_values_come_by_count_then_by_folded_label(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", author=("zoé", "émile", "Eva", "eau")),
        a_document("2", author=("zoé", "émile", "Eva")),
        a_document("3", author=("zoé",)),
    )
    expected = [("zoé", 3), ("émile", 2), ("Eva", 2), ("eau", 1)]
    assert counts(engine, FacetRequest("author")) == expected


def test_the_first_of_many_values_are_those_of_most_documents(engine: Engine) -> None:
    values = [f"v{number:04}" for number in range(1200)]
    fill(engine, *(a_document(str(step), author=tuple(values[::step])) for step in (1, 7, 11, 13)))
    every = counts(engine, FacetRequest("author", limit=None))
    assert every[:3] == [("v0000", 4), ("v1001", 4), ("v0077", 3)]
    for limit in (1, 3, 40, 700):
        assert counts(engine, FacetRequest("author", limit=limit)) == every[:limit]


def test_labels_that_fold_alike_come_by_code_points(engine: Engine) -> None:
    fill(engine, a_document("1", author=("été", "ete", "Été", "ÉTÉ")))
    assert counts(engine, FacetRequest("author")) == [("ete", 1), ("ÉTÉ", 1), ("Été", 1), ("été", 1)]


def test_a_document_counts_once_for_a_value_that_it_repeats(engine: Engine) -> None:
    fill(engine, a_document("1", author=("eau", "eau"), tag=("Eau", "eau", "EAU")))
    assert counts(engine, FacetRequest("author")) == [("eau", 1)]
    assert counts(engine, FacetRequest("tag")) == [("EAU", 1)]


def test_only_what_is_found_is_counted(engine: Engine) -> None:
    fill(engine, a_document("1", tag="eau", title="vive"), a_document("2", tag=("eau", "vin")), a_document("3"))
    assert counts(engine, FacetRequest("tag"), Term("title", "vive")) == [("eau", 1)]
    assert counts(engine, FacetRequest("tag"), Nothing()) == []
    assert counts(engine, FacetRequest("tag"), size=0) == [("eau", 2), ("vin", 1)]
    assert counts(engine, FacetRequest("tag"), start=10**6) == [("eau", 2), ("vin", 1)]


def test_a_folded_value_shows_the_spelling_of_most_counted_documents(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", tag="Agents", group="g"),
        a_document("2", tag="Agents", group="g"),
        a_document("3", tag="agents", group="h"),
        a_document("4", tag="AGENTS", group="h"),
        a_document("5", tag="agents", group="h"),
        a_document("6", tag="agents", group="h"),
    )
    facet = FacetRequest("tag")
    assert counts(engine, facet) == [("agents", 6)]
    assert counts(engine, facet, AnyOf("group", ("g",))) == [("Agents", 2)]
    assert counts(engine, facet, AnyOf("id", ("1", "3", "4"))) == [("AGENTS", 3)], "the smallest among equals"


def test_a_document_with_two_spellings_counts_once_and_votes_for_both(engine: Engine) -> None:
    fill(engine, a_document("1", tag=("Eau", "eau")), a_document("2", tag=("eau", "eau")), a_document("3", tag="Vin"))
    assert counts(engine, FacetRequest("tag")) == [("eau", 2), ("Vin", 1)]


def test_the_limit_cuts_and_selected_values_stay(engine: Engine) -> None:
    fill(engine, *(a_document(str(n), tag=tuple(f"t{m}" for m in range(n, 6))) for n in range(6)))
    assert counts(engine, FacetRequest("tag", limit=None)) == [(f"t{m}", m + 1) for m in (5, 4, 3, 2, 1, 0)]
    assert counts(engine, FacetRequest("tag", limit=2)) == [("t5", 6), ("t4", 5)]
    assert counts(engine, FacetRequest("tag", limit=0)) == []
    assert counts(engine, FacetRequest("tag", limit=2, selected=("T1", "t5"))) == [("t5", 6), ("t4", 5), ("t1", 2)]
    assert counts(engine, FacetRequest("tag", limit=0, selected=("t3",))) == [("t3", 4)]


def test_selected_values_stay_even_at_zero(engine: Engine) -> None:
    fill(engine, a_document("1", tag="eau", author="zoé"), a_document("2", tag="Vin"))
    request = FacetRequest("tag", selected=("vin", "Rien", "rien", "ÉTÉ"))
    assert counts(engine, request, Term("author", "zoé")) == [("eau", 1), ("ÉTÉ", 0), ("Rien", 0), ("vin", 0)]
    assert counts(engine, request) == [("eau", 1), ("Vin", 1), ("ÉTÉ", 0), ("Rien", 0)]
    author = FacetRequest("author", selected=("Zoé", "zoé"))
    assert counts(engine, author) == [("zoé", 1), ("Zoé", 0)]


def test_a_selected_value_at_zero_does_not_take_the_place_of_another(engine: Engine) -> None:
    fill(engine, a_document("1", tag=("eau", "vin")))
    assert counts(engine, FacetRequest("tag", limit=2, selected=("abc",))) == [("eau", 1), ("vin", 1), ("abc", 0)]


def test_a_facet_is_counted_without_its_own_filter(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", author="zoé", tag="eau"),
        a_document("2", author="ali", tag="eau"),
        a_document("3", author="ali", tag="vin"),
        a_document("4", author="eva", tag="lait"),
    )
    filters = (
        Filter("author", AnyOf("author", ("zoé",))),
        Filter("tag", Term("tag", "eau")),
    )
    hits = ask(
        engine,
        Everything(),
        filters=filters,
        facets=(
            FacetRequest("author", without="author", selected=("zoé",)),
            FacetRequest("tag"),
            FacetRequest("tag", without="tag"),
            FacetRequest("author", without="nothing of that name"),
        ),
    )
    assert hits.total == 1
    assert [facet.field for facet in hits.facets] == ["author", "tag", "tag", "author"]
    assert [list(facet.counts) for facet in hits.facets] == [
        [("ali", 1), ("zoé", 1)],
        [("eau", 1)],
        [("eau", 1)],
        [("zoé", 1)],
    ]


def test_all_filters_of_one_name_are_left_out_together(engine: Engine) -> None:
    fill(engine, a_document("1", tag=("a", "b")), a_document("2", tag="a"), a_document("3", tag="c"))
    filters = (Filter("tag", Term("tag", "a")), Filter("tag", Term("tag", "b")))
    assert counts(engine, FacetRequest("tag", without="tag"), filters=filters) == [("a", 2), ("b", 1), ("c", 1)]
    assert counts(engine, FacetRequest("tag"), filters=filters) == [("a", 1), ("b", 1)]


def test_a_filter_left_out_adds_nothing_that_the_query_or_the_scope_excludes(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", group="g", author="zoé", title="eau"),
        a_document("2", group="g", author="ali", title="eau"),
        a_document("3", group="g", author="eva", title="vin"),
        a_document("4", group="h", author="léo", title="eau"),
    )
    hits = ask(
        engine,
        Term("title", "eau"),
        AnyOf("group", ("g",)),
        filters=(Filter("author", AnyOf("author", ("zoé",))),),
        facets=(FacetRequest("author", without="author"),),
    )
    assert list(hits.facets[0].counts) == [("ali", 1), ("zoé", 1)]


def test_one_field_is_counted_in_several_ways_at_once(engine: Engine) -> None:
    fill(engine, a_document("1", tag=("eau", "vin")))
    hits = ask(engine, Everything(), facets=(FacetRequest("tag", limit=1), FacetRequest("tag", limit=None)))
    assert [list(facet.counts) for facet in hits.facets] == [[("eau", 1)], [("eau", 1), ("vin", 1)]]


def test_months_are_counted_where_periods_overlap_them(engine: Engine) -> None:
    fill(
        engine,
        a_document("day", cited=("2014-11-07", "2014-11-07")),
        a_document("month", cited=("2014-11-01", "2014-11-30")),
        a_document("year", cited=("2014-01-01", "2014-12-31")),
        a_document("night", cited=("2014-12-31", "2015-01-01")),
        a_document("without"),
        a_document("neither"),
    )
    assert counts(engine, FacetRequest("cited")) == [
        *((f"2014-{month:02}", 1) for month in range(1, 11)),
        ("2014-11", 3),
        ("2014-12", 2),
        ("2015-01", 1),
        ("", 2),
    ]


def test_months_without_documents_are_not_listed_and_all_dated_means_no_empty_value(engine: Engine) -> None:
    fill(
        engine, a_document("1", cited=("1883-02-28", "1883-02-28")), a_document("2", cited=("2016-02-29", "2016-02-29"))
    )
    assert counts(engine, FacetRequest("cited")) == [("1883-02", 1), ("2016-02", 1)]
    assert counts(engine, FacetRequest("cited"), Nothing()) == []


def test_months_are_never_cut_nor_added(engine: Engine) -> None:
    fill(engine, a_document("1", cited=("2014-01-01", "2014-12-31")))
    request = FacetRequest("cited", limit=1, selected=("1999-01", "2014-03", ""))
    assert counts(engine, request) == [(f"2014-{month:02}", 1) for month in range(1, 13)]


def test_months_are_counted_without_their_own_filter_and_what_has_no_date_is_counted(engine: Engine) -> None:
    fill(engine, a_document("1", cited=("2014-11-07", "2014-11-07")), a_document("2"))
    filters = (Filter("date", Range("cited", day("2014-11-01"), day("2014-11-30"))),)
    assert counts(engine, FacetRequest("cited", without="date"), filters=filters) == [("2014-11", 1), ("", 1)]
    assert counts(engine, FacetRequest("cited"), filters=filters) == [("2014-11", 1)]


@pytest.mark.timeout(60)
def test_absurd_periods_are_counted_in_bounded_time(engine: Engine) -> None:
    ever = [a_document(f"e{number}", cited=("0001-01-01", "9999-12-31")) for number in range(100)]
    fill(engine, *ever, a_document("day", cited=("2014-11-07", "2014-11-07")))
    months = counts(engine, FacetRequest("cited"))
    assert len(months) == 9999 * 12
    assert months[0] == ("0001-01", 100)
    assert months[-1] == ("9999-12", 100)
    assert [month for month, count in months if count == 101] == ["2014-11"]


def test_the_edges_of_time_have_their_months(engine: Engine) -> None:
    fill(
        engine,
        a_document("first", cited=("0001-01-01", "0001-01-01")),
        a_document("last", cited=("9999-12-31", "9999-12-31")),
    )
    fill(engine, a_document("epoch", cited=("1969-12-31", "1970-01-01")))
    assert counts(engine, FacetRequest("cited")) == [("0001-01", 1), ("1969-12", 1), ("1970-01", 1), ("9999-12", 1)]
    assert ask(engine, Range("cited", FIRST_DAY, FIRST_DAY)).total == 1
    assert ask(engine, Range("cited", LAST_DAY, LAST_DAY)).total == 1


def test_a_count_is_the_total_of_choosing_its_value(engine: Engine) -> None:
    fill(
        engine,
        *(
            a_document(
                f"d{n}",
                title="eau" if n % 3 else "vin",
                tag=tuple({0: "Eau", 1: "eau", 2: "vin"}[m] for m in range(3) if n >> m & 1),
                cited=(f"20{10 + n % 4}-0{1 + n % 9}-15", f"20{10 + n % 4}-12-01"),
            )
            for n in range(32)
        ),
    )
    query = Term("title", "eau")
    tags = counts(engine, FacetRequest("tag"), query)
    assert sum(count for _, count in tags) > 10
    for value, count in tags:
        assert ask(engine, And((query, Term("tag", value)))).total == count
    for month, count in counts(engine, FacetRequest("cited"), query):
        first = day(f"{month}-01")
        last = day(f"{month}-28")
        beyond = next(at for at in range(last, last + 5) if _month_of(at) != month)
        assert ask(engine, And((query, Range("cited", first, beyond - 1)))).total == count


def _month_of(at: int) -> str:
    return (date(1970, 1, 1) + timedelta(days=at)).strftime("%Y-%m")
