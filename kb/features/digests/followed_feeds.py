"""The feeds of what a user follows, as one file (OPML) that a feed reader imports."""

from collections.abc import Iterable
from urllib.parse import unquote

from starlette.responses import Response

from kb.features.digests.follows import FollowView, own_follows
from kb.feeds.feed_formats import ATOM
from kb.feeds.opml import MEDIA_TYPE, OpmlOutline, write_opml
from kb.model.followed_search import followed_request
from kb.model.search_request import SearchRequest
from kb.services.accounts.feed_keys import FollowedFeed, create_feed_keys
from kb.web.http.context import RequestContext
from kb.web.http.urls.feed_urls import feed_address, with_feed_key
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.http.urls.page_urls import Addresses
from kb.web.pages.accounts.account_layout import require_browser

FILE = "following.opml"


def public_feeds_file(context: RequestContext) -> Response:
    """The feeds of what the user follows that everyone may read, without keys. Raises LoginNeeded."""
    feeds = [(view, "") for view in own_follows(context.library, context.actor) if view.has_feed and not view.needs_key]
    return _file(context, feeds)


def all_feeds_file(context: RequestContext) -> Response:
    """All feeds of what the user follows; each that not everyone may read has a new key. Raises LoginNeeded, Forbidden
    for a program; Conflict for too many keys.
    """
    require_browser(context)
    views = [view for view in own_follows(context.library, context.actor) if view.has_feed]
    keyed = [view for view in views if view.needs_key]
    secrets = create_feed_keys(context.library, context.actor, [_key_target(view) for view in keyed])
    by_follow = {view.follow.id: secret for view, secret in zip(keyed, secrets, strict=True)}
    return _file(context, [(view, by_follow.get(view.follow.id, "")) for view in views])


def _file(context: RequestContext, feeds: Iterable[tuple[FollowView, str]]) -> Response:
    """The file of feeds, each with the secret of its key, or an empty one."""
    base_url = context.library.settings.base_url
    outlines = []
    for view, secret in feeds:
        address = _key_target(view).address
        feed_url = base_url + (with_feed_key(address, secret) if secret else address)
        if view.search.list_id:
            page = Addresses().item_list(view.search.list_id)
        else:
            page = Addresses().listing(*_listing(view))
        outlines.append(OpmlOutline(view.follow.name, feed_url, base_url + page))
    title = f"{context.translator.gettext('What I follow')} – {context.site_name}"
    headers = {
        "Content-Type": f"{MEDIA_TYPE}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{FILE}"',
        "Cache-Control": "no-store",
    }
    return Response(write_opml(title, outlines, language=context.translator.language), headers=headers)


def _key_target(view: FollowView) -> FollowedFeed:
    if view.search.list_id:
        address = feed_address(f"{Addresses().item_list(view.search.list_id)}.{ATOM.key}", ())
        return FollowedFeed(address, group_id=view.home.id if view.home else None)
    scope, request = _listing(view)
    path, pairs = scope.feed_of(request, ATOM.key)
    return FollowedFeed(feed_address(unquote(path), pairs), slug=scope.group)


def _listing(view: FollowView) -> tuple[ListingScope, SearchRequest]:
    request: SearchRequest = followed_request(view.search.parameters)
    return ListingScope(request.group[0]) if len(request.group) == 1 else SEARCH_SCOPE, request
