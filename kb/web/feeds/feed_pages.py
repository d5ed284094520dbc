"""Feeds of every listing, for users who follow it in a feed reader, and OPML lists of feeds.

Conditional requests work, the content does not depend on the reader, and no cookie is set. This module imports the
pages; the pages do not import it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from urllib.parse import quote, urlencode

from starlette.responses import RedirectResponse, Response

from kb import __version__
from kb.access.actor import ANONYMOUS
from kb.errors import Invalid, NotFound
from kb.feeds import opml
from kb.feeds.feed import BEGINNING, Feed, FeedPaging
from kb.feeds.feed_formats import ATOM, FEED_FORMATS
from kb.feeds.opml import OpmlOutline
from kb.feeds.xml_writing import rfc822
from kb.indexer import wait_for_change
from kb.model.dates import stored_instant
from kb.model.search_request import MATCH_ALL, MATCH_ANY, AddedSince, Fusion, SearchRequest, Sort, VocabularyMode
from kb.model.truncation import truncate
from kb.services.search.feed_freshness import FeedFreshness, feed_freshness_of
from kb.services.search.result_types import SearchResults
from kb.services.search.saved_searches import SavedSearchView, readable_saved_search, readable_saved_searches
from kb.services.search.search import run_search
from kb.services.tags.tag_edit import new_name_of_tag
from kb.translation import Translator
from kb.web.feeds.feed_entries import EntryBuilder, within_budget
from kb.web.http.conditional_requests import last_modified, short_hash, state_etag
from kb.web.http.context import Handler, RequestContext
from kb.web.http.request_actor import with_feed_key_owner
from kb.web.http.urls.feed_urls import KEY_PARAMETER, feed_address, with_feed_key
from kb.web.http.urls.listing_scope import PAGE_FORMAT, SEARCH_SCOPE, ListingScope, tag_and_format
from kb.web.http.urls.page_urls import Addresses
from kb.web.ui.pager import last_page
from kb.web.ui.search_form import filter_summary

FEED_STYLE = "/static/feed.css"
"""Its address has no version: the bytes of a feed do not depend on its style."""
_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
LONGEST_FEED_TITLE = 200
_STATE_LENGTH = 16
INDEX_WAIT = 1.0
"""Seconds that a feed waits for an outdated index."""


def search_feed(context: RequestContext) -> Response:
    return feed_response(with_feed_key_owner(context), SEARCH_SCOPE, context.path_params["form"])


def group_feed(context: RequestContext) -> Response:
    return feed_response(
        with_feed_key_owner(context), ListingScope(context.path_params["group"]), context.path_params["form"]
    )


def saved_search_feed(context: RequestContext) -> Response:
    reader_context = with_feed_key_owner(context)
    saved = readable_saved_search(context.library, reader_context.actor, context.path_params["id"])
    return feed_response(reader_context, ListingScope(saved=saved.search), context.path_params["form"])


def tag_page_or_feed(page: Handler) -> Handler:
    """The page of a tag, or its feed if the end of the address, or `format`, asks for one."""

    def answer(context: RequestContext) -> Response:
        tag, form = tag_and_format(context.path_params["tag"], context.params)
        if form == PAGE_FORMAT or not tag.strip():
            return page(context)
        reader, scope = with_feed_key_owner(context), ListingScope(context.path_params["group"], tag)
        return feed_response(reader, scope, form, instead=partial(_renamed_tag_feed, reader, scope, form))

    return answer


def _renamed_tag_feed(context: RequestContext, scope: ListingScope, form: str) -> Response | None:
    """The redirect (308) from the feed of a renamed tag that no item has any more; None for any other tag.

    A private feed is answered at its address, because its key opens only that one.
    """
    group, tag = scope.group or "", scope.tag or ""
    name = new_name_of_tag(context.library, context.actor, group, tag)
    if (
        not name
        or name == tag
        or run_search(context.library, context.actor, SearchRequest(group=(group,), tag=(tag,))).total
    ):
        return None
    renamed = ListingScope(group, name)
    if context.param(KEY_PARAMETER):
        return feed_response(context, renamed, form)
    path, params = renamed.feed_page(renamed.request_of(context.params), form)
    address = f"{path}?{urlencode(params)}" if params else path
    # The name may be used again: no reader may keep the redirect.
    return RedirectResponse(address, 308, headers={"Cache-Control": "no-store"})


def feed_response(
    context: RequestContext, scope: ListingScope, form: str, *, instead: Callable[[], Response | None] = lambda: None
) -> Response:
    """The feed of a listing, in one of the formats that end its address; or the answer of `instead`, which is asked
    unless the client has the feed as it is.

    Raises NotFound for an unknown format, and for a group that the user may not read; Invalid for invalid search
    parameters.
    """
    if (feed_format := FEED_FORMATS.get(form)) is None:
        raise NotFound("There is nothing at this address.")
    feed_request = _FeedRequest(scope, scope.request_of(context.params), form)
    if feed_request.request.since is AddedSince.VISIT:
        raise Invalid("A feed has no visits: choose since=7d or since=30d.")
    group_id = scope.saved.group_id if scope.saved else None
    freshness = feed_freshness_of(
        context.library, context.actor, feed_request.request.group, slug=scope.group, group_id=group_id
    )

    def write() -> bytes:
        request = feed_request.search.verbatim()
        results = run_search(context.library, context.actor, request, whole=True, followed=True)
        return feed_format.write(_feed(context, feed_request, freshness, results))

    # With `since`, entries leave the feed as time goes by, and views change the order of the most popular ones.
    is_timeless = not feed_request.request.since and feed_request.search.sort is not Sort.POPULAR
    known_by = (form, feed_request.scope.path, feed_request.request) if is_timeless else ()
    state = _state_of(context, freshness, known_by)
    if not context.conditions.tag_of_state(state) and (response := instead()) is not None:
        return response
    return conditional_feed_response(
        context,
        freshness,
        feed_format.media_type,
        write,
        indexed=True,
        state=state,
        topic=_topic(context, feed_request),
    )


@dataclass(frozen=True, slots=True)
class _FeedRequest:
    """The feed that an address asks for: a listing scope, the search given by the parameters, a format."""

    scope: ListingScope
    request: SearchRequest
    form: str

    @property
    def search(self) -> SearchRequest:
        """The search of the feed: the most recent first, unless its own address says otherwise.

        A saved search has the same feed whatever the order of its page, and the same rule about required words as its
        page.
        """
        if self.scope.saved:
            match = MATCH_ALL if self.request.wants_all_words else MATCH_ANY
            return replace(self.request, sort=Sort.RECENT, match=match, facet_limit=1)
        return replace(self.request, sort=self.request.sort or Sort.RECENT, facet_limit=1)

    @property
    def name(self) -> str:
        """The name that identifies the feed: the same at each of its addresses, and on all its pages."""
        if self.scope.saved:
            return f"saved/{self.scope.saved.id}"
        request = self.search
        usual = replace(request, match=None).wants_all_words
        plain = replace(
            request,
            match=None if not request.q or request.wants_all_words == usual else request.match,
            sort=None if request.sort is Sort.RECENT else request.sort,
            page=1,
            per_page=SearchRequest().per_page,
            facet_limit=SearchRequest().facet_limit,
            vocabulary=VocabularyMode.ON,
            fusion=Fusion.ON,
        )
        return "search?" + urlencode(sorted(set(plain.to_params())), quote_via=quote)

    @property
    def page(self) -> str:
        """The page with the same results. A page with a query would be sorted by relevance, unless the address says
        otherwise.
        """
        sort = self.request.sort if self.scope.saved or not self.request.q else self.search.sort
        return Addresses().listing(self.scope, replace(self.request, sort=sort, page=1))

    def numbered(self, page: int) -> str:
        """A page of the feed itself."""
        return Addresses().feed_page(self.scope, self.request.with_page(page), self.form)


def _topic(context: RequestContext, feed_request: _FeedRequest) -> str:
    """The address under which a hub knows this feed, as `kb.cli.server.hub_pings` tells it; empty for one that it does
    not tell.
    """
    settings = context.library.settings
    if not settings.websub_hub:
        return ""
    path = feed_request.numbered(1)
    is_told = feed_request.scope.tag is None and "?" not in path and feed_request.request.page == 1
    is_public = context.actor == ANONYMOUS and not context.param(KEY_PARAMETER)
    return settings.base_url + path if is_told and is_public else ""


def _state_of(context: RequestContext, freshness: FeedFreshness, known_by: tuple[object, ...]) -> str:
    """A hash of all that the bytes of a feed depend on, without a search; empty if time or views change them."""
    settings = context.library.settings
    # A private feed names its own address.
    own = (context.path, context.params) if context.param(KEY_PARAMETER) else ()
    site = (__version__, settings.base_url, settings.language, settings.site_name, settings.websub_hub, own)
    return short_hash(repr((known_by, freshness.state, site)).encode())[:_STATE_LENGTH] if known_by else ""


def _feed(
    context: RequestContext, feed_request: _FeedRequest, freshness: FeedFreshness, results: SearchResults
) -> Feed:
    settings, translator, request = context.library.settings, site_translator(context), results.request
    name = context.site_name
    builder = EntryBuilder(freshness.authority, settings.base_url, translator, many_groups=len(request.group) != 1)
    here, last = request.page, last_page(results)

    def numbered(page: int) -> str:
        return settings.base_url + feed_request.numbered(page)

    saved, key = feed_request.scope.saved, context.param(KEY_PARAMETER)
    # A key is only valid for this address: the other pages of the feed have others.
    alone = with_feed_key(settings.base_url + feed_address(context.path, context.params), key) if key else ""
    return Feed(
        id=f"tag:{freshness.authority},2026:feed/{feed_request.name}",
        title=_title(feed_request.scope, freshness, results, translator, name),
        subtitle=filter_summary(feed_request.scope, results, translator)
        if saved
        else (freshness.group.description or "" if freshness.group else ""),
        page_url=settings.base_url + feed_request.page,
        self_url=alone or numbered(here),
        author=name,
        language=translator.language,
        entries=tuple(within_budget(results.rows, builder.entry)),
        paging=FeedPaging()
        if alone
        else FeedPaging(
            first=numbered(1) if last > 1 else None,
            previous=numbered(min(here - 1, last)) if here > 1 else None,
            next=numbered(here + 1) if here < last else None,
            last=numbered(last) if last > 1 else None,
        ),
        since=(stored_instant(saved.created_at) if saved else None) or BEGINNING,
        hub_url=settings.websub_hub if _topic(context, feed_request) else "",
        notice=feed_notice(translator),
        style_url=FEED_STYLE,
    )


def feed_notice(translator: Translator) -> str:
    """What a feed is, for a person who opens it in a browser."""
    return translator.gettext(
        "This file is a feed: give its address to a feed reader, which then shows what is new. In a browser, read the "
        "page that it links to."
    )


def _title(
    scope: ListingScope, freshness: FeedFreshness, results: SearchResults, translator: Translator, site_name: str
) -> str:
    """The query and filters, then the tag or the saved search, the group, the site."""
    parts = (
        "" if scope.saved else filter_summary(scope, results, translator),
        scope.saved.name if scope.saved else scope.tag or "",
        freshness.group.name if freshness.group else "",
        site_name,
    )
    return truncate(" – ".join(part for part in parts if part), LONGEST_FEED_TITLE)


def group_opml(context: RequestContext) -> Response:
    """A group's feed, then each of its saved searches, in a folder of the group's name."""
    slug = context.path_params["group"]
    freshness = feed_freshness_of(context.library, context.actor, (slug,), slug=slug)

    def write() -> bytes:
        name = freshness.group.name if freshness.group else ""
        feeds = (
            _opml_feed(context, name, ListingScope(slug), SearchRequest(group=(slug,))),
            *_search_outlines(context, readable_saved_searches(context.library, context.actor, slug)),
        )
        title = f"{name} – {context.site_name}"
        return _opml_file(context, title, (OpmlOutline(name, children=feeds),))

    return conditional_feed_response(context, freshness, opml.MEDIA_TYPE, write)


def _opml_file(context: RequestContext, title: str, outlines: Iterable[OpmlOutline]) -> bytes:
    return opml.write_opml(title, outlines, language=site_translator(context).language, style_url=FEED_STYLE)


def saved_searches_opml(context: RequestContext) -> Response:
    """Every saved search with a feed that the user may read, in a folder for each group."""

    def write() -> bytes:
        every = [search for search in readable_saved_searches(context.library, context.actor) if search.group.feeds]
        searches = sorted(every, key=lambda view: view.group.slug)
        folders = [
            OpmlOutline(group_searches[0].group.name, children=tuple(_search_outlines(context, group_searches)))
            for _, some in groupby(searches, key=lambda view: view.group.slug)
            for group_searches in (tuple(some),)
        ]
        title = f"{site_translator(context).gettext('Saved searches')} – {context.site_name}"
        return _opml_file(context, title, folders)

    return conditional_feed_response(context, feed_freshness_of(context.library, context.actor), opml.MEDIA_TYPE, write)


def _search_outlines(context: RequestContext, searches: Iterable[SavedSearchView]) -> Iterable[OpmlOutline]:
    for search in searches:
        yield _opml_feed(context, search.search.name, ListingScope(saved=search.search), search.search.request)


def _opml_feed(context: RequestContext, text: str, scope: ListingScope, request: SearchRequest) -> OpmlOutline:
    base_url = context.library.settings.base_url
    return OpmlOutline(
        text, base_url + Addresses().feed(scope, request, ATOM.key), base_url + Addresses().listing(scope, request)
    )


def site_translator(context: RequestContext) -> Translator:
    """The translator for the site's own language: the same bytes for every reader."""
    return Translator(context.library.settings.language)


def conditional_feed_response(
    context: RequestContext,
    freshness: FeedFreshness,
    media_type: str,
    write: Callable[[], bytes],
    *,
    indexed: bool = False,
    state: str = "",
    topic: str = "",
) -> Response:
    """The answer that `write` gives, or 304 if the client has it. `indexed`: it comes from the index, which may be
    outdated. `state`: a hash of all that the answer depends on; a client that has the answer of this state gets 304
    before it is written. `topic` is the address by which the hub of the site knows the feed.
    """
    now = datetime.now(UTC)
    modified = last_modified(freshness.changed_at, now) if freshness.changed_at else None
    links = {"Link": f'<{context.library.settings.websub_hub}>; rel="hub", <{topic}>; rel="self"'} if topic else {}
    if known := context.conditions.tag_of_state(state):
        return Response(status_code=304, headers={**_headers(context, modified), "ETag": f'W/"{known}"'})
    if context.conditions.is_unchanged(freshness.changed_at, now):
        return Response(status_code=304, headers=_headers(context, modified))
    is_behind = indexed and not wait_for_change(context.library, freshness.number, INDEX_WAIT)
    # What is missing comes without another change.
    state = "" if is_behind else state
    if is_behind and modified:
        # A date too early to prove anything. Without a date, a client would send that of this answer, which is later
        # than the missing content.
        modified -= timedelta(seconds=1)
    body = write()
    tag = state_etag(state, body)
    headers = {**_headers(context, modified), **links, "ETag": tag}
    if context.conditions.holds_content(tag):
        return Response(status_code=304, headers=headers)
    # Browsers show the types of feeds as their source, and XML with its style sheet.
    shown = "application/xml" if context.is_in_window and media_type.endswith(("+xml", opml.MEDIA_TYPE)) else media_type
    return Response(body, headers={**headers, "Content-Type": f"{shown}; charset=utf-8"})


def _headers(context: RequestContext, modified: datetime | None) -> dict[str, str]:
    headers = {
        "Cache-Control": "public, no-cache",
        "Vary": "Accept-Encoding, Cookie, Sec-Fetch-Dest",
        "Content-Security-Policy": _POLICY,
    }
    if context.actor != ANONYMOUS:
        # The address may contain a key: send it to no other site.
        headers |= {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer"}
    return {**headers, "Last-Modified": rfc822(modified)} if modified else headers
