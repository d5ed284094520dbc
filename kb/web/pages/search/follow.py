"""The page on how to follow a listing or a list: on this site, in a feed reader, or with many other feeds."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.responses import Response

from kb.access.actor import ANONYMOUS
from kb.errors import Conflict
from kb.feeds.feed_formats import FEED_FORMATS
from kb.model.followed_search import LIST
from kb.model.people.group import Group, Visibility
from kb.model.search_request import AddedSince, SearchRequest, Sort, View
from kb.services.accounts.feed_keys import check_followed_feed, own_feed_keys
from kb.services.groups.group_views import allowed_actions, readable_group
from kb.services.search.feed_freshness import has_feed
from kb.services.search.saved_searches import readable_saved_searches
from kb.services.search.search import result_count
from kb.web.http.context import LinkLocation, RequestContext
from kb.web.http.urls.feed_urls import FeedSource, parse_feed_address
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope, Pairs
from kb.web.http.urls.page_urls import Addresses
from kb.web.pages.accounts.account_layout import created_on, last_use
from kb.web.pages.listing.feed_links import LEFT_OUT, list_feed_addresses, list_needs_key, needs_key
from kb.web.pages.listing.listing import find_results
from kb.web.pages.search.saved_search_forms import SaveSearchForm, save_search_form_of
from kb.web.ui.display_text import Link
from kb.web.ui.form_options import FormOption
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.rendering import render
from kb.web.ui.search_form import filter_summary, since_label

_EVERYTHING = "/search.atom"
_PLAIN = SearchRequest()


@dataclass(frozen=True, slots=True)
class Followed:
    """What a feed is of: `summary` is the number of its items, `address` that of its page. `feeds` are the addresses of
    its feeds by format, `needs_key` as `needs_feed_key`. `is_restricted`: not everyone may read all of its present
    entries. `news` link to what was added in the last days, `save` is the form that saves the search, for a user who
    may save one. `listing` has the parameters of the search, or `list`, the id of the list, and `name`.
    """

    name: str
    summary: str
    address: str
    feeds: dict[str, str]
    needs_key: bool
    is_restricted: bool
    news: tuple[Link, ...] = ()
    is_saved: bool = False
    save: SaveSearchForm | None = None
    listing: str = ""


@dataclass(frozen=True, slots=True)
class FollowPage:
    """`is_limited`: the search had a limit of days, which its feed does not have.

    `refusal` says why there is no feed, and is empty if there is one. `addresses` are those for every feed reader, by
    the name of the format. `elsewhere` are the pages of features for owners of the group. `keyed` are the feeds for
    which the user can make a key, on the page of all keys; `keys` the facts about the keys that the user has made for
    them. `opml` links to files with many feeds.
    """

    breadcrumb: tuple[Link, ...]
    followed: Followed
    is_limited: bool
    refusal: str
    addresses: tuple[tuple[str, str], ...]
    keyed: tuple[FormOption, ...]
    keys: tuple[str, ...]
    opml: tuple[Link, ...]
    elsewhere: tuple[Link, ...]


def follow_page(context: RequestContext) -> Response:
    """How to follow what the feed in the address is of; without one, the whole site.

    Raises NotFound, as the feed does; Invalid for invalid search parameters.
    """
    source = parse_feed_address(context.library, context.actor, context.param("feed") or _EVERYTHING)
    group, refusal = _group_of_feed(context, source)
    followed = _followed_list(context, source) if source.scope is None else _followed_search(context, source, group)
    base_url = context.library.settings.base_url
    is_open = source.key_target.slug is None and source.key_target.group_id is None
    keyed = followed.feeds if followed.needs_key and not refusal else {}
    public = followed.feeds if (not followed.needs_key or is_open) and not refusal else {}
    page = FollowPage(
        breadcrumb=breadcrumb(context, *((group_link(context, group),) if group else ())),
        followed=followed,
        is_limited=bool(context.param("since")),
        refusal=refusal,
        addresses=tuple((FEED_FORMATS[key].name, base_url + address) for key, address in public.items()),
        keyed=tuple(FormOption(address, FEED_FORMATS[key].name) for key, address in keyed.items()),
        keys=_own_keys(context, keyed) if keyed else (),
        opml=_opml(context, group) if public else (),
        elsewhere=_elsewhere(context, source, group) if group else (),
    )
    return render(context, "search/follow.html", page)


def _group_of_feed(context: RequestContext, source: FeedSource) -> tuple[Group | None, str]:
    """The group of a feed, if any; and the sentence that says why there is no feed."""
    translator = context.translator
    try:
        group = check_followed_feed(context.library, context.actor, source.key_target)
    except Conflict as refusal:
        slug = source.key_target.slug
        return readable_group(context.library, context.actor, slug) if slug else None, translator.sentence(refusal)
    if source.scope == SEARCH_SCOPE and not has_feed(context.library, context.actor, source.request.group):
        return None, translator.gettext("The owners of these groups have turned feeds off.")
    return group, ""


def _followed_list(context: RequestContext, source: FeedSource) -> Followed:
    window = source.window
    assert window is not None  # noqa: S101 - a feed is of a search or of a list
    keyed = list_needs_key(context, window)
    return Followed(
        window.item_list.name,
        context.translator.ngettext("%(count)s entry", "%(count)s entries", len(window.entries)),
        context.addresses.item_list(window.item_list.id),
        list_feed_addresses(window),
        keyed,
        keyed,
        listing=urlencode(((LIST, window.item_list.id), ("name", window.item_list.name))),
    )


def _followed_search(context: RequestContext, source: FeedSource, group: Group | None) -> Followed:
    scope, translator, addresses = source.scope or SEARCH_SCOPE, context.translator, context.addresses
    # A feed shows the newest, without a limit of days.
    request = replace(source.request, page=1, per_page=_PLAIN.per_page, since=None, vocabulary=_PLAIN.vocabulary)
    newest = request if scope.saved or not request.q else replace(request, sort=request.sort or Sort.RECENT)
    results = find_results(context, replace(newest, per_page=1).verbatim())
    keyed = is_restricted = needs_key(context, scope, request, group)
    if keyed and group is None and not request.group:
        # Such a search covers all groups: those that not everyone reads may have nothing.
        is_restricted = result_count(context.library, ANONYMOUS, newest) < results.total
        keyed = is_restricted or _reads_more_than_everyone(context)
    named = (
        scope.saved.name if scope.saved else filter_summary(scope, results, translator),
        scope.tag or "",
        group.name if group and not scope.saved else "",
    )
    name = " – ".join(part for part in named if part) or translator.gettext("All the items")
    return Followed(
        name,
        translator.ngettext("%(count)s passage", "%(count)s passages", results.total)
        if request.view is View.PASSAGES
        else translator.ngettext("%(count)s item", "%(count)s items", results.total),
        addresses.listing(scope, newest),
        {key: Addresses().feed_page(scope, request, key) for key in FEED_FORMATS},
        keyed,
        is_restricted,
        news=tuple(
            Link(since_label(added_since, translator), addresses.listing(scope, newest.newest(added_since)))
            for added_since in AddedSince
            if added_since is not AddedSince.VISIT
        ),
        is_saved=scope.saved is not None,
        save=None if scope.saved else _save_form(context, scope, source.request),
        listing=urlencode((*(scope.saved.request if scope.saved else request).to_params(), ("name", name))),
    )


def _reads_more_than_everyone(context: RequestContext) -> bool:
    """Whether the user reads an item that not everyone may read."""
    counts = [result_count(context.library, actor, _PLAIN) for actor in (context.actor, ANONYMOUS)]
    return counts[0] > counts[1]


def _save_form(context: RequestContext, scope: ListingScope, request: SearchRequest) -> SaveSearchForm | None:
    """The form that saves the search, with what its feed leaves out."""
    kept = SearchRequest.from_params((name, context.param(name)) for name in LEFT_OUT)
    return save_search_form_of(context, scope, replace(request, since=kept.since, sort=kept.sort))


def _own_keys(context: RequestContext, keyed: dict[str, str]) -> tuple[str, ...]:
    """When the user made keys for these feeds, and when they were last used."""
    feed_addresses = {_canonical(context, address) for address in keyed.values()}
    translator = context.translator
    return tuple(
        f"{created_on(feed_key.created_at, translator)} ({last_use(feed_key.seen_at, translator)})"
        for feed_key in own_feed_keys(context.library, context.actor)
        if feed_key.address in feed_addresses
    )


def _canonical(context: RequestContext, address: str) -> str:
    return parse_feed_address(context.library, context.actor, address).key_target.address


def _elsewhere(context: RequestContext, source: FeedSource, group: Group) -> tuple[Link, ...]:
    """Pages of features that pass on what is followed, for a user with their rights in the group."""
    allowed = allowed_actions(context.actor, group)
    if source.window is not None:
        pairs: Pairs = (("list", source.window.item_list.id),)
    else:
        scope = ListingScope(group.slug)
        request = replace(source.request, page=1, per_page=_PLAIN.per_page, since=None, facet_limit=_PLAIN.facet_limit)
        path, pairs = scope.address_of(request)
        pairs = pairs if path == scope.path else ()
    return tuple(
        Link(context.translator.gettext(link.label), context.addresses.group(group.slug, link.path, pairs))
        for link in context.feature_links(LinkLocation.FOLLOW)
        if not group.is_personal and (link.action is None or link.action in allowed)
    )


def _opml(context: RequestContext, group: Group | None) -> tuple[Link, ...]:
    """Files with many feeds that every feed reader can read: those of the group, those of all saved searches."""
    translator = context.translator
    links = []
    if group is not None and group.visible is Visibility.EVERYONE:
        label = translator.gettext("The feeds of “%(group)s” and of its saved searches", group=group.name)
        links.append(Link(label, f"{ListingScope(group.slug).path}.opml"))
    if any(saved_search.group.feeds for saved_search in readable_saved_searches(context.library, context.actor)):
        links.append(Link(translator.gettext("The feeds of all saved searches"), "/saved.opml"))
    return tuple(links)
