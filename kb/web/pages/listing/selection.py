"""Selection on a listing: a checkbox for each result, and a bar of actions on what is ticked.

`select=1` in the address of any listing turns it on. The bar is a form that leads to the pages of the actions, each of
which takes what is ticked (`item`: the id of an item, or that of an item and those of its annotations, with points
between them, or several of these with spaces), or `scope=all` and the parameters of the search.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from kb.errors import Invalid, translatable
from kb.model.people.group import Group
from kb.model.search_request import SearchRequest, View
from kb.services.item_actions.bulk_actions import (
    MOST_BULK_ITEMS,
    ItemPart,
    in_result_order,
    may_contribute,
    selected_items_by_id,
)
from kb.services.search.result_types import SearchResults
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import safe_next
from kb.web.http.urls.listing_scope import Pairs
from kb.web.http.urls.page_urls import quoted_path
from kb.web.pages.listing.result_rows import tick_of_hit, tick_value
from kb.web.ui.display_text import Link, ListingContext
from kb.web.ui.pager import last_page

MOST_TICKED = 100
"""Ids that one request may name: those of the largest page of results."""
EVERYTHING, TICKED = "all", "ticked"
TOO_MANY_TICKED = translatable("At most %(limit)s items can be ticked: choose all results of a search instead.")
_SELECT = "select"
_NOT_SENT = frozenset({"page", "facet_limit"})
_REVIEW_FIELDS = frozenset(
    {"title", "dated", "introduction", "quotes", "longest", "descriptions", "comments", "order", "made"}
)
_REVIEW_IDS = ("among", "passage")
"""What a press review knows of its form, which the way back to the listing keeps for the next press review."""


@dataclass(frozen=True, slots=True)
class SelectionAction:
    """A button of the bar: its form goes to `address`, with `act` for an address that does several."""

    label: str
    address: str
    act: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """The bar of a listing whose results can be ticked.

    `hidden` are further fields of the form, which name the search and the way back; `ticked` the ids that are ticked on
    this page, `before` and `after` those of other pages and of other searches. `everything` is the label of the box
    that means all results; empty for results of one page, and for too many, which `too_many` says; `is_whole`: it is
    ticked. `of_page` ticks and unticks all of this page, if it has results. `review` are the fields of the press review
    that the user comes from. `count` says how many are ticked as the page opens, empty for none; `counts` are the
    singular and the plural of the number that a script counts, written “#”. `here` is the path of the listing, to which
    the buttons of other pages (number and label) send what is ticked. `login` leads an anonymous visitor to further
    actions. `item_actions` act on the items of passages that are ticked.
    """

    hidden: Pairs
    review: Pairs
    here: str
    ticked: frozenset[str]
    before: tuple[str, ...]
    after: tuple[str, ...]
    count: str
    counts: tuple[str, str]
    of_page: tuple[str, str]
    is_page_ticked: bool
    everything: str
    is_whole: bool
    total: str
    too_many: str
    pages: tuple[tuple[int, str], ...]
    actions: tuple[SelectionAction, ...]
    item_actions: tuple[SelectionAction, ...]
    login: str


def is_selecting(context: RequestContext) -> bool:
    """Whether the listing of this address has checkboxes."""
    return context.param(_SELECT) == "1"


def select_address(address: str) -> str:
    """The address of a listing, with checkboxes."""
    return f"{address}{'&' if '?' in address else '?'}{_SELECT}=1"


def selection_of(
    context: RequestContext, listing: ListingContext, results: SearchResults, home: Group | None
) -> Selection | None:
    """The bar of a listing; None unless its address asks for checkboxes, and it has results or something is ticked."""
    if not is_selecting(context):
        return None
    translator, request = context.translator, listing.request
    has_passages = request.view is View.PASSAGES
    here = tuple(dict.fromkeys(map(tick_of_hit, results.rows)))
    may_take_all = len(here) < results.total <= MOST_BULK_ITEMS
    is_whole = may_take_all and _takes_everything(context.params)
    parts = () if is_whole else _ticked_parts_of_listing(context, has_passages=has_passages)[:MOST_TICKED]
    if not (results.rows or parts):
        return None
    named = tuple(map(tick_of_part, parts))
    chosen = {"page": here, "none": ()}.get(context.param("tick"), named)
    ticked = frozenset(name for name in chosen if name in here)
    others = [part for part in parts if tick_of_part(part) not in here]
    before, after = _ticked_on_other_pages(context, request, others, here[0]) if here else ((), named)
    query = tuple(pair for pair in request.to_params() if pair[0] not in _NOT_SENT)
    language = (("lang", context.choice.url_language),) if context.choice.url_language else ()
    actions, item_actions = _actions(context, home)
    names_passages = has_passages or any(part_id for _, part_id in parts)
    return Selection(
        hidden=(*query, *language, (_SELECT, "1"), ("back", select_address(_whole_address(context, listing)))),
        review=_review_fields(_without_ticked_passages(context.params, parts)),
        here=quoted_path(context.path),
        ticked=ticked,
        before=before,
        after=after,
        count=_ticked_at_first(results.total if is_whole else len(ticked) + len(others), translator),
        counts=(_ticked(1, translator).replace("1", "#"), _ticked(2, translator).replace("2", "#")),
        of_page=(
            translator.ngettext("Tick %(count)s result", "Tick the %(count)s", len(here)),
            translator.ngettext("Untick %(count)s result", "Untick the %(count)s", len(here)),
        )
        if here
        else ("", ""),
        is_page_ticked=len(ticked) == len(here),
        everything=translator.ngettext("The %(count)s result", "The %(count)s results", results.total)
        if may_take_all
        else "",
        is_whole=is_whole,
        total=translator.number(results.total),
        too_many=translator.gettext(
            "At most %(limit)s at once: narrow the search for all of them.", limit=MOST_BULK_ITEMS
        )
        if results.total > MOST_BULK_ITEMS
        else "",
        pages=_other_pages(request.page, last_page(results), translator),
        actions=actions if names_passages else (*actions, *item_actions),
        item_actions=item_actions if names_passages else (),
        login=""
        if context.actor.user_id
        else context.addresses.login(select_address(_whole_address(context, listing))),
    )


def _takes_everything(params: Pairs) -> bool:
    """Whether all results are chosen; `whole`: by a press review of all, of which no item was unticked since."""
    boxes = frozenset(joined_ids(params, "boxes"))
    return ("scope", EVERYTHING) in params or (("whole", "1") in params and boxes == frozenset(ticked_ids(params)))


def _ticked_parts_of_listing(context: RequestContext, *, has_passages: bool) -> tuple[ItemPart, ...]:
    """What is ticked; in a listing of passages also those that the form of a press review chose."""
    parts = ticked_parts(context.params)
    among, chosen = (frozenset(joined_ids(context.params, name)) for name in _REVIEW_IDS)
    whole = [item_id for item_id, part_id in parts if part_id is None and item_id in among]
    if not (has_passages and whole and chosen):
        return parts
    items = selected_items_by_id(context.library, context.actor, whole[:MOST_TICKED])
    passages = {item.id: [(item.id, part.id) for part in item.annotations if part.id in chosen] for item in items}
    return tuple(
        dict.fromkeys(
            one for part in parts for one in ((passages.get(part[0]) if part[1] is None else None) or (part,))
        )
    )


def _ticked_on_other_pages(
    context: RequestContext, request: SearchRequest, parts: Sequence[ItemPart], first: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The values of what is ticked on earlier pages than that of `first`, and on later ones or in other searches."""
    if not parts:
        return (), ()
    (part,) = ticked_parts((("item", first),))
    ordered = in_result_order(context.library, context.actor, request, (part, *parts))
    values, place = tuple(map(tick_of_part, ordered)), ordered.index(part)
    return values[:place], values[place + 1 :]


def _review_fields(params: Pairs) -> Pairs:
    """The fields of a press review in an address, each once; ids are joined by points."""
    fields = {name: value for name, value in reversed(params) if name in _REVIEW_FIELDS and value}
    ids = ((name, ".".join(joined_ids(params, name))) for name in _REVIEW_IDS)
    return (*sorted(fields.items()), *(pair for pair in ids if pair[1]))


def _without_ticked_passages(params: Pairs, parts: Sequence[ItemPart]) -> Pairs:
    """The parameters without the passages that a press review had chosen and that checkboxes stand for now."""
    whole = {item_id for item_id, part_id in parts if part_id is None}
    ticked = {part_id for _, part_id in parts}
    among = tuple(("among", item_id) for item_id in joined_ids(params, "among") if item_id in whole)
    chosen = () if joined_ids(params, "among") and not among else joined_ids(params, "passage")
    passages = (("passage", part_id) for part_id in chosen if part_id not in ticked)
    return (*(pair for pair in params if pair[0] not in _REVIEW_IDS), *among, *passages)


def joined_ids(params: Pairs, name: str) -> tuple[str, ...]:
    """The ids in the parameters of a name: each value is an id, or several with points between them."""
    return tuple(dict.fromkeys(id_ for key, value in params if key == name for id_ in value.split(".") if id_))


def _ticked(count: int, translator: Translator) -> str:
    return translator.ngettext("%(count)s ticked", "%(count)s ticked", count)


def _ticked_at_first(count: int, translator: Translator) -> str:
    ticked = translator.ngettext(
        "%(count)s ticked when this page opened", "%(count)s ticked when this page opened", count
    )
    return ticked if count else ""


def _other_pages(page: int, last: int, translator: Translator) -> tuple[tuple[int, str], ...]:
    before = ((page - 1, translator.gettext("Previous")),) if page > 1 else ()
    return (*before, *(((page + 1, translator.gettext("Next")),) if page < last else ()))


def _whole_address(context: RequestContext, listing: ListingContext) -> str:
    """The address of the listing with its path, which links of a page leave out."""
    address = listing.link(listing.request)
    return address if address.startswith("/") else quoted_path(context.path) + address


def _actions(
    context: RequestContext, home: Group | None
) -> tuple[tuple[SelectionAction, ...], tuple[SelectionAction, ...]]:
    """The actions for which the visitor may have the right: those on items and passages, then those on items alone.

    Each asks for the right again, for each item.
    """
    _ = context.translator.gettext
    review = SelectionAction(_("Press review"), "/review")
    export = SelectionAction(_("Export"), "/export")
    if not may_contribute(context.actor):
        return (review,), (export,)
    tags = SelectionAction(_("Tags"), "/bulk", "tag")
    trash = SelectionAction(_("Remove"), "/bulk", "bin")
    contributes = may_contribute(context.actor, home)
    return (SelectionAction(_("Add to a list"), "/bulk", "list"), review), (
        export,
        *((tags,) if contributes else ()),
        SelectionAction(_("Move or copy"), "/bulk", "move"),
        SelectionAction(_("Read later"), "/bulk", "later"),
        *((trash,) if contributes else ()),
    )


def ticked_parts(pairs: Pairs) -> tuple[ItemPart, ...]:
    """What is ticked among parameters or fields, each once, in order."""
    parts = list[ItemPart]()
    values = (value for name, several in pairs if name == "item" for value in several.split())
    for item_id, *annotation_ids in (value.split(".") for value in values):
        parts += [(item_id, part_id) for part_id in annotation_ids] or [(item_id, None)]
    return tuple(dict.fromkeys(parts))


def tick_of_part(part: ItemPart) -> str:
    """The value of the checkbox of an item, or of one annotation."""
    return tick_value(*filter(None, part))


def ticked_ids(pairs: Pairs) -> tuple[str, ...]:
    """The ids of the items that are ticked, or of which annotations are, each once, in order."""
    return tuple(dict.fromkeys(item_id for item_id, _ in ticked_parts(pairs)))


def ticked_ids_to_use(context: RequestContext) -> tuple[str, ...]:
    """The ids of ticked items in an address; none if all results are chosen. Raises Invalid for too many."""
    ids = () if ("scope", EVERYTHING) in context.params else ticked_ids(context.params)
    if len(ids) > MOST_TICKED:
        raise Invalid(TOO_MANY_TICKED, limit=MOST_TICKED)
    return ids


def selects_nothing(context: RequestContext) -> bool:
    """Whether the bar of a listing was sent with nothing ticked."""
    params = context.params
    return is_selecting(context) and ("scope", EVERYTHING) not in params and not ticked_ids(params)


def listing_to_return_to(pairs: Pairs) -> str:
    """The address of the listing that the bar was on; empty without one."""
    back = next((value for name, value in pairs if name == "back"), "")
    return safe_next(back) if back else ""


def with_ticked(address: str, pairs: Pairs) -> str:
    """The address of a listing, with what the pairs tick there and its press review, if it has checkboxes."""
    every = ("scope", EVERYTHING)
    ticked = (every,) if every in pairs else tuple(pair for pair in pairs if pair[0] == "item")[:MOST_TICKED]
    has_checkboxes = (_SELECT, "1") in parse_qsl(address.partition("?")[2])
    pairs = (*ticked, *_review_fields(pairs))
    return f"{address}&{urlencode(pairs)}" if pairs and has_checkboxes else address


@dataclass(frozen=True, slots=True)
class BackButton:
    """The button of a form that leads back to its listing and carries what is ticked and typed.

    `action` is the path of the listing, `name` and `value` are one more field, if there is a value.
    """

    label: str
    action: str
    name: str
    value: str


def back_button(context: RequestContext, results: Link) -> BackButton:
    """The button back to the page of the listing that the user came from, else to the results with checkboxes."""
    back = listing_to_return_to(context.params)
    path, _, query = (back or results.href).partition("?")
    page = dict(parse_qsl(query)).get("page", "") if back else ""
    return BackButton(results.label, path, *(("page", page) if page else (_SELECT, "" if back else "1")))


def back_link(context: RequestContext, otherwise: str) -> Link:
    """The link back to the listing, with what is ticked there, else to the results of the search."""
    listing = listing_to_return_to(context.params)
    address = with_ticked(listing, context.params) if listing else otherwise
    return Link(context.translator.gettext("Back to the results"), address)
