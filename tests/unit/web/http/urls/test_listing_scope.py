"""The filters that a listing's path fixes, and the shortest address of every search."""

from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model.saved_search import SavedSearch
from kb.model.search_request import SearchRequest, Sort
from kb.web.http.urls.listing_scope import FEED_FORMATS, PAGE_FORMAT, SEARCH_SCOPE, ListingScope, tag_and_format
from kb.web.http.urls.page_urls import Addresses

AGENTS = ListingScope("usages", "agents")
SAVED = ListingScope(saved=SavedSearch("s1", "g", "Nom", SearchRequest(q="eau", tag=("agents",), per_page=50), "2026"))
TAGS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12).filter(
    lambda tag: tag.strip() == tag
)


def test_a_path_fixes_what_it_names() -> None:
    request = AGENTS.request_of((("group", "autre"), ("tag", "eau"), ("tag", "agents"), ("page", "2")))
    assert request == SearchRequest(group=("usages",), tag=("agents", "eau"), page=2)
    assert SEARCH_SCOPE.request_of((("group", "a"), ("group", "b"))).group == ("a", "b")


def test_a_search_is_at_the_nearest_place_that_holds_it() -> None:
    request = SearchRequest(group=("usages",), tag=("agents",))
    assert AGENTS.address_of(request.with_value("tag", "eau")) == ("/g/usages/tag/agents", (("tag", "eau"),))
    assert AGENTS.address_of(request.without_value("tag", "agents")) == ("/g/usages", ())
    assert AGENTS.address_of(request.with_value("group", "autre"))[0] == "/search"
    assert SEARCH_SCOPE.address_of(request) == ("/search", (("group", "usages"), ("tag", "agents")))


def test_a_saved_search_keeps_its_place_while_only_its_page_changes() -> None:
    request = SAVED.request_of((("page", "3"), ("q", "autre"), ("tag", "x")))
    assert (request.q, request.tag, request.page, request.per_page) == ("eau", ("agents",), 3, 50)
    assert SAVED.address_of(request) == ("/saved/s1", (("page", "3"),))
    assert SAVED.address_of(replace(request, sort=Sort.TITLE, page=1))[0] == "/search"
    assert SAVED.feed_of(request, "rss") == ("/saved/s1.rss", ())


@given(
    st.sampled_from([SEARCH_SCOPE, ListingScope("usages"), AGENTS, SAVED]),
    st.builds(
        SearchRequest,
        q=st.sampled_from(["", "eau vive", "a&b=c é"]),
        group=st.sampled_from([(), ("usages",), ("autre",)]),
        tag=st.sampled_from([(), ("agents",), ("agents", "eau")]),
        page=st.integers(1, 3),
        sort=st.sampled_from([None, Sort.TITLE]),
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "page": st.integers(1, 3),
            "sort": st.sampled_from([None, Sort.RECENT]),
            "per_page": st.sampled_from([20, 50]),
            "date_from": st.sampled_from([None, "2014"]),
            "group": st.sampled_from([(), ("usages",)]),
            "tag": st.sampled_from([(), ("agents",)]),
        },
    ),
)
def test_a_link_with_changes_is_the_link_of_the_changed_request(
    place: ListingScope, request: SearchRequest, changes: dict[str, Any]
) -> None:
    changed = replace(request, **changes)
    assert request.to_params(changes) == changed.to_params()
    assert place.address_of(request, changes) == place.address_of(changed)
    assert Addresses("fr", "/search").listing(place, request, **changes) == Addresses("fr", "/search").listing(
        place, changed
    )
    path, pairs = place.address_of(changed)
    assert Addresses().listing(place, changed) == path + ("?" + urlencode(pairs) if pairs else "")


@given(TAGS, st.sampled_from([*FEED_FORMATS, PAGE_FORMAT]), st.sampled_from(["", ".rss", ".atom", ".json", "/..", "/"]))
def test_every_tag_has_a_page_and_feeds_whatever_it_ends_in(tag: str, form: str, end: str) -> None:
    place = ListingScope("usages", tag + end)
    request = SearchRequest(group=("usages",), tag=(tag + end,))
    path, pairs = place.address_of(request) if form == PAGE_FORMAT else place.feed_of(request, form)
    if path.startswith("/g/usages/tag/"):
        assert tag_and_format(unquote(path.removeprefix("/g/usages/tag/")), pairs) == (tag + end, form)
        assert ".." not in path.split("/")
    else:
        assert path in {"/g/usages", f"/g/usages.{form}"}
        assert ("tag", tag + end) in pairs


@pytest.mark.parametrize(
    ("request_", "pairs"),
    [
        (SearchRequest(q="eau", page=3), (("q", "eau"),)),
        (SearchRequest(q="eau vive"), (("q", "eau vive"), ("match", "any"))),
        (SearchRequest(q="eau vive", match="all"), (("q", "eau vive"), ("match", "all"))),
        (SearchRequest(q="eau vive", sort=Sort.RECENT), (("q", "eau vive"),)),
        (SearchRequest(sort=Sort.TITLE), ()),
    ],
)
def test_a_feed_finds_what_the_page_found(request_: SearchRequest, pairs: tuple[tuple[str, str], ...]) -> None:
    assert SEARCH_SCOPE.feed_of(request_, "atom") == ("/search.atom", pairs)
