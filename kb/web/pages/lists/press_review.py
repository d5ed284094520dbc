"""A press review of a list or of search results: select the content, preview it, download it as a file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar
from urllib.parse import urlencode

from starlette.responses import Response

from kb.errors import Invalid
from kb.model.search_request import SearchRequest, View
from kb.press_review.review import PressReview, ReviewedItem, ReviewSection, split_lines
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS, PressReviewFormat
from kb.services.item_actions.bulk_actions import ItemPart
from kb.services.lists.press_review import (
    AS_LISTED,
    BY_GROUP,
    BY_SOURCE,
    BY_TAG,
    LONGEST_QUOTE,
    MOST_ITEMS,
    MOST_QUOTES,
    SHORTEST_QUOTE,
    PressReviewOptions,
    found_passages,
    press_review_of_items,
    press_review_of_list,
    press_review_of_search,
)
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.listing.result_rows import box_value
from kb.web.pages.listing.selection import (
    EVERYTHING,
    MOST_SELECTED,
    BackButton,
    back_button,
    back_link,
    item_ids_to_use,
    joined_ids,
    listing_to_return_to,
    selected_item_ids,
    selection_in,
    selects_nothing,
)
from kb.web.pages.lists.review_file import review_file
from kb.web.pages.lists.review_preview import preview_of_review
from kb.web.ui.display_text import Link
from kb.web.ui.form_options import FormOption
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.rendering import render

_OWN = frozenset(
    {
        "title", "dated", "introduction", "quotes", "longest", "descriptions", "comments", "order", "format", "made",
        "choose", "among", "passage", "boxes", "again", "whole",
    }
)  # fmt: skip
_LONGEST_TITLE, _LONGEST_INTRODUCTION = 200, 5_000
_DEFAULTS = PressReviewOptions()
_MOST_BOXES, _MOST_BOX_BYTES = 200, 12_000
"""The boxes of passages and comments on a page, and the bytes that all of them take in the address that the form makes:
an address has 400 parameters and 32,000 bytes, of which the ids of items and the introduction need the rest.
"""


@dataclass(frozen=True, slots=True)
class ReviewSource:
    """Where the items of a review come from. `limit` says how much of a list or of results it is.

    `has_choice`: items may have boxes; `boxes` are those that were sent, `search_params` the search that found the
    items. `empty_note` says why there is nothing to review, `addition` leads to where the visitor can add something.
    """

    breadcrumb: tuple[Link, ...]
    limit: str
    empty_note: str
    has_choice: bool = False
    search_params: Pairs = ()
    boxes: Sequence[str] = ()
    addition: Link | None = None


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """The selected options, and the review that they give; `hidden` are further fields of the form.

    `has_boxes`: each item has a checkbox, whose value is in `values`; `has_deselected_all`: it had one, and all are
    deselected. `is_preview`: the page shows the first entries of a review that is too large for it. `has_all_boxes`:
    all passages and comments have boxes, where they are selected one by one. `draft` tells the drafts of the browser
    which review it is; `is_made`: the form was sent. `back` leads to the listing with what is selected and typed;
    without it, the last link of the breadcrumb leads there.
    """

    source: ReviewSource
    action: str
    hidden: Pairs
    options: PressReviewOptions
    orders: tuple[FormOption, ...]
    review: PressReview
    introduction: tuple[str, ...]
    has_boxes: bool
    values: Mapping[str, str]
    is_preview: bool
    has_all_boxes: bool
    has_deselected_all: bool
    is_empty: bool
    draft: str
    is_made: bool
    back: BackButton | None
    most_boxes: ClassVar[int] = _MOST_BOXES
    most_quotes: ClassVar[int] = MOST_QUOTES
    shortest_quote: ClassVar[int] = SHORTEST_QUOTE
    longest_quote: ClassVar[int] = LONGEST_QUOTE
    files: ClassVar[Mapping[str, PressReviewFormat]] = PRESS_REVIEW_FORMATS


def list_review_page(context: RequestContext) -> Response:
    """A press review of a list."""
    options, translator = _options(context), context.translator
    _ = translator.gettext
    list_id = context.path_params["id"]
    view, total, review = press_review_of_list(context.library, context.actor, list_id, options, translator)
    limit = ""
    if total > MOST_ITEMS:
        limit = _("The first %(count)s of %(total)s entries.", count=MOST_ITEMS, total=total)
    back = Link(view.item_list.name, context.addresses.item_list(view.item_list.id))
    edit = Link(_("Add items and passages"), context.addresses.item_list(view.item_list.id, "edit"))
    source = ReviewSource(
        breadcrumb(context, group_link(context, view.group), back),
        limit,
        _("This list is empty: add items or passages to it, then create the press review."),
        addition=edit if view.may_change else None,
    )
    return _page_response(context, review, options, source)


def search_review_page(context: RequestContext) -> Response:
    """A press review of search results, or of what is selected among them: `item` names items, and passages of them.

    Of the results of a search of passages, these passages are in the review, and no others of their items.
    """
    translator = context.translator
    boxes = joined_ids(context.params, "boxes")[:MOST_SELECTED]
    if selects_nothing(context) and not boxes:
        return redirect_with_flash(listing_to_return_to(context.params), "nothing-ticked")
    item_ids = boxes if context.param("again") else item_ids_to_use(context)
    # Which passages are selected is in `options` from here on.
    search_params = (
        *(pair for pair in context.params if pair[0] not in _OWN and pair[0] != "item"),
        *(("item", item_id) for item_id in selected_item_ids(context.params)),
    )
    request = SearchRequest.from_params(search_params)
    options = _options(context)
    if not options.title:
        options = replace(options, title=request.q or translator.gettext("Press review"))
    limit, parts = "", selection_in(context.params)
    if not item_ids and not boxes and request.view is View.PASSAGES:
        total, found = found_passages(context.library, context.actor, request)
        item_ids = tuple(dict.fromkeys(item_id for item_id, _ in found))
        parts = tuple(part for part in found if part[0] not in options.among)
        if total > MOST_ITEMS:
            limit = translator.gettext("The first %(count)s of %(total)s passages.", count=MOST_ITEMS, total=total)
    if context.param("choose") != "none":
        options = _with_passages(options, parts)
    if item_ids or boxes or request.view is View.PASSAGES:
        review = press_review_of_items(context.library, context.actor, item_ids, options, translator)
    else:
        total, review = press_review_of_search(context.library, context.actor, request, options, translator)
        if total > MOST_ITEMS:
            limit = translator.gettext("The first %(count)s of %(total)s items.", count=MOST_ITEMS, total=total)
    source = ReviewSource(
        breadcrumb(context, back_link(context, context.addresses.search(request))),
        limit,
        translator.gettext("This search finds nothing: widen it, then create the press review from its results."),
        has_choice=True,
        search_params=search_params,
        boxes=boxes,
    )
    return _page_response(context, review, options, source)


def _with_passages(options: PressReviewOptions, parts: Iterable[ItemPart]) -> PressReviewOptions:
    """The options with the passages among the parts selected too, beside the other ones of items that are parts."""
    parts = tuple(parts)
    whole = {item_id for item_id, part_id in parts if part_id is None}
    passages = [(item_id, part_id) for item_id, part_id in parts if part_id]
    return replace(
        options,
        among=options.among | {item_id for item_id, _ in passages if item_id not in whole},
        selected=options.selected | {part_id for _, part_id in passages},
    )


def _box_values(params: Pairs, review: PressReview, options: PressReviewOptions) -> dict[str, str]:
    """The values of checkboxes, by item: each stands for what is selected of it, the item, passages, or both."""
    shows_passages = ("view", View.PASSAGES) in params
    selected: dict[str, list[str | None]] = {}
    for item_id, part_id in selection_in(params):
        selected.setdefault(item_id, []).append(part_id)
    values = dict[str, str]()
    for entry in review.entries:
        part_ids = selected.get(entry.id, [None])
        if entry.id in options.among and (shows_passages or None not in part_ids):
            part_ids = [part.id for part in (*entry.quotes, *entry.comments) if part.id]
        passages = box_value(entry.id, *filter(None, part_ids))
        values[entry.id] = f"{entry.id} {passages}" if None in part_ids and passages != entry.id else passages
    return values


def _page_response(
    context: RequestContext, review: PressReview, options: PressReviewOptions, source: ReviewSource
) -> Response:
    """The page, or the file that is asked for."""
    # A file without an entry would only have a title: the page says why.
    has_content = review.introduction or any(section.entries or section.text for section in review.sections)
    if (form := context.param("format")) and has_content:
        return review_file(context, review, form)
    return render(context, "lists/press_review.html", _review_page(context, review, options, source))


def _review_page(
    context: RequestContext, review: PressReview, options: PressReviewOptions, source: ReviewSource
) -> ReviewPage:
    offered, has_all_boxes = _review_with_boxes(review) if options.offers_all else (review, True)
    preview, is_preview = preview_of_review(offered)
    items = sum(len(section.entries) for section in review.sections)
    has_boxes = source.has_choice and not is_preview and not options.offers_all and 1 < items <= MOST_SELECTED
    has_deselected_all = source.has_choice and not items and bool(source.boxes)
    values = {} if options.offers_all else _box_values(context.params, review, options)
    boxes = (entry.id for entry in review.entries) if has_boxes else source.boxes if has_deselected_all else ()
    is_empty = not review.sections and not has_deselected_all
    return ReviewPage(
        source,
        action=context.path,
        hidden=tuple(
            dict.fromkeys(
                (
                    *_search_fields(source.search_params, boxes, values),
                    *_fields_of_address(context, has_boxes=has_boxes),
                    *_choice_fields(options, preview),
                )
            )
        ),
        options=options,
        orders=_order_options(options, context.translator),
        review=preview,
        introduction=split_lines(review.introduction),
        has_boxes=has_boxes,
        values=values,
        is_preview=is_preview,
        has_all_boxes=has_all_boxes,
        has_deselected_all=has_deselected_all,
        is_empty=is_empty,
        draft=urlencode(source.search_params),
        is_made=bool(context.param("made")),
        back=_back_button(context, source, has_boxes=has_boxes, is_empty=is_empty),
    )


def _search_fields(search_params: Pairs, boxes: Iterable[str], values: Mapping[str, str]) -> Pairs:
    """The search, with the ids of the items that have boxes in place of those that it names, if any have."""
    fields = search_params
    if ids := ".".join(dict.fromkeys(boxes)):
        fields = (*(pair for pair in fields if pair[0] not in {"item", "scope"}), ("boxes", ids))
    return tuple((name, values.get(value, value) if name == "item" else value) for name, value in fields)


def _fields_of_address(context: RequestContext, *, has_boxes: bool) -> Pairs:
    """Whether the boxes are those of a whole listing, and the language that the address names."""
    is_whole = has_boxes and (context.param("whole") or ("scope", EVERYTHING) in context.params)
    language = context.choice.url_language
    return (*((("whole", "1"),) if is_whole else ()), *((("lang", language),) if language else ()))


def _order_options(options: PressReviewOptions, translator: Translator) -> tuple[FormOption, ...]:
    _ = translator.gettext
    orders = (
        (AS_LISTED, _("In their order")),
        (BY_TAG, _("A section for each first tag")),
        (BY_GROUP, _("A section for each group")),
        (BY_SOURCE, _("A section for each source")),
    )
    return tuple(FormOption(order, label, selected=order == options.order) for order, label in orders)


def _back_button(
    context: RequestContext, source: ReviewSource, *, has_boxes: bool, is_empty: bool
) -> BackButton | None:
    """The button that leads back to the listing with what is selected; None where a link does, or where the page has no
    form.
    """
    has_listing = listing_to_return_to(context.params) or selected_item_ids(source.search_params)
    has_form = not is_empty or context.param("made")
    if source.has_choice and (has_boxes or has_listing) and has_form:
        return back_button(context, source.breadcrumb[-1])
    return None


def _options(context: RequestContext) -> PressReviewOptions:
    """The options in the address, with defaults. Raises Invalid."""
    param, translator = context.param, context.translator
    # Browsers do not send an unchecked box: `made` shows that the form was sent.
    made = bool(param("made"))
    order = param("order") or AS_LISTED
    gives_up = param("choose") == "none"
    if order not in {AS_LISTED, BY_TAG, BY_GROUP, BY_SOURCE}:
        raise Invalid("The request is not a form of this site.")
    return PressReviewOptions(
        title=" ".join(param("title").split())[:_LONGEST_TITLE],
        dated=" ".join(param("dated").split())[:_LONGEST_TITLE] if made else translator.day(date.today()),
        introduction=param("introduction")[:_LONGEST_INTRODUCTION],
        quotes=_within(param("quotes"), 0, MOST_QUOTES, _DEFAULTS.quotes),
        longest=_within(param("longest"), SHORTEST_QUOTE, LONGEST_QUOTE, _DEFAULTS.longest),
        descriptions=param("descriptions") == "on" if made else True,
        comments=param("comments") == "on",
        order=order,
        among=frozenset() if gives_up else frozenset(joined_ids(context.params, "among")),
        selected=frozenset() if gives_up else frozenset(joined_ids(context.params, "passage")),
        offers_all=param("choose") == "1" and not param("format"),
    )


def _choice_fields(options: PressReviewOptions, review: PressReview) -> Pairs:
    """The fields that keep the choice of single passages: of the items with boxes on the page, their boxes say it."""
    with_boxes = frozenset(
        entry.id
        for section in review.sections
        for entry in section.entries
        if options.offers_all and any(reviewed_quote.id for reviewed_quote in (*entry.quotes, *entry.comments))
    )
    among, selected = (with_boxes, ()) if options.offers_all else (options.among, options.selected)
    fields = (("among", ".".join(sorted(among))), ("passage", ".".join(sorted(selected))))
    return tuple((name, ids) for name, ids in fields if ids)


def _review_with_boxes(review: PressReview) -> tuple[PressReview, bool]:
    """The review with the boxes that one address has room for, and whether these are all: a passage or comment without
    id has none, and is in the review because it is selected.
    """
    boxes, remaining, has_all = _MOST_BOXES, _MOST_BOX_BYTES, True
    sections = list[ReviewSection]()
    for section in review.sections:
        entries = list[ReviewedItem]()
        for entry in section.entries:
            parts = (*entry.quotes, *entry.comments)
            size = len(entry.id) + sum(len(f"&passage={part.id}") for part in parts)
            if has_all := has_all and len(parts) <= boxes and size <= remaining:
                boxes, remaining = boxes - len(parts), remaining - size
                entries.append(entry)
            else:
                entries.append(_without_boxes(entry))
        sections.append(replace(section, entries=tuple(entries)))
    return replace(review, sections=tuple(sections)), has_all


def _without_boxes(entry: ReviewedItem) -> ReviewedItem:
    quotes, comments = (
        tuple(replace(part, id="") for part in parts if part.is_selected) for parts in (entry.quotes, entry.comments)
    )
    return replace(entry, quotes=quotes, comments=comments)


def _within(text: str, least: int, most: int, usual: int) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        return usual
    return max(least, min(int(text), most))
