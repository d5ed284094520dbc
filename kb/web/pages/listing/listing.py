"""A listing: the results of a search, laid out, or help if there are none. The search page, groups, tags and saved
searches share it.
"""

from dataclasses import dataclass, replace

from kb.model.people.group import Group
from kb.model.search_request import AddedSince, SearchRequest, Sort, View
from kb.model.truncation import truncate
from kb.services.search.result_types import SearchResults
from kb.services.search.search import result_count, run_search
from kb.web.http.context import RequestContext, Unseen
from kb.web.http.urls.listing_scope import ListingScope
from kb.web.pages.listing.empty_state import EmptyState, empty_state_of, is_whole_scope
from kb.web.pages.listing.feed_links import FeedLinks, feed_links
from kb.web.pages.listing.histogram import Histogram, histogram_of
from kb.web.pages.listing.ignored_query_notice import (
    IgnoredQueryNotice,
    ignored_query_notices,
    missing_words_notice,
)
from kb.web.pages.listing.result_rows import AnswerQuote, ResultRow, RowBuilder, deduplicate_coins
from kb.web.pages.listing.selection import Selection, is_selecting, select_address, selection_of
from kb.web.pages.listing.vocabulary_notice import VocabularyLine, vocabulary_lines
from kb.web.ui.display_text import Link, ListingContext
from kb.web.ui.facets import PAGE_LIMIT, FacetBox, facet_boxes
from kb.web.ui.page_weight import LONGEST_REPEATED_SEARCH
from kb.web.ui.pager import Pager, results_pager
from kb.web.ui.search_form import FilterChip, filter_chips_of

_DEFAULT_FACETS = SearchRequest().facet_limit
_MOST_LONG_CHIPS = 10
_MOST_QUERY_CHARACTERS = 120
"""Of a query in the heading; the search field has it all."""


@dataclass(frozen=True, slots=True)
class Listing:
    """`scope` gives the addresses of other searches, `summary` describes the results in one sentence.

    `is_long`: the search is too long for filters, each of which would repeat it. `searched` is the query that was
    searched instead of the typed one, `literal` links to the results of that one. `clear` is the address without
    filters, `select` that of the same page with checkboxes, or without them; `selection` is the bar of the checkboxes.
    `export` is the address of files with all results, `archive` links to that of a whole group. `by_words` is the
    address of the same search by words alone, if its order is not by words alone. `answers` are sentences that answer
    a question, `unseen` is what the user has not seen of a search that they follow.
    """

    scope: ListingContext
    results: SearchResults
    summary: str
    is_long: bool
    filter_chips: tuple[FilterChip, ...]
    clear: str
    suggestion: Link | None
    searched: str
    literal: Link | None
    ignored: tuple[IgnoredQueryNotice, ...]
    vocabulary: tuple[VocabularyLine, ...]
    sorts: tuple[Link, ...]
    facets: tuple[FacetBox, ...]
    since: tuple[Link, ...]
    histogram: Histogram | None
    rows: tuple[ResultRow, ...]
    pager: Pager
    empty_state: EmptyState | None
    feeds: FeedLinks
    select: str
    selection: Selection | None
    export: str
    by_words: str
    answers: tuple[AnswerQuote, ...]
    unseen: Unseen | None
    archive: Link | None = None


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
    listing = ListingContext(request, context.translator, context.addresses, scope)
    literal = results.interpretation.literal if results.interpretation else None
    many_groups = not scope.group and len(results.facets.get("group", ())) > 1
    base_url = context.library.settings.base_url
    unseen = context.unseen(scope.saved.request if scope.saved else request)
    builder = RowBuilder(
        listing,
        base_url,
        many_groups=many_groups,
        unseen=unseen.item_ids if unseen else frozenset(),
        whole=scope.tag is not None,
        text_address=context.text_links,
    )
    row = builder.passage_row if request.view is View.PASSAGES else builder.item_row
    is_long = listing.address_bytes > LONGEST_REPEATED_SEARCH
    chips = tuple(chip for chip in filter_chips_of(results, listing) if not chip.fixed)
    # A feed and a saved search correct nothing.
    followed = replace(request, q=results.interpretation.query) if results.interpretation else request
    here, pager = listing.link(request), results_pager(results, listing)
    if is_selecting(context):
        # Another page size keeps the checkboxes.
        pager = replace(pager, sizes=tuple(size._replace(href=select_address(size.href)) for size in pager.sizes))
    return Listing(
        scope=listing,
        results=results,
        summary=_summary(results, listing),
        is_long=is_long,
        filter_chips=chips[:_MOST_LONG_CHIPS] if is_long else chips,
        clear=listing.link(scope.cleared(request)),
        suggestion=_search_for(results.suggestion, results.suggestion, listing) if not results.interpretation else None,
        searched=truncate(results.interpretation.query, _MOST_QUERY_CHARACTERS) if results.interpretation else "",
        literal=_search_for(literal, request.q, listing),
        ignored=(
            *ignored_query_notices(results.left_out, context.translator),
            *([missing_words_notice(results.missing, context.translator)] if results.missing else []),
        ),
        vocabulary=() if is_long else vocabulary_lines(results, listing),
        sorts=_sorts(listing),
        facets=() if is_long else facet_boxes(results, listing),
        since=_since_links(listing),
        histogram=histogram_of(results, listing) if results.total and not is_long else None,
        rows=deduplicate_coins(map(row, results.rows)),
        unseen=unseen,
        pager=pager,
        empty_state=None if results.rows else empty_state_of(results, context, listing),
        feeds=feed_links(context, scope, followed, home, is_open=feeds),
        select=(here or listing.addresses.current()) if is_selecting(context) else select_address(here),
        selection=selection_of(context, listing, results, home),
        export=_export_address(listing),
        by_words=listing.link(request.by_words()) if results.is_fused else "",
        answers=tuple(map(builder.answer_quote, results.answers)),
    )


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


def last_visit_link(context: RequestContext, slugs: tuple[str, ...]) -> Link | None:
    """The link, with the number of items of these groups; None if there are none, or before a second visit."""
    if context.actor.last_visit_at is None or not slugs:
        return None
    request = SearchRequest(group=slugs, since=AddedSince.VISIT)
    count = result_count(context.library, context.actor, request)
    label = context.translator.ngettext("Since my last visit (%(count)s)", "Since my last visit (%(count)s)", count)
    scope = ListingScope(slugs[0]) if len(slugs) == 1 else ListingScope()
    return Link(label, context.addresses.listing(scope, request)) if count else None


def _summary(results: SearchResults, listing: ListingContext) -> str:
    request, translator = listing.request, listing.translator
    _ = translator.gettext
    query = truncate(request.q, _MOST_QUERY_CHARACTERS)
    if not results.total and is_whole_scope(listing):
        return ""
    if not results.total:
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
        Link(name, listing.link(sort=None if sort is usual else sort, page=1), current=sort is request.ordering)
        for sort, name in names
        if request.q or sort is not Sort.RELEVANCE
    )


def _since_links(listing: ListingContext) -> tuple[Link, ...]:
    """The results that were added in the last days; the selected ones have a filter chip instead."""
    request, saved = listing.request, listing.scope.saved
    return tuple(
        Link(
            listing.translator.ngettext("%(count)s day", "%(count)s days", added_since.days),
            listing.link(saved.request.newest(added_since)) if saved else listing.link(since=added_since, page=1),
        )
        for added_since in AddedSince
        if added_since not in {AddedSince.VISIT, request.since}
    )
