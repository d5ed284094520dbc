"""A press review: of a list, which keeps what is chosen for it, or of search results, as an address says."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from itertools import accumulate, islice
from typing import ClassVar, TypeAlias
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from kb.errors import Invalid, NotFound, translatable
from kb.model.items.item_list import (
    AS_LISTED,
    BY_GROUP,
    BY_SOURCE,
    BY_TAG,
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    LONGEST_QUOTE,
    MOST_QUOTES,
    NO_LINKS,
    SHORTEST_QUOTE,
    TO_ITEMS,
    TO_PAGES,
    ItemList,
    ItemPart,
    ReviewSettings,
)
from kb.model.search_request import SearchRequest, View
from kb.press_review.review import PressReview, ReviewedItem
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS, PressReviewFormat
from kb.services.lists.list_reviews import ReviewChange, change_review, draft_list
from kb.services.lists.lists import ListChanged, ListEditResult
from kb.services.lists.press_review import (
    MOST_ITEMS,
    PressReviewOptions,
    found_item_parts,
    press_review_of_item_parts,
    press_review_of_list,
)
from kb.translation import Translator
from kb.web.http.context import LinkLocation, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.listing.selection import (
    DRAFT,
    MOST_SELECTED,
    back_link,
    item_ids_to_use,
    listing_to_return_to,
    selection_in,
    selects_nothing,
    value_of_part,
    with_selection,
)
from kb.web.pages.lists.review_file import review_file
from kb.web.pages.lists.review_preview import preview_of_review
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.rendering import render
from kb.whole_numbers import parse_whole_number

LARGEST_REVIEW_FORM = 256 * 1024
_SETTINGS = {"title", "introduction", "format", "made", *(field.name for field in fields(ReviewSettings))}
_DEFAULTS = ReviewSettings()
_Asked: TypeAlias = tuple[SearchRequest, PressReviewOptions, int, tuple[ItemPart, ...]]
_ORDERS = {
    AS_LISTED: translatable("as in the list"),
    BY_TAG: translatable("by first tag"),
    BY_GROUP: translatable("by group"),
    BY_SOURCE: translatable("by source"),
}
_LINKS = {
    TO_PAGES: translatable("the page itself"),
    TO_ITEMS: translatable("the item on this site"),
    NO_LINKS: translatable("nothing"),
}
_MOST_BOXES = 200
"""Boxes of passages and comments on a page: a form has 400 fields."""


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A press review beside the form of its settings, and `hidden` further fields of this form. `shown` are the first
    entries of a `review` that is too large for a page.

    `item_list` is the list that it is of, if it is of one; without `has_form`, the visitor may only read it. `limit`
    says how much of a list or of results it is, `empty_note` why there is nothing to review, and `addition` leads to
    where the visitor can add something. `has_boxes`: each item has a checkbox. `offers_all`: passages and comments have
    boxes too; `has_all_boxes`: all have; `has_choice`: some were chosen. `draft` tells the drafts of the browser which
    review it is; `is_made`: the form was sent. `feature_links` lead to pages of features about the review.
    """

    review: PressReview
    shown: PressReview
    hidden: Pairs
    settings: ReviewSettings
    orders: tuple[FormOption, ...]
    links: tuple[FormOption, ...]
    breadcrumb: tuple[Link, ...]
    limit: str
    empty_note: str
    item_list: ItemList | None = None
    has_form: bool = True
    addition: Link | None = None
    has_boxes: bool = False
    offers_all: bool = False
    has_all_boxes: bool = True
    has_choice: bool = False
    draft: str = ""
    is_made: bool = False
    feature_links: tuple[Link, ...] = ()
    most_boxes: ClassVar[int] = _MOST_BOXES
    most_quotes: ClassVar[int] = MOST_QUOTES
    shortest_quote: ClassVar[int] = SHORTEST_QUOTE
    longest_quote: ClassVar[int] = LONGEST_QUOTE
    files: ClassVar[Mapping[str, PressReviewFormat]] = PRESS_REVIEW_FORMATS

    @property
    def contents(self) -> tuple[tuple[str, int], ...]:
        """The headings that are shown, with their numbers of items in the review; none if there are fewer than two."""
        sections = zip(self.shown.sections, self.review.sections, strict=False)
        headings = tuple((shown.heading, len(section.entries)) for shown, section in sections if shown.heading)
        return headings if len(headings) > 1 else ()


def list_review_page(context: RequestContext) -> Response:
    """The press review of a list; it chooses passages one by one with `choose=1`."""
    list_id, translator, offers_all = context.path_params["id"], context.translator, context.param("choose") == "1"
    _ = translator.gettext
    options = PressReviewOptions(offers_all=offers_all)
    view, total, review = press_review_of_list(context.library, context.actor, list_id, options, translator)
    item_list = view.item_list
    if form := context.param("format"):
        # The address of the file before a list kept its review.
        if form in PRESS_REVIEW_FORMATS:
            return RedirectResponse(context.addresses.item_list(list_id, f"review.{form}"), 308)
        return review_file(context, review, form)
    if not view.may_change and offers_all:
        raise Invalid("The request is not a form of this site.")
    review, has_all_boxes = _review_with_boxes(review) if offers_all else (review, True)
    shown = preview_of_review(review)
    has_boxes = view.may_change and shown == review and not offers_all and 1 < review.count <= MOST_SELECTED
    back = listing_to_return_to(context.params or context.fields)
    ids = dict.fromkeys(entry.id for entry in review.entries)
    among = dict.fromkeys(entry.id for entry in shown.entries if any(part.id for part in entry.parts))
    hidden = (
        ("version", str(item_list.version)),
        *((("back", back),) if back else ()),
        *((("shown", ".".join(ids)),) if has_boxes else ()),
        *((("among", ".".join(among)),) if offers_all else ()),
    )
    limit = _("The first %(count)s of %(total)s entries.", count=MOST_ITEMS, total=total)
    edit = Link(_("Add items and passages"), context.addresses.item_list(list_id, "edit"))
    home = Link(item_list.name, context.addresses.item_list(list_id))
    page = ReviewPage(
        review=review,
        shown=shown,
        hidden=hidden,
        settings=item_list.review,
        orders=_options_of(_ORDERS, item_list.review.order, translator),
        links=_options_of(_LINKS, item_list.review.links, translator),
        breadcrumb=breadcrumb(context, group_link(context, view.group), home),
        limit=limit if total > MOST_ITEMS else "",
        empty_note=_("This list is empty: add items or passages to it, then create the press review."),
        item_list=item_list,
        has_form=view.may_change,
        addition=edit if view.may_change else None,
        has_boxes=has_boxes,
        offers_all=offers_all,
        has_all_boxes=has_all_boxes,
        has_choice=any(entry.entry.chosen is not None for entry in view.entries),
        is_made=bool(context.param("made")),
        feature_links=tuple(
            Link(_(link.label), context.addresses.item_list(list_id, link.path))
            for link in context.feature_links(LinkLocation.REVIEW_OF_LIST)
        ),
    )
    return render(context, "lists/press_review.html", page)


def list_review_file(context: RequestContext) -> Response:
    """The press review of a list as a file."""
    list_id, form, translator = context.path_params["id"], context.path_params["form"], context.translator
    if form not in PRESS_REVIEW_FORMATS:
        raise NotFound("There is nothing at this address.")
    *_, review = press_review_of_list(context.library, context.actor, list_id, PressReviewOptions(), translator)
    if not review.has_content:
        return redirect_with_flash(context.addresses.item_list(list_id, "review"))
    return review_file(context, review, form)


@handle_form(list_review_page, {ListChanged: 409})
def handle_list_review_post(context: RequestContext) -> Response:
    """Change the review, then show it, choose passages, write a file, or return to the results with what it holds."""
    list_id, act, pairs = context.path_params["id"], context.form_value("act"), context.fields
    edit = change_review_of_form(context)
    if act in PRESS_REVIEW_FORMATS:
        return redirect_with_flash(context.addresses.item_list(list_id, f"review.{act}"))
    back = listing_to_return_to(pairs)
    if act == "back" and back:
        return redirect_with_flash(with_selection(back, _selection_of_list(edit.item_list)))
    more = (*((("choose", "1"),) if act == "choose" else ()), *((("back", back),) if back else ()))
    address = context.addresses.item_list(list_id, "review", more)
    done = "list-kept" if act == "keep" else "list-changed"
    return redirect_with_flash(address, done if edit.undo and act != "choose" else "", edit.undo or "")


def change_review_of_form(context: RequestContext) -> ListEditResult:
    """Change the review as its form says. Raises NotFound, LoginNeeded, Forbidden, Invalid, ListChanged."""
    act, pairs = context.form_value("act"), context.fields
    selected: dict[str, list[str]] = {item_id: [] for item_id in _joined_ids(pairs, "among")}
    for item_id, part_id in selection_in(pairs, "passage"):
        if item_id in selected and part_id:
            selected[item_id].append(part_id)
    change = ReviewChange(
        _options(pairs),
        parse_whole_number(context.form_value("version"), 0),
        left_out=frozenset(_joined_ids(pairs, "shown")).difference(_joined_ids(pairs, "item")),
        selected=selected,
        gives_up=act == "plain",
        keeps=act == "keep",
    )
    return change_review(context.library, context.actor, context.path_params["id"], change)


def search_review_page(context: RequestContext) -> Response:
    """The press review of search results, or of what is selected among them, as its address says: users make a list of
    it to choose more.
    """
    _ = context.translator.gettext
    if selects_nothing(context.params):
        return redirect_with_flash(listing_to_return_to(context.params), "nothing-ticked")
    request, options, total, parts = _asked(context, context.params)
    review = press_review_of_item_parts(context.library, context.actor, parts, options, context.translator)
    if (form := context.param("format")) and review.has_content:
        return review_file(context, review, form)
    search_params = _search_params(context.params)
    language = (("lang", context.choice.url_language),) if context.choice.url_language else ()
    limit = _("The first %(count)s of %(total)s items.", count=MOST_ITEMS, total=total)
    if request.view is View.PASSAGES:
        limit = _("The first %(count)s of %(total)s passages.", count=MOST_ITEMS, total=total)
    orders = {**_ORDERS, AS_LISTED: translatable("no headings")}
    page = ReviewPage(
        review=review,
        shown=preview_of_review(review),
        hidden=tuple(dict.fromkeys((*search_params, *language, ("made", "1")))),
        settings=options.settings,
        orders=_options_of(orders, options.settings.order, context.translator),
        links=_options_of(_LINKS, options.settings.links, context.translator),
        breadcrumb=breadcrumb(context, back_link(context, context.addresses.search(request))),
        limit=limit if total > MOST_ITEMS else "",
        empty_note=_("This search finds nothing: widen it, then create the press review from its results."),
        draft=urlencode(search_params),
        is_made=bool(context.param("made")),
    )
    return render(context, "lists/press_review.html", page)


@handle_form(search_review_page)
def handle_search_review_post(context: RequestContext) -> Response:
    """Make a draft list of what is selected or found, or fill the draft that the user comes from, and lead to its press
    review.
    """
    pairs = (*context.params, *context.fields)
    back = listing_to_return_to(pairs)
    if selects_nothing(pairs):
        return redirect_with_flash(back or context.addresses.home(), "nothing-ticked")
    _, options, _, parts = _asked(context, pairs)
    drafted = draft_list(context.library, context.actor, options, parts, dict(pairs).get(DRAFT, ""))
    more = (("back", back),) if back else ()
    return redirect_with_flash(context.addresses.item_list(drafted.id, "review", more))


def _asked(context: RequestContext, pairs: Pairs) -> _Asked:
    """The search, the options, and what is selected, or else the number of results and the first of them."""
    request, options = SearchRequest.from_params(_search_params(pairs)), _options(pairs)
    title = options.title or " ".join(request.q.split())[:LONGEST_NAME] or context.translator.gettext("Press review")
    options = replace(options, title=title)
    if item_ids_to_use(pairs):
        return request, options, 0, selection_in(pairs)
    return request, options, *found_item_parts(context.library, context.actor, request)


def _search_params(pairs: Pairs) -> Pairs:
    """The parameters of the search and of what is selected."""
    return tuple(pair for pair in pairs if pair[0] not in {*_SETTINGS, "form_token", "once", DRAFT})


def _selection_of_list(item_list: ItemList) -> Pairs:
    """What a listing ticks for a draft list, and the list."""
    parts = ((entry.item_id, entry.annotation_id) for entry in item_list.entries if entry.item_id)
    boxes = tuple(("item", value_of_part(part)) for part in parts)
    return (*boxes, *(((DRAFT, item_list.id),) if item_list.draft else ()))


def _options(pairs: Pairs) -> PressReviewOptions:
    """The options in an address or in a form, with defaults. Raises Invalid."""
    values = dict(reversed(pairs))
    # Browsers do not send an unchecked box: `made` shows that the form was sent.
    made = bool(values.get("made"))
    order, links = values.get("order") or AS_LISTED, values.get("links") or TO_PAGES
    if order not in _ORDERS or links not in _LINKS:
        raise Invalid("The request is not a form of this site.")
    longest = parse_whole_number(values.get("longest", ""), _DEFAULTS.longest)
    settings = ReviewSettings(
        dated=" ".join(values.get("dated", "").split())[:LONGEST_NAME] if made else None,
        quotes=min(parse_whole_number(values.get("quotes", ""), _DEFAULTS.quotes), MOST_QUOTES),
        longest=max(SHORTEST_QUOTE, min(longest, LONGEST_QUOTE)),
        descriptions=values.get("descriptions") == "on" if made else True,
        comments=values.get("comments") == "on",
        order=order,
        links=links,
    )
    title = " ".join(values.get("title", "").split())[:LONGEST_NAME]
    return PressReviewOptions(title, values.get("introduction", "")[:LONGEST_DESCRIPTION], settings)


def _options_of(labels: Mapping[str, str], selected: str, translator: Translator) -> tuple[FormOption, ...]:
    return tuple(
        FormOption(value, translator.gettext(label), selected=value == selected) for value, label in labels.items()
    )


def _review_with_boxes(review: PressReview) -> tuple[PressReview, bool]:
    """The review with the boxes that one form has room for, and whether these are all: a passage or comment without id
    has none, and is in the review because it is selected.
    """
    counts = tuple(accumulate(len(entry.parts) for entry in review.entries))
    pairs = zip(review.entries, counts, strict=True)
    entries = (entry if count <= _MOST_BOXES else _without_boxes(entry) for entry, count in pairs)
    sections = (replace(part, entries=tuple(islice(entries, len(part.entries)))) for part in review.sections)
    return replace(review, sections=tuple(sections)), max(counts, default=0) <= _MOST_BOXES


def _without_boxes(entry: ReviewedItem) -> ReviewedItem:
    quotes, comments = (
        tuple(replace(part, id="") for part in parts if part.is_selected) for parts in (entry.quotes, entry.comments)
    )
    return replace(entry, quotes=quotes, comments=comments)


def _joined_ids(pairs: Pairs, name: str) -> tuple[str, ...]:
    """The ids in the fields of a name: each value is an id, or several with points between them."""
    return tuple(dict.fromkeys(id_ for key, value in pairs if key == name for id_ in value.split(".") if id_))
