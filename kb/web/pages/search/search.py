"""The search page."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.services.search.feed_freshness import has_feed
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import SEARCH_SCOPE
from kb.web.pages.listing.listing import Listing, find_results, listing_of
from kb.web.pages.search.saved_search_forms import SaveSearchForm, save_search_form_of
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of


@dataclass(frozen=True, slots=True)
class SearchPage:
    """The title is a sentence about the results. `save_search_form` saves the search, for a user with the right.

    `styled`: include the form's style, because a script may insert the form into this page when a filter is selected.
    """

    title: str
    form: SearchForm
    listing: Listing
    save_search_form: SaveSearchForm | None
    styled: bool


def search_page(context: RequestContext) -> Response:
    """Run the search of the address and lay out its results."""
    request = SEARCH_SCOPE.request_of(context.params)
    feeds = has_feed(context.library, context.actor, request.group)
    listing = listing_of(context, SEARCH_SCOPE, request, find_results(context, request), feeds=feeds)
    form = search_form_of(context, request)
    page = SearchPage(
        listing.summary,
        form,
        listing,
        save_search_form_of(context, SEARCH_SCOPE, request, listing.results.read_as),
        styled=context.actor.user_id is not None,
    )
    return render(context, "search/search.html", page)
