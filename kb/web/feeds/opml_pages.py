"""Lists of feeds (OPML): of a group with its saved searches, or of the saved searches of all groups."""

from collections.abc import Iterable
from itertools import groupby

from starlette.responses import Response

from kb.feeds import opml
from kb.feeds.opml import OpmlOutline
from kb.model.search_request import SearchRequest
from kb.services.search.feed_freshness import feed_freshness_of
from kb.services.search.saved_searches import SavedSearchView, readable_saved_searches
from kb.web.feeds.feed_responses import conditional_feed_response, site_translator
from kb.web.http.context import RequestContext
from kb.web.http.listing_scope import ListingScope
from kb.web.http.page_urls import Addresses

FEED_FORMAT = "atom"
"""The format with the most complete entries, of the three."""


def group_opml(context: RequestContext) -> Response:
    """A group's feed, then each of its saved searches, in a folder of the group's name."""
    slug = context.path_params["group"]
    ground = feed_freshness_of(context.library, context.actor, (slug,), slug=slug)

    def write() -> bytes:
        name = ground.group.name if ground.group else ""
        feeds = (
            _outline(context, name, ListingScope(slug), SearchRequest(group=(slug,))),
            *_search_outlines(context, readable_saved_searches(context.library, context.actor, slug)),
        )
        title = f"{name} – {context.library.settings.site_name}"
        return opml.write_opml(title, (OpmlOutline(name, children=feeds),))

    return conditional_feed_response(context, ground, opml.MEDIA_TYPE, write)


def saved_searches_opml(context: RequestContext) -> Response:
    """Every saved search with a feed that the user may read, in a folder for each group."""

    def write() -> bytes:
        every = [one for one in readable_saved_searches(context.library, context.actor) if one.group.feeds]
        searches = sorted(every, key=lambda one: one.group.slug)
        folders = [
            OpmlOutline(held[0].group.name, children=tuple(_search_outlines(context, held)))
            for _, some in groupby(searches, key=lambda one: one.group.slug)
            for held in (tuple(some),)
        ]
        title = f"{site_translator(context).say('Saved searches')} – {context.library.settings.site_name}"
        return opml.write_opml(title, folders)

    return conditional_feed_response(context, feed_freshness_of(context.library, context.actor), opml.MEDIA_TYPE, write)


def _search_outlines(context: RequestContext, searches: Iterable[SavedSearchView]) -> Iterable[OpmlOutline]:
    for one in searches:
        yield _outline(context, one.search.name, ListingScope(saved=one.search), one.search.request)


def _outline(context: RequestContext, text: str, place: ListingScope, request: SearchRequest) -> OpmlOutline:
    base_url = context.library.settings.base_url
    return OpmlOutline(
        text, base_url + Addresses().feed(place, request, FEED_FORMAT), base_url + Addresses().listing(place, request)
    )
