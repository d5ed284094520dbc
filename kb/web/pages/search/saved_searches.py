"""The saved searches of all groups, and the page of each."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby

from starlette.responses import Response

from kb.model.people.group import Group
from kb.model.saved_search import SavedSearch
from kb.services.search.saved_searches import (
    NEW,
    SavedSearchView,
    may_change_saved_searches,
    new_result_count,
    readable_saved_search,
    readable_saved_searches,
    saved_search_groups,
)
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import SEARCH_SCOPE, ListingScope
from kb.web.pages.listing.feed_links import feed_links
from kb.web.pages.listing.listing import Listing, find_results, listing_of
from kb.web.ui.display_text import Link
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of

MOST_COUNTED = 20
"""Saved searches of one page whose new results are counted: each costs a search."""


@dataclass(frozen=True, slots=True)
class SavedSearchLink:
    """A saved search; `new` links to its results of this week, with their number, if there are any."""

    label: str
    href: str
    new: Link | None


@dataclass(frozen=True, slots=True)
class SavedSearchRow:
    """A saved search, with a link to its new results; `follow` links to the page that says how to follow it, empty
    without feeds; `may_change`: the user may rename or delete it.
    """

    link: SavedSearchLink
    id: str
    follow: str
    may_change: bool


@dataclass(frozen=True, slots=True)
class SavedSearchesPage:
    """`groups` are the groups with saved searches, each with its own; `opml` is the OPML file of all with feeds.

    `may_save`: the user can save a search in some group or in their own library.
    """

    groups: tuple[tuple[Group, tuple[SavedSearchRow, ...]], ...]
    opml: str
    may_save: bool


@dataclass(frozen=True, slots=True)
class SavedSearchPage:
    """`new` links to the new results. `change` links to the search page with the same search, where it can be
    refined; `may_change`: the user may rename or delete it. `is_strict`: the search page searches otherwise.
    """

    search: SavedSearch
    form: SearchForm
    breadcrumb: tuple[Link, ...]
    new: Link | None
    change: str
    may_change: bool
    is_strict: bool
    listing: Listing


def saved_searches_page(context: RequestContext) -> Response:
    """Every readable saved search, by group."""
    searches = sorted(readable_saved_searches(context.library, context.actor), key=lambda view: view.group.slug)
    rows = [(view.group, _row(context, view, counted=number < MOST_COUNTED)) for number, view in enumerate(searches)]
    groups = tuple(
        (pairs[0][0], tuple(row for _, row in pairs))
        for _, of_group in groupby(rows, key=lambda pair: pair[0].slug)
        for pairs in (tuple(of_group),)
    )
    opml = "/saved.opml" if any(search.group.feeds for search in searches) else ""
    may_save = bool(saved_search_groups(context.library, context.actor))
    page = SavedSearchesPage(groups, opml, may_save)
    return render(context, "search/saved_searches.html", page)


def saved_search_page(context: RequestContext) -> Response:
    """The results of a saved search. It never changes: with a selected filter it is another search."""
    saved = readable_saved_search(context.library, context.actor, context.path_params["id"])
    scope = ListingScope(saved=saved.search)
    request = scope.request_of(context.params)
    results = find_results(context, request)
    page = SavedSearchPage(
        search=saved.search,
        form=search_form_of(context, saved.search.request),
        breadcrumb=breadcrumb(
            context,
            group_link(context, saved.group),
            Link(context.translator.gettext("Saved searches"), context.addresses.own("saved")),
        ),
        new=_new(context, saved),
        change=context.addresses.listing(SEARCH_SCOPE, saved.search.request),
        may_change=may_change_saved_searches(context.actor, saved.group),
        is_strict=results.is_strict,
        listing=listing_of(context, scope, request, results, saved.group),
    )
    return render(context, "search/saved_search.html", page)


def saved_search_links(context: RequestContext, group_slug: str | None = None, *, most: int) -> tuple[Link, ...]:
    """The saved searches of a group, or all readable ones: if there are new results this week, each leads to these, and
    has their number.

    Of more than `most`, the last link leads to all of them, unless it would stand for a single one. Raises NotFound for
    a group that the user may not read.
    """
    searches = readable_saved_searches(context.library, context.actor, group_slug)
    most = most + 1 if len(searches) == most + 1 else most
    links = [_link(context, view, counted=number < MOST_COUNTED) for number, view in enumerate(searches[:most])]
    every = Link(context.translator.gettext("All the saved searches"), context.addresses.own("saved"))
    return (
        *(
            Link(link.label, link.new.href, link.new.hint) if link.new else Link(link.label, link.href)
            for link in links
        ),
        *([every] if len(searches) > most else []),
    )


def _row(context: RequestContext, saved: SavedSearchView, *, counted: bool) -> SavedSearchRow:
    scope = ListingScope(saved=saved.search)
    follow = feed_links(context, scope, saved.search.request, saved.group).follow
    may_change = may_change_saved_searches(context.actor, saved.group)
    return SavedSearchRow(_link(context, saved, counted=counted), saved.search.id, follow, may_change)


def _link(context: RequestContext, saved: SavedSearchView, *, counted: bool) -> SavedSearchLink:
    href = context.addresses.listing(ListingScope(saved=saved.search), saved.search.request)
    return SavedSearchLink(saved.search.name, href, _new(context, saved) if counted else None)


def _new(context: RequestContext, saved: SavedSearchView) -> Link | None:
    number = new_result_count(context.library, context.actor, saved.search, datetime.now(UTC).date())
    label = context.translator.ngettext("%(count)s new this week", "%(count)s new this week", number)
    href = context.addresses.listing(ListingScope(saved=saved.search), saved.search.request.newest(NEW))
    return Link(label, href, context.translator.number(number)) if number else None
