"""The limits of one search, and how an engine reports what it left out."""

import pytest

from index.engine import Engine, OutOfTime
from index.plan import Bounds, Filter
from index.query import And, AnyOf, Everything, Fuzzy, Not, Or, Prefix, Query, Term, Wildcard
from tests.factories.index import a_document, ask, fill, found_keys, scores

WILDCARDS = [Prefix("exact", "ag"), Wildcard("exact", "ag*"), Fuzzy("exact", "agxx", 2)]


def held_often_and_rarely(engine: Engine) -> None:
    """`agzz` has three documents, `agcc` and `agbb` have two, `agaa` has one."""
    fill(
        engine,
        a_document("1", exact="agzz agbb"),
        a_document("2", exact="agzz agcc"),
        a_document("3", exact="agzz"),
        a_document("4", exact="agaa"),
    )
    fill(engine, a_document("5", exact="agbb"), a_document("6", exact="agcc"))


@pytest.mark.parametrize("wildcard", WILDCARDS, ids=str)
@pytest.mark.parametrize(
    ("expansions", "keys"),
    [
        (0, set()),
        (1, {"1", "2", "3"}),
        (2, {"1", "2", "3", "5"}),
        (3, {"1", "2", "3", "5", "6"}),
        (4, {"1", "2", "3", "4", "5", "6"}),
    ],
)
def test_of_too_many_terms_those_are_found_that_most_documents_hold(
    engine: Engine, wildcard: Prefix | Wildcard | Fuzzy, expansions: int, keys: set[str]
) -> None:
    held_often_and_rarely(engine)

    hits = ask(engine, wildcard, bounds=Bounds(expansions=expansions))

    assert {hit.key for hit in hits.page} == keys
    assert {hit.score for hit in hits.page} <= {1.0}
    assert hits.total == len(keys)
    assert hits.limited == ((wildcard,) if expansions < 4 else ())


def test_term_counts_are_of_accessible_documents_only(engine: Engine) -> None:
    fill(
        engine,
        *(a_document(f"hidden {number}", group="secret", exact="agaa agbb agcc") for number in range(9)),
        a_document("1", group="open", exact="agzz agyy"),
        a_document("2", group="open", exact="agzz"),
    )
    within = AnyOf("group", ("open",))

    assert ask(engine, WILDCARDS[0], within, bounds=Bounds(expansions=2)).limited == ()
    assert ask(engine, WILDCARDS[0], within, bounds=Bounds(expansions=1)).limited == (WILDCARDS[0],)
    assert found_keys(engine, WILDCARDS[0], within, bounds=Bounds(expansions=1)) == {"1", "2"}


def test_the_terms_of_several_commits_are_bounded_together(engine: Engine) -> None:
    fill(engine, a_document("1", exact="agaa agbb"))
    fill(engine, a_document("2", exact="agcc agdd"))

    assert found_keys(engine, WILDCARDS[0], bounds=Bounds(expansions=2)) == {"1"}
    assert ask(engine, WILDCARDS[0], bounds=Bounds(expansions=3)).limited == (WILDCARDS[0],)
    assert ask(engine, WILDCARDS[0], bounds=Bounds(expansions=4)).limited == ()


def test_a_term_of_several_commits_is_one(engine: Engine) -> None:
    for commit in range(2):
        fill(engine, *(a_document(f"{term} {commit}", exact=term) for term in ("agaa", "agbb", "agcc")))

    assert found_keys(engine, WILDCARDS[0], bounds=Bounds(expansions=2)) == {"agaa 0", "agaa 1", "agbb 0", "agbb 1"}


def test_a_deleted_document_holds_nothing(engine: Engine) -> None:
    held_often_and_rarely(engine)
    with engine.write() as writer:
        for key in ("1", "2", "3"):
            writer.drop("id", key)

    assert found_keys(engine, WILDCARDS[0], bounds=Bounds(expansions=1)) == {"4"}
    assert ask(engine, WILDCARDS[0], bounds=Bounds(expansions=3)).limited == ()


def test_limited_wildcards_are_named_once_in_the_order_of_the_query(engine: Engine) -> None:
    held_often_and_rarely(engine)
    first, second, third = WILDCARDS
    query = Or((And((second, Not(third))), Term("exact", "agaa"), first, second))

    assert ask(engine, query, bounds=Bounds(expansions=1)).limited == (second, third, first)
    assert ask(engine, query, bounds=Bounds(expansions=1), by_score=False).limited == (second, third, first)


def test_an_exclusion_excludes_only_what_it_still_stands_for(engine: Engine) -> None:
    held_often_and_rarely(engine)

    assert found_keys(engine, Not(WILDCARDS[0]), bounds=Bounds(expansions=1)) == {"4", "5", "6"}
    assert found_keys(engine, And((Everything(), Not(WILDCARDS[0]))), bounds=Bounds(expansions=1)) == {"4", "5", "6"}


def test_fields_of_whole_values_are_bounded_too(engine: Engine) -> None:
    fill(
        engine,
        a_document("1", tag=("Eau", "vin")),
        a_document("2", tag="EAU"),
        a_document("3", tag=("air", "air")),
    )

    assert found_keys(engine, Wildcard("tag", "???"), bounds=Bounds(expansions=1)) == {"1", "2"}
    assert found_keys(engine, Wildcard("tag", "???"), bounds=Bounds(expansions=2)) == {"1", "2", "3"}
    assert ask(engine, Wildcard("tag", "???"), bounds=Bounds(expansions=2)).limited == (Wildcard("tag", "???"),)


@pytest.mark.parametrize("wildcard", WILDCARDS, ids=str)
def test_queries_of_programs_have_no_expansion_limit(engine: Engine, wildcard: Query) -> None:
    held_often_and_rarely(engine)

    assert len(found_keys(engine, Everything(), wildcard, bounds=Bounds(expansions=1))) == 6
    assert len(found_keys(engine, Everything(), filters=(Filter("words", wildcard),), bounds=Bounds(expansions=1))) == 6
    assert len(found_keys(engine, wildcard, filters=(Filter("words", wildcard),), bounds=Bounds(expansions=1))) == 3


def test_a_question_with_other_bounds_is_another_question(engine: Engine) -> None:
    held_often_and_rarely(engine)

    assert len(found_keys(engine, WILDCARDS[0])) == 6
    assert len(found_keys(engine, WILDCARDS[0], bounds=Bounds(expansions=1))) == 3
    assert len(found_keys(engine, WILDCARDS[0])) == 6


def test_a_search_is_given_up_when_its_time_is_up(engine: Engine) -> None:
    held_often_and_rarely(engine)

    with pytest.raises(OutOfTime):
        ask(engine, Term("exact", "agzz"), bounds=Bounds(seconds=0))
    assert scores(engine, Term("exact", "agzz")).keys() == {"1", "2", "3"}
    assert len(found_keys(engine, Everything(), bounds=Bounds(seconds=None))) == 6


def test_a_negative_number_of_expansions_is_refused(engine: Engine) -> None:
    with pytest.raises(ValueError, match="expansions cannot be -1"):
        ask(engine, Everything(), bounds=Bounds(expansions=-1))
