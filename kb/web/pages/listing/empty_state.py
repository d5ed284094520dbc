"""A page without results: what was searched, and searches that find something."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kb.model.search_request import SearchRequest, View
from kb.services.items.item_creation import writable_groups
from kb.services.search.no_results import ProposedSearch, no_result_proposals
from kb.services.search.result_types import SearchResults
from kb.services.search.search import result_count
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link, ListingContext
from kb.web.ui.pager import last_page
from kb.web.ui.search_form import FilterChip, filter_chips_of

MOST_DROPPABLE_FILTERS = 6
"""Filters whose removal is tried if nothing is found: each costs a search."""


@dataclass(frozen=True, slots=True)
class Proposals:
    """Searches to propose under a sentence; each has the number of its results as hint."""

    lead: str
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class EmptyState:
    """Help for a page without results. `title` is empty where the heading of the page says it; `searched` says in words
    what was searched, or who fills an empty group.

    `everything` links to all items of the scope, `last_page` to the last page of results. `writable` is the slug of the
    empty group, for a user who may save and import there.
    """

    title: str
    searched: str = ""
    proposals: tuple[Proposals, ...] = ()
    everything: Link | None = None
    last_page: Link | None = None
    writable: str = ""


def is_whole_scope(listing: ListingContext) -> bool:
    """Whether the request has nothing but what its scope fixes: no words, no filter."""
    request = listing.request
    return not request.q and request.view is View.ITEMS and request.with_page(1) == listing.scope.cleared(request)


def empty_state_of(results: SearchResults, context: RequestContext, listing: ListingContext) -> EmptyState:
    """The reason for the empty page and the next steps: the last page, how to fill the group, or other searches."""
    request, scope = listing.request, listing.scope
    _ = listing.translator.gettext
    if results.listed:
        last = last_page(results)
        onward = Link(_("Go to the last page, %(page)s", page=last), listing.link(request.with_page(last)))
        return EmptyState(_("There is nothing on this page"), last_page=onward)
    whole = is_whole_scope(listing)
    if whole and scope.group and not scope.tag:
        return _empty_group(context, scope.group)
    title = _("No item in this group has this tag") if whole and scope.tag else ""
    return EmptyState(
        title or (_("Nothing was found") if whole else ""),
        "" if whole else _searched(results, listing),
        tuple(proposal for proposal in _proposals(results, context, listing) if proposal.links),
        _everything(context, listing),
    )


def _empty_group(context: RequestContext, slug: str) -> EmptyState:
    """How to fill a group: in the browser, for a user with the right."""
    _ = context.translator.gettext
    group = next((group for group in writable_groups(context.library, context.actor) if group.slug == slug), None)
    if group is None:
        title = _("This group has no items yet")
        return EmptyState(title, _("Pages that its members save will appear here."))
    return EmptyState(
        _("Your library has no items yet") if group.is_personal else _("This group has no items yet"),
        writable=slug,
    )


def _searched(results: SearchResults, listing: ListingContext) -> str:
    """What was searched: the words, where, and under which conditions."""
    request = listing.request
    _ = listing.translator.gettext
    colon = _(":")
    conditions = (
        *([_("all the words of “%(query)s”", query=request.q)] if request.q and request.wants_all_words else []),
        *([_("“%(query)s”", query=request.q)] if request.q and not request.wants_all_words else []),
        *(f"{chip.name}{colon} {chip.label}" for chip in filter_chips_of(results, listing)),
        *([] if request.group else [_("all the groups that you may read")]),
    )
    return _("What was searched: %(conditions)s.", conditions=", ".join(conditions))


def _proposals(results: SearchResults, context: RequestContext, listing: ListingContext) -> tuple[Proposals, ...]:
    others = no_result_proposals(context.library, context.actor, listing.request)
    _ = listing.translator.gettext

    def links(some: Iterable[ProposedSearch]) -> tuple[Link, ...]:
        return tuple(Link(search.label, listing.link(search.request), _count(search.count, listing)) for search in some)

    items = replace(listing.request, view=View.ITEMS, page=1)
    found = result_count(context.library, context.actor, items) if listing.request.view is View.PASSAGES else 0
    all_proposals = (
        Proposals(
            _("Among items instead of passages:"),
            (Link(_("Items"), listing.link(items), _count(found, listing)),) if found else (),
        ),
        Proposals(_("There would be results with one filter less:"), _without_filters(results, context, listing)),
        Proposals(_("Tags like this one:"), links(others.nearby_tags)),
        Proposals(_("The words apart:"), links(others.words)),
        Proposals(_("Other forms of the last word:"), links(others.forms)),
    )
    if any(proposals.links for proposals in all_proposals):
        return all_proposals
    if others.unknown_tags:
        lead = _("No tag is like “%(tag)s”. The most used tags:", tag=others.unknown_tags[0])
    else:
        lead = _("Check the spelling, or read what has one of the most used tags:")
    return (Proposals(lead, links(others.used_tags)),)


def _count(count: int, listing: ListingContext) -> str:
    return listing.translator.ngettext("%(count)s result", "%(count)s results", count)


def _without_filters(results: SearchResults, context: RequestContext, listing: ListingContext) -> tuple[Link, ...]:
    request, translator = listing.request, listing.translator
    chips = filter_chips_of(results, listing)[:MOST_DROPPABLE_FILTERS]
    counted = [(chip, result_count(context.library, context.actor, chip.without)) for chip in chips]
    ways_out = [
        Link(_without_label(chip, listing), chip.href, _count(count, listing))
        for chip, count in sorted(counted, key=lambda pair: -pair[1])
        if count
    ]
    bare = request.cleared()
    if len(chips) > 1 and not ways_out and (count := result_count(context.library, context.actor, bare)):
        ways_out.append(Link(translator.gettext("Without any filter"), listing.link(bare), _count(count, listing)))
    return tuple(ways_out)


def _without_label(chip: FilterChip, listing: ListingContext) -> str:
    if listing.request.group and not chip.without.group:
        return listing.translator.gettext("In all the groups")
    return listing.translator.gettext("Without “%(name)s: %(value)s”", name=chip.name, value=chip.label)


def _everything(context: RequestContext, listing: ListingContext) -> Link | None:
    """All items of the scope, or of all groups if the scope has none."""
    scope = listing.scope
    _ = listing.translator.gettext
    inside = replace(scope.cleared(SearchRequest()), tag=())
    for request, label in (
        (inside, _("All the items of this group") if scope.group else _("All the items")),
        (SearchRequest(), _("All the items")),
    ):
        if count := result_count(context.library, context.actor, request):
            return Link(label, listing.link(request), _count(count, listing))
    return None
