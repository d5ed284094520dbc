"""The search page."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.services.search.feed_freshness import can_be_followed
from kb.web.http.context import Context
from kb.web.http.listing_scope import SEARCH
from kb.web.pages.listing.listing import Listing, found, listing_of
from kb.web.pages.search.saved_search_edit import SavingForm, saving_of
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Its title is the answer in one sentence. `saving` is the form that saves the search, for who may.

    `styled`: there may be such a form once something is chosen, which a script puts into this very page.
    """

    title: str
    form: SearchForm
    listing: Listing
    saving: SavingForm | None
    styled: bool


def search_page(context: Context) -> Response:
    """What the address asks for, found and laid out."""
    request = SEARCH.request_of(context.params)
    feeds = can_be_followed(context.library, context.actor, request.group)
    listing = listing_of(context, SEARCH, request, found(context, request), feeds=feeds)
    form = search_form(request, context.words, lang=context.choice.carried)
    page = SearchPage(
        listing.summary, form, listing, saving_of(context, SEARCH, request), styled=context.actor.user_id is not None
    )
    return render(context, "search/search.html", page)
