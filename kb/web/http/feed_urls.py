"""The address of a feed in the one form that a key is for, and whom the key in an address speaks for."""

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from kb.errors import NotFound
from kb.services.accounts.feed_keys import Followed
from kb.services.authentication.authentication import actor_of_feed_key
from kb.services.search.saved_searches import saved_search
from kb.web.http.context import MAX_PARAMETERS, Context
from kb.web.http.listing_scope import FEEDS, PAGE, SEARCH, Pairs, Place, tag_and_format

KEY = "key"
_BESIDE = frozenset({KEY, "lang"})
"""Parameters that change nothing of what a feed holds."""
_TAG = re.compile(r"/g/([^/]+)/tag/(.+)", re.DOTALL)
_LISTING = re.compile(rf"/(?:(search)|g/([^/]+)|saved/([^/]+))\.({'|'.join(FEEDS)})")
_NOWHERE = "There is nothing at this address."


@dataclass(frozen=True, slots=True)
class AskedFeed:
    """A feed that an address asks for, as `kb.services` follows it, and where it stands."""

    followed: Followed
    place: Place


def feed_address(path: str, params: Pairs) -> str:
    """Path and parameters of a feed as a key is kept for them: in one order, without the key. `path` is decoded."""
    pairs = sorted(pair for pair in params if pair[0] not in _BESIDE)
    return quote(path, safe="/~") + ("?" + urlencode(pairs) if pairs else "")


def asked_feed(context: Context, address: str) -> AskedFeed:
    """The feed at an address of this site. Raises NotFound for what is none; Invalid for one that spells no search."""
    try:
        parts = urlsplit(address)
        path = unquote(parts.path, errors="strict")
        params = tuple(parse_qsl(parts.query, keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS))
    except ValueError:
        raise NotFound(_NOWHERE) from None
    if parts.scheme or parts.netloc:
        raise NotFound(_NOWHERE)
    place = _place(context, path, params)
    place.request_of(params)
    kept_by = place.saved.group_id if place.saved else None
    return AskedFeed(Followed(feed_address(path, params), place.group, kept_by), place)


def opened(context: Context) -> Context:
    """The same question, asked by the person whose key the address bears; itself, without a key.

    Raises NotFound, in the same words, for a key that is none, was revoked, or opens another feed.
    """
    keys = [value for name, value in context.params if name == KEY]
    if not keys:
        return context
    address = feed_address(context.path, context.params)
    actor = actor_of_feed_key(context.library, keys[0], address) if len(keys) == 1 else None
    if actor is None:
        raise NotFound(_NOWHERE)
    return replace(context, actor=actor)


def with_key(address: str, key: str) -> str:
    """The address that a reader is given."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode({KEY: key})}"


def _place(context: Context, path: str, params: Pairs) -> Place:
    if found := _LISTING.fullmatch(path):
        search, group, saved, _ = found.groups()
        if search:
            return SEARCH
        return Place(group) if group else Place(saved=saved_search(context.library, context.actor, saved).search)
    if found := _TAG.fullmatch(path):
        tag, form = tag_and_format(found[2], params)
        if form != PAGE and tag.strip():
            return Place(found[1], tag)
    raise NotFound(_NOWHERE)
