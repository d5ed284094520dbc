"""The feeds of a listing or of a list: links for programs, and the page that says how to follow it."""

from dataclasses import dataclass

from kb.feeds.feed_formats import ATOM, FEED_FORMATS
from kb.model.people.group import Group
from kb.model.search_request import AddedSince, SearchRequest
from kb.services.accounts.feed_keys import needs_feed_key
from kb.services.lists.list_windows import ListWindow
from kb.web.http.context import PanelLocation, RequestContext
from kb.web.http.urls.listing_scope import ListingScope, Pairs
from kb.web.http.urls.page_urls import Addresses

LEFT_OUT = ("since", "sort")
"""Parameters of a search that its feed does not have, and the page on how to follow it does."""
FOLLOW = "follow"
"""The path of the page that says how to follow a listing; its parameter `feed` is the address of a feed."""


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that everyone may read: `name` is the label, `media_type` is for programs."""

    name: str
    media_type: str
    href: str


@dataclass(frozen=True, slots=True)
class FeedLinks:
    """`follow` is the page on how to follow the listing; without feeds, it is for users who can follow it on this site,
    or save it. `public` are its feeds, none if a reader would miss entries without a feed key.
    """

    follow: str = ""
    public: tuple[FeedLink, ...] = ()


NO_FEEDS = FeedLinks()


def feed_links(
    context: RequestContext,
    scope: ListingScope,
    request: SearchRequest,
    home: Group | None = None,
    *,
    is_open: bool = True,
) -> FeedLinks:
    """The feeds of a request's results in a scope, of the group `home`. `is_open`: they may have feeds."""
    # A feed has no visits.
    if request.since is AddedSince.VISIT:
        return NO_FEEDS
    is_open = is_open and (home is None or home.feeds)
    is_saveable = context.actor.user_id is not None and request != scope.cleared(SearchRequest())
    if not (is_open or is_saveable or follows_here(context)):
        return NO_FEEDS
    addresses = {
        feed_format.key: context.addresses.feed(scope, request, feed_format.key)
        for feed_format in FEED_FORMATS.values()
    }
    # What a feed leaves out, and a saved search keeps.
    kept = tuple((name, str(value)) for name in LEFT_OUT if (value := getattr(request, name)))
    return _links(context, addresses, kept, is_public=is_open and not needs_key(context, scope, request, home))


def feed_links_of_list(context: RequestContext, window: ListWindow) -> FeedLinks:
    """The feeds of a list: none if its group has no feeds."""
    has_feeds = window.group.feeds
    if not (has_feeds or follows_here(context)):
        return NO_FEEDS
    is_public = has_feeds and not list_needs_key(context, window)
    return _links(context, list_feed_addresses(window), (), is_public=is_public)


def follows_here(context: RequestContext) -> bool:
    """Whether a feature lets the user follow on this site, which needs no feeds."""
    panels = (panel for feature in context.features for panel in feature.panels)
    may_follow = context.actor.user_id is not None and not context.actor.read_only
    return may_follow and any(panel.location is PanelLocation.FOLLOW for panel in panels)


def list_feed_addresses(window: ListWindow) -> dict[str, str]:
    """The address of each feed of a list, by format."""
    path = Addresses().item_list(window.item_list.id)
    return {key: f"{path}.{key}" for key in FEED_FORMATS}


def needs_key(context: RequestContext, scope: ListingScope, request: SearchRequest, home: Group | None) -> bool:
    """Whether a feed reader needs a key, to read of a listing what its visitor reads."""
    searched_groups = scope.saved.request.group if scope.saved else request.group
    return needs_feed_key(context.library, context.actor, searched_groups, home)


def list_needs_key(context: RequestContext, window: ListWindow) -> bool:
    """As `needs_key`, for a list."""
    slugs = {item.group.slug for item in window.shown if item.group is not None}
    return window.item_list.private or needs_feed_key(context.library, context.actor, slugs, window.group)


def _links(context: RequestContext, addresses: dict[str, str], kept: Pairs, *, is_public: bool) -> FeedLinks:
    follow = context.addresses.own(FOLLOW, (("feed", addresses[ATOM.key]), *kept))
    if not is_public:
        return FeedLinks(follow)
    return FeedLinks(
        follow,
        tuple(
            FeedLink(feed_format.name, feed_format.media_type, addresses[feed_format.key])
            for feed_format in FEED_FORMATS.values()
        ),
    )
