"""The feeds that name the WebSub hub of the site."""

from collections.abc import Iterable

from kb.access.actor import ANONYMOUS
from kb.feeds.feed_formats import FEED_FORMATS
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.search.saved_searches import SavedSearchView, readable_saved_searches
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.http.urls.page_urls import Addresses


def hub_topics(library: Library, changed: Iterable[Group]) -> list[str]:
    """The addresses of the feeds that name the hub and that these groups are in."""
    slugs = frozenset(group.slug for group in changed)
    scopes = [SEARCH_SCOPE, *(ListingScope(slug) for slug in sorted(slugs))]
    scopes += [
        ListingScope(saved=view.search)
        for view in readable_saved_searches(library, ANONYMOUS)
        if view.group.feeds and _searches_one_of(view, slugs)
    ]
    return [
        library.settings.base_url + Addresses().feed(scope, scope.request_of(()), form)
        for scope in scopes
        for form in FEED_FORMATS
    ]


def _searches_one_of(view: SavedSearchView, slugs: frozenset[str]) -> bool:
    request: SearchRequest = view.search.request
    return not request.group or not slugs.isdisjoint(request.group)
