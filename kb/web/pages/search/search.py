"""The search page."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.services.search.feed_freshness import has_feed
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import SEARCH_SCOPE
from kb.web.pages.listing.listing import Listing, find_results, listing_of
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The title is a sentence about the results."""

    title: str
    form: SearchForm
    listing: Listing


def search_page(context: RequestContext) -> Response:
    """Run the search of the address and lay out its results."""
    request = SEARCH_SCOPE.request_of(context.params)
    feeds = has_feed(context.library, context.actor, request.group)
    listing = listing_of(context, SEARCH_SCOPE, request, find_results(context, request), feeds=feeds)
    page = SearchPage(
        listing.summary or context.translator.gettext("Search"), search_form_of(context, request), listing
    )
    return render(context, "search/search.html", page)
