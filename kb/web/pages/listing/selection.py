"""Selection on a listing: a checkbox for each result, and a bar of actions on what is ticked.

`select=1` in the address of any listing turns it on. The bar is a form that leads to the pages of the actions, each of
which takes what is ticked (`item`: the id of an item, or that of an item and those of its annotations, with points
between them, or several of these with spaces), or `scope=all` and the parameters of the search.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

from kb.errors import Invalid, translatable
from kb.model.items.item_list import ItemPart
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, View
from kb.services.item_actions.bulk_actions import (
    MOST_BULK_ITEMS,
    in_result_order,
    may_contribute,
)
from kb.services.search.result_types import SearchResults
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import safe_next
from kb.web.http.urls.listing_scope import Pairs
from kb.web.http.urls.page_urls import quoted_path
from kb.web.pages.listing.result_rows import box_value, value_of_hit
from kb.web.ui.display_text import Link, ListingContext
from kb.web.ui.pager import last_page

MOST_SELECTED = 100
"""Ids that one request may name: those of the largest page of results."""
EVERYTHING, SELECTED = "all", "ticked"
TOO_MANY_SELECTED = translatable("At most %(limit)s items can be ticked: choose all results of a search instead.")
_SELECT = "select"
_NOT_SENT = frozenset({"page", "facet_limit"})
DRAFT = "list"
"""The draft list that what is ticked goes into again."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The bar of a listing whose results can be selected, by checkboxes.

    `hidden` are further fields of the form, which name the search and the way back. `here` are the values of the
    checkboxes of this page; `selected` the selected ones, `before` and `after` those of other pages and of other
    searches. `total` is the number of results; `may_take_all`: one box means all of them, which is checked if
    `is_whole`. `draft` is the id of the list whose press review the user comes from. `path` is that of the listing, to
    which the buttons of other pages, up to `last`, send what is selected. `may_contribute`: the user may add to some
    group, `may_edit`: to that of the listing, if it has one. `has_passages`: some actions are on the items of the
    selected passages. `login` leads an anonymous visitor to further actions. `form_token` is sent with what
    makes a draft list.
    """

    hidden: Pairs
    draft: str
    path: str
    here: tuple[str, ...]
    selected: frozenset[str]
    before: tuple[str, ...]
    after: tuple[str, ...]
    total: int
    may_take_all: bool
    is_whole: bool
    page: int
    last: int
    may_contribute: bool
    may_edit: bool
    has_passages: bool
    login: str
    form_token: str
    most: ClassVar[int] = MOST_BULK_ITEMS


def is_selecting(context: RequestContext) -> bool:
    """Whether the listing of this address has checkboxes."""
    return context.param(_SELECT) == "1"


def select_address(address: str) -> str:
    """The address of a listing, with checkboxes."""
    return f"{address}{'&' if '?' in address else '?'}{_SELECT}=1"


def selection_of(
    context: RequestContext, listing: ListingContext, results: SearchResults, home: Group | None
) -> Selection | None:
    """The bar of a listing; None unless its address asks for checkboxes, and there are results or selected ones."""
    if not is_selecting(context):
        return None
    request, here = listing.request, tuple(dict.fromkeys(map(value_of_hit, results.rows)))
    has_passages = request.view is View.PASSAGES
    may_take_all = len(here) < results.total <= MOST_BULK_ITEMS
    is_whole = may_take_all and ("scope", EVERYTHING) in context.params
    parts = () if is_whole else selection_in(context.params)[:MOST_SELECTED]
    if not (results.rows or parts):
        return None
    named = tuple(map(value_of_part, parts))
    pressed = {"page": here, "none": ()}.get(context.param("tick"), named)
    others = [part for part in parts if value_of_part(part) not in here]
    before, after = _selected_on_other_pages(context, request, others, here[0]) if here else ((), named)
    query = tuple(pair for pair in request.to_params() if pair[0] not in _NOT_SENT)
    language = (("lang", context.choice.url_language),) if context.choice.url_language else ()
    address = listing.link(request)
    # Links of a page leave its path out.
    address = select_address(address if address.startswith("/") else quoted_path(context.path) + address)
    is_contributor = may_contribute(context.actor)
    return Selection(
        hidden=(*query, *language, (_SELECT, "1"), ("back", address)),
        draft=context.param(DRAFT),
        path=quoted_path(context.path),
        here=here,
        selected=frozenset(value for value in pressed if value in here),
        before=before,
        after=after,
        total=results.total,
        may_take_all=may_take_all,
        is_whole=is_whole,
        page=request.page,
        last=last_page(results),
        may_contribute=is_contributor,
        may_edit=is_contributor and may_contribute(context.actor, home),
        has_passages=has_passages or any(part_id for _, part_id in parts),
        form_token=context.credentials.form_token,
        login="" if context.actor.user_id else context.addresses.login(address),
    )


def _selected_on_other_pages(
    context: RequestContext, request: SearchRequest, parts: Sequence[ItemPart], first: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The values of what is selected on earlier pages than that of `first`, and on later ones or in other searches."""
    if not parts:
        return (), ()
    (part,) = selection_in((("item", first),))
    ordered = in_result_order(context.library, context.actor, request, (part, *parts))
    values, position = tuple(map(value_of_part, ordered)), ordered.index(part)
    return values[:position], values[position + 1 :]


def selection_in(pairs: Pairs, name: str = "item") -> tuple[ItemPart, ...]:
    """What is selected by the parameters or fields of a name, each once, in order."""
    parts = list[ItemPart]()
    values = (value for key, several in pairs if key == name for value in several.split())
    for item_id, *annotation_ids in (value.split(".") for value in values):
        parts += [(item_id, part_id) for part_id in annotation_ids] or [(item_id, None)]
    return tuple(dict.fromkeys(parts))


def value_of_part(part: ItemPart) -> str:
    """The value of the checkbox of an item, or of one annotation."""
    return box_value(*filter(None, part))


def selected_item_ids(pairs: Pairs) -> tuple[str, ...]:
    """The ids of the items that are selected, or of which annotations are, each once, in order."""
    return tuple(dict.fromkeys(item_id for item_id, _ in selection_in(pairs)))


def item_ids_to_use(pairs: Pairs) -> tuple[str, ...]:
    """The ids of selected items; none if all results are selected. Raises Invalid for too many."""
    ids = () if ("scope", EVERYTHING) in pairs else selected_item_ids(pairs)
    if len(ids) > MOST_SELECTED:
        raise Invalid(TOO_MANY_SELECTED, limit=MOST_SELECTED)
    return ids


def selects_nothing(pairs: Pairs) -> bool:
    """Whether the bar of a listing was sent with nothing selected."""
    return (_SELECT, "1") in pairs and ("scope", EVERYTHING) not in pairs and not selected_item_ids(pairs)


def listing_to_return_to(pairs: Pairs) -> str:
    """The address of the listing that the bar was on; empty without one."""
    back = next((value for name, value in pairs if name == "back"), "")
    return safe_next(back) if back else ""


def with_selection(address: str, pairs: Pairs) -> str:
    """The address of a listing, with what the pairs select there and their draft, if it has checkboxes."""
    every = ("scope", EVERYTHING)
    selected = (every,) if every in pairs else tuple(pair for pair in pairs if pair[0] == "item")[:MOST_SELECTED]
    has_checkboxes = (_SELECT, "1") in parse_qsl(address.partition("?")[2])
    pairs = (*selected, *(pair for pair in pairs if pair[0] == DRAFT))
    return f"{address}&{urlencode(pairs)}" if pairs and has_checkboxes else address


def back_link(context: RequestContext, otherwise: str) -> Link:
    """The link back to the listing, with what is selected there, else to the results of the search."""
    listing = listing_to_return_to(context.params)
    address = with_selection(listing, context.params) if listing else otherwise
    return Link(context.translator.gettext("Back to the results"), address)
