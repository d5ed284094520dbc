"""Addresses that differ by one value are built together, equal to those built one by one."""

from dataclasses import replace

import pytest

from kb.model.search_request import SearchRequest
from kb.translation import Translator
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.http.urls.page_urls import VALUE_PLACEHOLDER, Addresses
from kb.web.ui.display_text import ListingContext

REQUEST = SearchRequest(q="l'été & l'an", tag=("agents",), author=("claire",), date_from="2014", page=3)
PLACES = (
    SEARCH_SCOPE,
    ListingScope("physique"),
    ListingScope("physique", "agents"),
    ListingScope("physique", "a/b.rss"),
)
VALUES = ("agents", "été", "a & b=c", "100 %", "a+b", "physique", "\u202f")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("language_here", ["/search", "/g/physique", "/"])
@pytest.mark.parametrize("language", [None, "en"])
def test_a_value_is_chosen_as_if_its_address_were_made_alone(
    place: ListingScope, language_here: str, language: str | None
) -> None:
    for request in (REQUEST, SearchRequest(), place.cleared(REQUEST)):
        context = ListingContext(request, Translator("fr"), Addresses(language, language_here), place)
        for name in ("tag", "author", "group", "kind"):
            for value in VALUES:
                assert context.with_value(name, value) == context.link(request.with_value(name, value))


def test_a_repeated_placeholder_is_filled_twice() -> None:
    addresses = Addresses("en", "/search")
    choose = addresses.listing_by_value(
        SEARCH_SCOPE, replace(REQUEST, date_from=VALUE_PLACEHOLDER, date_to=VALUE_PLACEHOLDER)
    )
    assert choose("2016-02") == addresses.listing(
        SEARCH_SCOPE, replace(REQUEST, date_from="2016-02", date_to="2016-02")
    )
