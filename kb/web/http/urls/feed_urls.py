"""The canonical address of a feed, for which a feed key is valid."""

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from kb.access.actor import Actor
from kb.errors import NotFound
from kb.feeds.feed_formats import FEED_FORMATS
from kb.model.search_request import SearchRequest
from kb.services.accounts.feed_keys import FollowedFeed
from kb.services.core.library import Library
from kb.services.lists.list_windows import ListWindow, list_additions
from kb.services.search.saved_searches import readable_saved_search
from kb.web.http.urls.listing_scope import (
    MAX_PARAMETERS,
    PAGE_FORMAT,
    SEARCH_SCOPE,
    ListingScope,
    Pairs,
    tag_and_format,
)

KEY_PARAMETER = "key"
_IGNORED_PARAMETERS = frozenset({KEY_PARAMETER, "lang"})
"""Parameters that do not change the content of a feed."""
_TAG_PATH = re.compile(r"/g/([^/]+)/tag/(.+)", re.DOTALL)
_LISTING_PATH = re.compile(rf"/(?:(search)|g/([^/]+)|saved/([^/]+))\.({'|'.join(FEED_FORMATS)})")
_LIST_PATH = re.compile(rf"/lists/([^/]+)\.(?:{'|'.join(FEED_FORMATS)})")
_NOT_FOUND = "There is nothing at this address."


def feed_address(path: str, params: Pairs) -> str:
    """Path and parameters of a feed in the form stored with a key: in a fixed order, without the key. `path` is
    decoded.
    """
    pairs = sorted(pair for pair in params if pair[0] not in _IGNORED_PARAMETERS)
    return quote(path, safe="/~") + ("?" + urlencode(pairs) if pairs else "")


@dataclass(frozen=True, slots=True)
class FeedSource:
    """What the feed at an address is of: a search in a listing scope, or a list, whose `scope` is None.

    `key_target` is what a feed key for it opens.
    """

    key_target: FollowedFeed
    scope: ListingScope | None = None
    request: SearchRequest = field(default_factory=SearchRequest)
    window: ListWindow | None = None


def parse_feed_address(library: Library, actor: Actor, address: str) -> FeedSource:
    """The feed at an address of this site. Raises NotFound if there is none; Invalid for invalid search parameters."""
    try:
        parts = urlsplit(address)
        path = unquote(parts.path, errors="strict")
        params = tuple(parse_qsl(parts.query, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS))
    except ValueError:
        raise NotFound(_NOT_FOUND) from None
    if parts.scheme or parts.netloc:
        raise NotFound(_NOT_FOUND)
    if match := _LIST_PATH.fullmatch(path):
        window = list_additions(library, actor, match[1])
        return FeedSource(FollowedFeed(feed_address(path, ()), group_id=window.group.id), window=window)
    place = _scope_of_path(library, actor, path, params)
    request = place.request_of(params)
    group_id = place.saved.group_id if place.saved else None
    return FeedSource(FollowedFeed(feed_address(path, params), place.group, group_id), place, request)


def with_feed_key(address: str, key: str) -> str:
    """The address for a feed reader, with its key."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode({KEY_PARAMETER: key})}"


def _scope_of_path(library: Library, actor: Actor, path: str, params: Pairs) -> ListingScope:
    if match := _LISTING_PATH.fullmatch(path):
        search, group, saved, _ = match.groups()
        if search:
            return SEARCH_SCOPE
        return ListingScope(group) if group else ListingScope(saved=readable_saved_search(library, actor, saved).search)
    if match := _TAG_PATH.fullmatch(path):
        tag, form = tag_and_format(match[2], params)
        if form != PAGE_FORMAT and tag.strip():
            return ListingScope(match[1], tag)
    raise NotFound(_NOT_FOUND)
