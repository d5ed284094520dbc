"""A listing: the results of a search, laid out, or help if there are none. The search page, groups, tags and saved
searches share it.
"""

from dataclasses import dataclass, replace

from kb.model.people.group import Group
from kb.model.search_request import AddedSince, SearchRequest, Sort, View
from kb.model.truncation import truncate
from kb.services.search.result_types import QueryInterpretation, SearchResults
from kb.services.search.search import run_search
from kb.web.http.context import RequestContext
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.pages.listing.empty_state import EmptyState, empty_state_of, is_whole_scope
from kb.web.pages.listing.feed_links import NO_FEEDS, FeedLinks, feed_links
from kb.web.pages.listing.histogram import Histogram, histogram_of
from kb.web.pages.listing.ignored_parts_notice import (
    IgnoredPartsNotice,
    ignored_parts_notices,
    index_behind_notice,
    long_search_notice,
    missing_words_notice,
)
from kb.web.pages.listing.result_rows import ResultRow, RowBuilder, deduplicate_coins
from kb.web.pages.listing.selection import Selection, is_selecting, select_address, selection_of
from kb.web.pages.listing.vocabulary_notice import VocabularyLine, vocabulary_lines
from kb.web.ui.display_text import Link, ListingContext
from kb.web.ui.facets import PAGE_LIMIT, FacetBox, facet_boxes
from kb.web.ui.page_weight import LONGEST_REPEATED_SEARCH
from kb.web.ui.pager import Pager, range_label, results_pager
from kb.web.ui.search_form import FilterChip, filter_chips_of

_DEFAULT_FACETS = SearchRequest().facet_limit
_MOST_LONG_CHIPS = 10
_MOST_QUERY_CHARACTERS = 120
"""Of a query in the heading; the search field has it all."""


@dataclass(frozen=True, slots=True)
class Listing:
    """`summary` describes the results in one sentence; `sort` is the name of their order; `data` links to the same
    results as JSON.

    `select` links to the same page with checkboxes, or back, and `selection` is their bar; `exports` link to a press
    review of all results, and to files with them.
    """

    summary: str
    range: str
    filter_chips: tuple[FilterChip, ...]
    clear: str
    suggestion: Link | None
    read_as: QueryInterpretation | None
    searched: str
    literal: Link | None
    left_out: tuple[IgnoredPartsNotice, ...]
    known: tuple[VocabularyLine, ...]
    sort: str
    sorts: tuple[Link, ...]
    views: tuple[Link, ...]
    facets: tuple[FacetBox, ...]
    since: tuple[Link, ...]
    histogram: Histogram | None
    rows: tuple[ResultRow, ...]
    passages: bool
    pager: Pager
    empty_state: EmptyState | None
    feeds: FeedLinks
    data: str
    select: Link | None
    selection: Selection | None
    exports: tuple[Link, ...]


def listing_of(
    context: RequestContext,
    scope: ListingScope,
    request: SearchRequest,
    results: SearchResults,
    home: Group | None = None,
    *,
    feeds: bool = True,
) -> Listing:
    """The listing of the results for a request in a listing scope.

    `home` is the group of the scope, if any. `feeds`: the listing has feeds.
    """
    listing, translator = ListingContext(request, context.translator, context.addresses, scope), context.translator
    literal = results.read_as.literal if results.read_as else None
    many_groups = not scope.group and len(results.facets.get("group", ())) > 1
    base_url = context.library.settings.base_url
    builder = RowBuilder(listing, base_url, many_groups=many_groups, whole=scope.group is not None)
    passages = request.view is View.PASSAGES
    sorts, is_long = _sorts(listing), listing.address_bytes > LONGEST_REPEATED_SEARCH
    chips = tuple(chip for chip in filter_chips_of(results, listing) if not chip.fixed)
    return Listing(
        summary=_summary(results, listing),
        range=range_label(results, translator),
        filter_chips=chips[:_MOST_LONG_CHIPS] if is_long else chips,
        clear=listing.link(scope.cleared(request)),
        suggestion=_search_for(results.suggestion, results.suggestion, listing) if not results.read_as else None,
        read_as=results.read_as,
        searched=truncate(results.read_as.query, _MOST_QUERY_CHARACTERS) if results.read_as else "",
        literal=_search_for(literal, request.q, listing),
        left_out=(
            *([index_behind_notice(translator)] if results.is_behind else []),
            *([long_search_notice(translator)] if is_long else []),
            *ignored_parts_notices(results.left_out, translator),
            *([missing_words_notice(results.missing, translator)] if results.missing else []),
        ),
        known=() if is_long else vocabulary_lines(results, listing),
        sort=next((link.label for link in sorts if link.current), ""),
        sorts=sorts,
        views=_views(listing),
        facets=() if is_long else facet_boxes(results, listing),
        since=_since_links(listing),
        histogram=histogram_of(results, listing) if results.total and not is_long else None,
        rows=deduplicate_coins((builder.passage_row if passages else builder.item_row)(row) for row in results.rows),
        passages=passages,
        pager=_pager(context, results, listing),
        empty_state=None if results.rows else empty_state_of(results, context, listing),
        feeds=feed_links(context, scope, request, home) if feeds else NO_FEEDS,
        data=listing.addresses.search_data(request),
        select=_select_link(context, listing) if results.rows else None,
        selection=selection_of(context, listing, results, home),
        exports=_exports(listing, has_rows=bool(results.rows)) if results.total else (),
    )


def _pager(context: RequestContext, results: SearchResults, listing: ListingContext) -> Pager:
    """The pages of the results; with checkboxes, another page size keeps them."""
    pager = results_pager(results, listing)
    if not is_selecting(context):
        return pager
    return replace(pager, sizes=tuple(size._replace(href=select_address(size.href)) for size in pager.sizes))


def _select_link(context: RequestContext, listing: ListingContext) -> Link:
    """The same page with checkboxes, or without them."""
    here = listing.link(listing.request)
    if is_selecting(context):
        return Link(listing.translator.gettext("Leave the selection"), here or listing.addresses.current())
    return Link(listing.translator.gettext("Select"), select_address(here))


def _exports(listing: ListingContext, *, has_rows: bool) -> tuple[Link, ...]:
    """A press review of the results, and the page with the formats of files."""
    translator = listing.translator
    review = Link(translator.gettext("Press review"), listing.addresses.search_review(listing.request))
    files = Link(translator.gettext("File (CSV, RIS…)"), _export_address(listing))
    return (review, files) if has_rows and listing.request.view is View.ITEMS else (files,)


def _export_address(listing: ListingContext) -> str:
    """The export of a saved search, of a whole group, or of these results."""
    scope, request, addresses = listing.scope, listing.request, listing.addresses
    if scope.saved:
        return addresses.own(f"saved/{scope.saved.id}/export")
    everything = replace(
        scope.cleared(SearchRequest()), sort=request.sort, page=request.page, per_page=request.per_page
    )
    if scope.group and not scope.tag and request == everything:
        return addresses.group(scope.group, "export")
    return addresses.export(request)


def find_results(context: RequestContext, request: SearchRequest) -> SearchResults:
    """The results of a request, with as many values of each facet as a page shows."""
    light = replace(request, facet_limit=PAGE_LIMIT) if request.facet_limit == _DEFAULT_FACETS else request
    return run_search(context.library, context.actor, light)


def _summary(results: SearchResults, listing: ListingContext) -> str:
    request, translator = listing.request, listing.translator
    _ = translator.gettext
    query = truncate(request.q, _MOST_QUERY_CHARACTERS)
    if not results.total and not is_whole_scope(listing):
        return _("Nothing was found for “%(query)s”", query=query) if query else _("Nothing was found")
    if request.view is View.PASSAGES:
        count = translator.ngettext("%(count)s passage", "%(count)s passages", results.total)
    else:
        count = translator.ngettext("%(count)s item", "%(count)s items", results.total)
    return _("%(count)s for “%(query)s”", count=count, query=query) if query else count


def _search_for(query: str | None, label: str | None, listing: ListingContext) -> Link | None:
    """The same search with another query; none without one."""
    label = truncate(label or "", _MOST_QUERY_CHARACTERS)
    return Link(label, listing.link(replace(listing.request, q=query, page=1))) if query else None


def _sorts(listing: ListingContext) -> tuple[Link, ...]:
    request = listing.request
    _ = listing.translator.gettext
    names = (
        (Sort.RELEVANCE, _("relevance")),
        (Sort.RECENT, _("most recent")),
        (Sort.OLDEST, _("oldest")),
        (Sort.UPDATED, _("last changed")),
        (Sort.POPULAR, _("most viewed")),
        (Sort.TITLE, _("title")),
    )
    usual = replace(request, sort=None).ordering
    return tuple(
        Link(name, listing.link_with(sort=None if sort is usual else sort, page=1), current=sort is request.ordering)
        for sort, name in names
        if request.q or sort is not Sort.RELEVANCE
    )


def _since_links(listing: ListingContext) -> tuple[Link, ...]:
    """The results that were added in the last days; the chosen ones have a filter chip instead."""
    request, saved = listing.request, listing.scope.saved
    return tuple(
        Link(
            listing.translator.ngettext("%(count)s day", "%(count)s days", added_since.days),
            listing.link(saved.request.newest(added_since)) if saved else listing.link_with(since=added_since, page=1),
        )
        for added_since in AddedSince
        if added_since not in {AddedSince.VISIT, request.since}
    )


def _views(listing: ListingContext) -> tuple[Link, ...]:
    request, translator = listing.request, listing.translator
    names = ((View.ITEMS, translator.gettext("Items")), (View.PASSAGES, translator.gettext("Passages")))
    return tuple(Link(name, listing.link_with(view=view, page=1), current=view is request.view) for view, name in names)
