"""Empty states: a page without results explains the reason and links to next steps."""

from dataclasses import dataclass

from kb.model.search_request import SearchRequest, View
from kb.services.items.item_creation import writable_groups
from kb.services.search.results import SearchResults
from kb.services.search.search import result_count
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link, ListingContext
from kb.web.ui.pager import last_page
from kb.web.ui.search_form import filter_chips_of

MOST_DROPPABLE_FILTERS = 6
"""Filters whose removal is tried if nothing is found: each costs a search."""


@dataclass(frozen=True, slots=True)
class EmptyState:
    """Help for a page without results. `ways_out` are filters to remove, with the number of results without each.

    `command` fills a group, for an administrator; `keep` links to the save form, for a user with the right.
    """

    title: str
    advice: tuple[str, ...] = ()
    droppable_filters: tuple[Link, ...] = ()
    last_page: Link | None = None
    command: str = ""
    keep: Link | None = None


def empty_state_of(results: SearchResults, context: RequestContext, listing: ListingContext) -> EmptyState:
    """The reason for the empty page and the next steps: the last page, how to fill the group, or the filters to
    remove.
    """
    request, words, scope = listing.request, listing.words, listing.scope
    if results.total:
        last = last_page(results)
        onward = Link(words.say("Go to the last page, %(page)s", page=last), listing.link(request.with_page(last)))
        return EmptyState(words.say("There is nothing on this page"), last_page=onward)
    bare = not request.q and request.view is View.ITEMS and request.with_page(1) == scope.cleared(request)
    if bare and scope.group and not scope.tag:
        return EmptyState(
            words.say("This group has no items yet"),
            command=f"kb import page.txt --group {scope.group}",
            keep=_save_link(context, scope.group),
        )
    title = words.say("No item of this group bears this tag") if bare and scope.tag else words.say("Nothing was found")
    return EmptyState(title, _advice(request, words), _droppable_filters(results, context, listing))


def _save_link(context: RequestContext, slug: str) -> Link | None:
    """The form that saves a first page in a group, for a user with the right."""
    if slug not in {group.slug for group in writable_groups(context.library, context.actor)}:
        return None
    return Link(context.words.say("Save a first page"), context.addresses.save(group=slug))


def _droppable_filters(results: SearchResults, context: RequestContext, listing: ListingContext) -> tuple[Link, ...]:
    request, words = listing.request, listing.words
    chips = filter_chips_of(results, listing)[:MOST_DROPPABLE_FILTERS]
    counted = [(chip, result_count(context.library, context.actor, chip.without)) for chip in chips]
    ways_out = [
        Link(
            words.say("Without “%(name)s: %(value)s”", name=chip.name, value=chip.label),
            chip.href,
            words.plural("%(count)s result", "%(count)s results", count),
        )
        for chip, count in sorted(counted, key=lambda pair: -pair[1])
        if count
    ]
    bare = request.cleared()
    if len(chips) > 1 and not ways_out and (count := result_count(context.library, context.actor, bare)):
        everything = words.plural("%(count)s result", "%(count)s results", count)
        ways_out.append(Link(words.say("Without any filter"), listing.link(bare), everything))
    return tuple(ways_out)


def _advice(request: SearchRequest, words: Translator) -> tuple[str, ...]:
    if not request.q:
        return ()
    return (
        words.say("Check the spelling, or type fewer words."),
        words.say("End a word with a star to find all that begins so: numér*."),
        words.say("Add a tilde to find what is written almost so: administration~."),
    )
