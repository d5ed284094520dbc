from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import Invalid
from kb.model.search_request import DateKind, SearchRequest, Sort, View

words = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=30).map(str.strip).filter(bool)
values = st.lists(words, max_size=4, unique=True).map(tuple)
days = st.sampled_from(["2014", "2014-11", "2014-11-07", "1998-02"])
requests = st.builds(
    SearchRequest,
    q=st.one_of(st.just(""), words),
    match=st.sampled_from([None, "any", "all"]),
    group=values,
    tag=values,
    not_tag=values,
    author=values,
    source=values,
    language=values,
    kind=st.lists(st.sampled_from(["highlight", "note", "comment"]), unique=True).map(tuple),
    site=values,
    date_from=st.one_of(st.none(), days.map(lambda day: "1" + day[1:])),
    date_to=st.one_of(st.none(), days),
    date=st.sampled_from(DateKind),
    view=st.sampled_from(View),
    sort=st.one_of(st.none(), st.sampled_from(Sort)),
    page=st.integers(1, 10**9),
    per_page=st.integers(1, 100),
    facet_limit=st.integers(1, 1000),
)
names = st.sampled_from([
    "q", "match", "group", "tag", "not_tag", "author", "source", "language", "kind", "site",
    "from", "to", "date", "view", "sort", "page", "per_page", "facet_limit", "utm_source",
])  # fmt: skip
anything = st.one_of(
    st.text(max_size=20), st.sampled_from(["1", "20", "any", "recent", "2014", "note", "passages", "added", "-1"])
)


@given(requests)
def test_an_address_gives_back_the_request_that_it_was_made_of(request: SearchRequest) -> None:
    assert SearchRequest.from_params(request.to_params()) == request


@given(requests)
def test_the_request_survives_the_writing_of_an_address(request: SearchRequest) -> None:
    address = urlencode(request.to_params())
    assert SearchRequest.from_params(parse_qsl(address)) == request


@given(st.lists(st.tuples(names, anything), max_size=6))
def test_any_address_is_parsed_stably_or_refused_with_a_sentence(pairs: list[tuple[str, str]]) -> None:
    try:
        request = SearchRequest.from_params(pairs)
    except Invalid as error:
        refusal = str(error)
        assert refusal.endswith(".")
    else:
        assert SearchRequest.from_params(request.to_params()) == request


def test_defaults_are_left_out_of_the_address() -> None:
    assert SearchRequest().to_params() == ()
    assert SearchRequest(q="l’énergie", page=2).to_params() == (("q", "l’énergie"), ("page", "2"))


def test_the_names_of_an_address_are_those_of_the_interface() -> None:
    request = SearchRequest.from_params([
        ("q", "  agents "), ("tag", "numérique"), ("tag", "open data"), ("not_tag", "rh"), ("from", "2014-09"),
        ("to", "2015"), ("date", "published"), ("view", "passages"), ("sort", "oldest"), ("per_page", "50"),
    ])  # fmt: skip
    assert request == SearchRequest(
        q="agents",
        tag=("numérique", "open data"),
        not_tag=("rh",),
        date_from="2014-09",
        date_to="2015",
        date=DateKind.PUBLISHED,
        view=View.PASSAGES,
        sort=Sort.OLDEST,
        per_page=50,
    )


def test_control_characters_are_spaces_and_blank_values_are_not_given() -> None:
    request = SearchRequest.from_params([("q", "à\x00bientôt\x1b\n"), ("tag", " \x07 "), ("page", ""), ("from", " ")])
    assert request == SearchRequest(q="à bientôt")


def test_unknown_parameters_are_ignored() -> None:
    assert SearchRequest.from_params([("utm_source", "lettre"), ("lang", "en"), ("date_from", "x")]) == SearchRequest()


def test_the_same_value_twice_is_one_value() -> None:
    pairs = [("tag", "rh"), ("tag", "rh"), ("page", "2"), ("page", "2")]
    assert SearchRequest.from_params(pairs) == SearchRequest(tag=("rh",), page=2)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([("page", "-1")], "a whole number from 1"),
        ([("page", "0")], "a whole number from 1"),
        ([("page", "²")], "a whole number from 1"),
        ([("page", "9" * 5000)], "a whole number from 1"),
        ([("page", "1"), ("page", "2")], "more than once"),
        ([("per_page", "101")], "from 1 to 100"),
        ([("facet_limit", "1001")], "from 1 to 1000"),
        ([("from", "hier")], "2014-11-07"),
        ([("to", "2014-13")], "2014-11-07"),
        ([("to", "2015-02-29")], "2014-11-07"),
        ([("from", "٢٠١٤")], "2014-11-07"),
        ([("from", "0000")], "2014-11-07"),
        ([("from", "2015"), ("to", "2014-12-31")], "ends before it begins"),
        ([("sort", "hasard")], "relevance, recent, oldest, updated, popular, title"),
        ([("match", "some")], "any, all"),
        ([("date", "2014")], "cited, added, published"),
        ([("view", "cartes")], "items, passages"),
        ([("kind", "sticky")], "highlight, note, comment"),
        ([("q", "é" * 2001)], "2001 characters; at most 2000"),
        ([("tag", str(number)) for number in range(101)], "at most 100 values"),
        ([("tag", "a" * 501)], "at most 500 characters"),
    ],
)
def test_an_invalid_parameter_is_refused_with_the_expected_form(pairs: list[tuple[str, str]], expected: str) -> None:
    with pytest.raises(Invalid) as refusal:
        SearchRequest.from_params(pairs)
    assert expected in str(refusal.value)


def test_the_limits_themselves_are_allowed() -> None:
    request = SearchRequest.from_params([("q", "é" * 2000), ("per_page", "100"), ("facet_limit", "1000")])
    assert (len(request.q), request.per_page, request.facet_limit) == (2000, 100, 1000)


def test_a_period_may_begin_inside_the_year_that_ends_it() -> None:
    request = SearchRequest.from_params([("from", "2014-11"), ("to", "2014")])
    assert (request.date_from, request.date_to) == ("2014-11", "2014")


@given(requests, words)
def test_a_value_is_chosen_and_given_up_again_from_the_first_page(request: SearchRequest, tag: str) -> None:
    chosen = request.with_value("tag", tag)
    assert tag in chosen.tag
    assert chosen.page == 1
    assert chosen.with_value("tag", tag) == chosen
    assert tag not in chosen.without_value("tag", tag).tag


def test_single_parameters_are_replaced_and_unset_under_their_address_names() -> None:
    request = SearchRequest(page=4).with_value("from", "2014").with_value("from", "2015").with_value("view", "passages")
    assert request == SearchRequest(date_from="2015", view=View.PASSAGES)
    assert request.without_value("from", "2015").without_value("view", "passages") == SearchRequest()
    with pytest.raises(Invalid):
        request.with_value("to", "demain")


def test_clearing_keeps_the_words_the_view_and_the_order() -> None:
    request = SearchRequest(
        q="agents", tag=("rh",), site=("lagazette.fr",), date_from="2014", view=View.PASSAGES, sort=Sort.TITLE, page=3
    )
    assert request.cleared() == SearchRequest(q="agents", view=View.PASSAGES, sort=Sort.TITLE)


def test_another_order_or_view_begins_at_its_first_page() -> None:
    request = SearchRequest(page=3)
    assert request.to_params({"sort": Sort.POPULAR, "page": 1}) == (("sort", "popular"),)
    assert request.with_view(View.PASSAGES) == SearchRequest(view=View.PASSAGES)
    assert request.with_page(7).page == 7


@pytest.mark.parametrize(
    ("request_", "order", "all_words"),
    [
        (SearchRequest(), Sort.RECENT, True),
        (SearchRequest(q="agents"), Sort.RELEVANCE, False),
        (SearchRequest(q="agents", match="all"), Sort.RELEVANCE, True),
        (SearchRequest(q="agents", sort=Sort.RECENT), Sort.RECENT, True),
        (SearchRequest(q="agents", sort=Sort.RECENT, match="any"), Sort.RECENT, False),
    ],
)
def test_words_ask_for_relevance_and_lists_by_date_for_all_words(
    request_: SearchRequest, order: Sort, all_words: bool
) -> None:
    assert request_.ordering is order
    assert request_.wants_all_words is all_words
