"""Lists of feeds (OPML): a group with its saved searches, or the saved searches of all groups."""

from collections.abc import Iterable
from itertools import groupby

from starlette.responses import Response

from kb.feeds import opml
from kb.feeds.opml import Outline
from kb.model.search_request import SearchRequest
from kb.services.search.feed_freshness import ground_of
from kb.services.search.saved_searches import Saved, saved_searches
from kb.web.feeds.feed_responses import answered, words_of
from kb.web.http.context import Context
from kb.web.http.listing_scope import Place
from kb.web.http.page_urls import Addresses

FORM = "atom"
"""Of the three formats, the one whose entries say most."""


def group_opml(context: Context) -> Response:
    """A group's feed, then each of its saved searches, in a folder of the group's name."""
    slug = context.path_params["group"]
    ground = ground_of(context.library, context.actor, (slug,), slug=slug)

    def write() -> bytes:
        name = ground.group.name if ground.group else ""
        feeds = (
            _outline(context, name, Place(slug), SearchRequest(group=(slug,))),
            *_of_searches(context, saved_searches(context.library, context.actor, slug)),
        )
        title = f"{name} – {context.library.settings.site_name}"
        return opml.opml(title, (Outline(name, children=feeds),))

    return answered(context, ground, opml.MEDIA_TYPE, write)


def saved_opml(context: Context) -> Response:
    """Every saved search that may be read and followed, in a folder for each group."""

    def write() -> bytes:
        every = [one for one in saved_searches(context.library, context.actor) if one.group.feeds]
        searches = sorted(every, key=lambda one: one.group.slug)
        folders = [
            Outline(held[0].group.name, children=tuple(_of_searches(context, held)))
            for _, some in groupby(searches, key=lambda one: one.group.slug)
            for held in (tuple(some),)
        ]
        title = f"{words_of(context).say('Saved searches')} – {context.library.settings.site_name}"
        return opml.opml(title, folders)

    return answered(context, ground_of(context.library, context.actor), opml.MEDIA_TYPE, write)


def _of_searches(context: Context, searches: Iterable[Saved]) -> Iterable[Outline]:
    for one in searches:
        yield _outline(context, one.search.name, Place(saved=one.search), one.search.request)


def _outline(context: Context, text: str, place: Place, request: SearchRequest) -> Outline:
    base_url = context.library.settings.base_url
    return Outline(
        text, base_url + Addresses().feed(place, request, FORM), base_url + Addresses().listing(place, request)
    )
