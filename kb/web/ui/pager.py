"""The pager: numbered pages, and the line with the current position."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise

from kb.model.search_request import MAX_PAGE
from kb.services.core.pagination import page_count
from kb.services.search.result_types import SearchResults
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.urls.page_urls import url_with_query
from kb.web.ui.display_text import Link, ListingContext
from kb.whole_numbers import parse_whole_number

PAGE_SIZES = (20, 50, 100)
_AROUND = 2


@dataclass(frozen=True, slots=True)
class Pager:
    """`numbers` has a link for each numbered page, and None for each gap."""

    previous: Link | None
    following: Link | None
    numbers: tuple[Link | None, ...]
    sizes: tuple[Link, ...]


def results_pager(results: SearchResults, listing: ListingContext) -> Pager:
    request, translator = listing.request, listing.translator
    sizes = tuple(
        Link(translator.number(size), listing.link(per_page=size, page=1), current=size == request.per_page)
        for size in PAGE_SIZES
        if results.listed
    )
    pages = list_pager(request.page, last_page(results), lambda page: listing.link(page=page), translator)
    return replace(pages, sizes=sizes)


def list_pager(requested: int, last: int, link: Callable[[int], str], translator: Translator) -> Pager:
    """The pages of a list, each at its `link`, around the requested one, which may be after the last."""
    here = min(requested, last)

    def page(number: int, label: str = "") -> Link:
        return Link(label or translator.number(number), link(number), current=number == requested and not label)

    near = range(max(1, here - _AROUND), min(last, here + _AROUND) + 1)
    numbers: list[Link | None] = []
    for before, number in pairwise([0, *sorted({1, last, *near})]):
        numbers += [None, page(number)] if number > before + 1 else [page(number)]
    back = page(here - 1, translator.gettext("Previous")) if here > 1 else None
    onward = page(here + 1, translator.gettext("Next")) if here < last else None
    return Pager(back, onward, tuple(numbers) if last > 1 else (), ())


def pager_of_address(context: RequestContext, number: int, last: int, *without: str) -> Pager:
    """The other pages of this address, without these parameters."""
    others = tuple(pair for pair in context.params if pair[0] not in {"page", *without})

    def link(page: int) -> str:
        return url_with_query(context.path, (*others, ("page", str(page))) if page > 1 else others)

    return list_pager(number, last, link, context.translator)


def requested_page(text: str) -> int:
    """The page number in a parameter, from 1: the first page if it is not a number, or not a possible one."""
    return max(1, parse_whole_number(text, 1))


def last_page(results: SearchResults) -> int:
    """The last page with results, 1 at least."""
    return min(MAX_PAGE, page_count(results.listed, results.request.per_page))
