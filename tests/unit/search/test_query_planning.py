import pytest

from index.query import And, AnyOf, Everything, Not, Nothing, Range
from kb.access.actor import AccessScope
from kb.model.search_request import DateKind, SearchRequest, Sort, View
from kb.search.query_planning import plan_search
from tests.factories.items import a_group

PHYSIQUE, HISTOIRE = a_group("physique"), a_group("histoire")
BOTH = AccessScope(group_ids=frozenset({PHYSIQUE.id, HISTOIRE.id}))
GROUPS = (PHYSIQUE, HISTOIRE)


def test_the_plan_of_a_caller_covers_readable_documents_only() -> None:
    plan = plan_search(SearchRequest(), BOTH, GROUPS).plan
    assert plan.within == And((AnyOf("document", ("item",)), AnyOf("group", ("g-histoire", "g-physique"))))


def test_nothing_exists_for_an_empty_scope() -> None:
    assert plan_search(SearchRequest(), AccessScope(), ()).plan.within == Nothing()


def test_the_operator_is_asked_for_no_group() -> None:
    plan = plan_search(SearchRequest(view=View.PASSAGES), AccessScope(everything=True), GROUPS).plan
    assert plan.within == AnyOf("document", ("passage",))


def test_tags_narrow_one_by_one_and_other_values_are_alternatives() -> None:
    plan = plan_search(
        SearchRequest(tag=("rh", "web"), not_tag=("vieux", "périmé"), author=("claire", "sophie-point")), BOTH, GROUPS
    ).plan
    assert [(filter_.name, filter_.query) for filter_ in plan.filters] == [
        ("tag", AnyOf("tag", ("rh",))),
        ("tag", AnyOf("tag", ("web",))),
        ("not_tag", Not(AnyOf("tag", ("vieux", "périmé")))),
        ("author", AnyOf("author", ("claire", "sophie-point"))),
    ]
    assert {facet.field: facet.without for facet in plan.facets} == {
        "tag": None, "byline": "byline", "author": "author", "source": "source",
        "language": "language", "kind": "kind", "group": "group",
        "cited_year": "date",
        "cited": "date",
    }  # fmt: skip


def test_a_group_that_is_not_known_finds_nothing() -> None:
    plan = plan_search(SearchRequest(group=("secret",)), BOTH, GROUPS).plan
    assert [(filter_.name, filter_.query) for filter_ in plan.filters] == [("group", Nothing())]
    plan = plan_search(SearchRequest(group=("secret", "histoire")), BOTH, GROUPS).plan
    assert [(filter_.name, filter_.query) for filter_ in plan.filters] == [("group", AnyOf("group", ("g-histoire",)))]


@pytest.mark.parametrize(
    ("request_", "query"),
    [
        (SearchRequest(date_from="2014-11", date_to="2014-11"), Range("cited", 16375, 16404)),
        (SearchRequest(date_from="1970"), Range("cited", 0, None)),
        (SearchRequest(date_to="1970-01", date=DateKind.ADDED), Range("added", None, 30)),
    ],
)
def test_a_period_holds_both_its_ends(request_: SearchRequest, query: Range) -> None:
    plan = plan_search(request_, BOTH, GROUPS).plan
    assert [(filter_.name, filter_.query) for filter_ in plan.filters] == [("date", query)]
    assert plan.facets[-1].field == request_.date.value


def test_without_words_everything_is_listed_the_most_recent_first() -> None:
    plan = plan_search(SearchRequest(page=3, per_page=50), BOTH, GROUPS).plan
    assert plan.query == Everything()
    assert not plan.by_score
    assert [(key.field, key.descending) for key in plan.sort] == [("added_at", True), ("order", False)]
    assert (plan.start, plan.size) == (100, 50)


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        (Sort.OLDEST, ("added_at", False)),
        (Sort.UPDATED, ("updated_at", True)),
        (Sort.POPULAR, ("views", True)),
        (Sort.TITLE, ("title_order", False)),
    ],
)
def test_each_order_has_its_field(sort: Sort, first: tuple[str, bool]) -> None:
    plan = plan_search(SearchRequest(q="agents", sort=sort), BOTH, GROUPS).plan
    assert (plan.sort[0].field, plan.sort[0].descending) == first
    assert not plan.by_score


def test_words_are_ranked_by_relevance() -> None:
    assert plan_search(SearchRequest(q="agents"), BOTH, GROUPS).plan.by_score
