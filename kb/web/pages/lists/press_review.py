"""A press review: of a list, which keeps what is chosen for it, or of search results, as an address says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from kb.errors import Invalid, NotFound
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
    ListEntryKind,
    ReviewSettings,
)
from kb.model.search_request import SearchRequest, View
from kb.press_review.review import PressReview, ReviewedItem, ReviewSection, split_lines
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS, PressReviewFormat
from kb.services.lists.list_reviews import ReviewChange, change_review, draft_list
from kb.services.lists.lists import ListChanged
from kb.services.lists.press_review import (
    MOST_ITEMS,
    PressReviewOptions,
    found_parts,
    press_review_of_list,
    press_review_of_parts,
)
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.http.urls.listing_scope import Pairs
from kb.web.pages.listing.selection import (
    DRAFT,
    EVERYTHING,
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
from kb.web.ui.action_progress import whole_number
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.rendering import render

LARGEST_REVIEW_FORM = 256 * 1024
_SETTINGS = frozenset(
    {
        "title",
        "dated",
        "introduction",
        "quotes",
        "longest",
        "descriptions",
        "comments",
        "order",
        "links",
        "format",
        "made",
    }
)
_DEFAULTS = ReviewSettings()
_LARGEST_VERSION = 999_999_999
_MOST_BOXES = 200
"""Boxes of passages and comments on a page: a form has 400 fields."""


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """A press review beside the form of its settings, and `hidden` further fields of this form.

    `item_list` is the list that it is of, if it is of one; without `has_form`, the visitor may only read it. `limit`
    says how much of a list or of results it is, `empty_note` why there is nothing to review, and `addition` leads to
    where the visitor can add something. `contents` are the headings with their numbers of items, for more than one
    heading; `count` is that of all items. `has_boxes`: each item has a checkbox. `is_preview`: the page shows the first
    entries of a review that is too large for it. `offers_all`: passages and comments have boxes too;
    `has_all_boxes`: all have. `draft` tells the drafts of the browser which review it is; `is_made`: the form was sent.
    """

    hidden: Pairs
    settings: ReviewSettings
    orders: tuple[FormOption, ...]
    links: tuple[FormOption, ...]
    review: PressReview
    contents: tuple[tuple[str, int], ...]
    count: int
    introduction: tuple[str, ...]
    is_empty: bool
    is_made: bool
    breadcrumb: tuple[Link, ...] = ()
    item_list: ItemList | None = None
    has_form: bool = True
    limit: str = ""
    empty_note: str = ""
    addition: Link | None = None
    has_boxes: bool = False
    is_preview: bool = False
    offers_all: bool = False
    has_all_boxes: bool = True
    has_choice: bool = False
    draft: str = ""
    most_boxes: ClassVar[int] = _MOST_BOXES
    most_quotes: ClassVar[int] = MOST_QUOTES
    shortest_quote: ClassVar[int] = SHORTEST_QUOTE
    longest_quote: ClassVar[int] = LONGEST_QUOTE
    files: ClassVar[Mapping[str, PressReviewFormat]] = PRESS_REVIEW_FORMATS


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
    preview, is_preview = preview_of_review(review)
    has_boxes = view.may_change and not is_preview and not offers_all and 1 < _count(review) <= MOST_SELECTED
    back = listing_to_return_to(context.params or context.fields)
    edit = Link(_("Add items and passages"), context.addresses.item_list(list_id, "edit"))
    hidden = (
        ("version", str(item_list.version)),
        *((("back", back),) if back else ()),
        *((("shown", ".".join(dict.fromkeys(entry.id for entry in review.entries))),) if has_boxes else ()),
        *((("among", ".".join(_ids_with_boxes(preview))),) if offers_all else ()),
    )
    limit = _("The first %(count)s of %(total)s entries.", count=MOST_ITEMS, total=total) if total > MOST_ITEMS else ""
    home = Link(item_list.name, context.addresses.item_list(list_id))
    page = _page(context, item_list.review, review, preview, hidden)
    page = replace(
        page,
        breadcrumb=breadcrumb(context, group_link(context, view.group), home),
        item_list=item_list,
        has_form=view.may_change,
        limit=limit,
        empty_note=_("This list is empty: add items or passages to it, then create the press review."),
        addition=edit if view.may_change else None,
        has_boxes=has_boxes,
        is_preview=is_preview,
        offers_all=offers_all,
        has_all_boxes=has_all_boxes,
        has_choice=any(entry.entry.chosen is not None for entry in view.entries),
    )
    return render(context, "lists/press_review.html", page)


def list_review_file(context: RequestContext) -> Response:
    """The press review of a list as a file."""
    list_id, form, translator = context.path_params["id"], context.path_params["form"], context.translator
    if form not in PRESS_REVIEW_FORMATS:
        raise NotFound("There is nothing at this address.")
    *_, review = press_review_of_list(context.library, context.actor, list_id, PressReviewOptions(), translator)
    if not _has_content(review):
        return redirect_with_flash(context.addresses.item_list(list_id, "review"))
    return review_file(context, review, form)


@handle_form(list_review_page, {ListChanged: 409})
def handle_list_review_post(context: RequestContext) -> Response:
    """Change the review, then show it, choose passages, write a file, or return to the results with what it holds."""
    list_id, act, field = context.path_params["id"], context.form_value("act"), context.form_value
    ticked = frozenset(_joined_ids(context.fields, "item"))
    chosen: dict[str, list[str]] = {item_id: [] for item_id in _joined_ids(context.fields, "among")}
    for value in _values(context, "passage"):
        item_id, _, part_id = value.partition(".")
        if item_id in chosen and part_id:
            chosen[item_id].append(part_id)
    options = _options(context.fields)
    change = ReviewChange(
        options.title,
        options.introduction,
        options.settings,
        whole_number(field("version"), _LARGEST_VERSION),
        left_out=frozenset(_joined_ids(context.fields, "shown")) - ticked,
        chosen={item_id: tuple(part_ids) for item_id, part_ids in chosen.items()},
        gives_up=act == "plain",
        keeps=act == "keep",
    )
    edit = change_review(context.library, context.actor, list_id, change)
    if act in PRESS_REVIEW_FORMATS:
        return redirect_with_flash(context.addresses.item_list(list_id, f"review.{act}"))
    back = safe_next(field("back")) if field("back") else ""
    if act == "back" and back:
        return redirect_with_flash(with_selection(back, _selection_of_list(edit.item_list)))
    pairs = (*((("choose", "1"),) if act == "choose" else ()), *((("back", back),) if back else ()))
    address = context.addresses.item_list(list_id, "review", pairs)
    done = "list-kept" if act == "keep" else "list-changed"
    return redirect_with_flash(address, done if edit.undo and act != "choose" else "", edit.undo or "")


def search_review_page(context: RequestContext) -> Response:
    """The press review of search results, or of what is selected among them, as its address says: users make a list of
    it to choose more.
    """
    translator = context.translator
    if selects_nothing(context):
        return redirect_with_flash(listing_to_return_to(context.params), "nothing-ticked")
    search_params = _search_params(context.params)
    total, parts = _parts(context, search_params)
    options = _titled(_options(context.params), search_params, translator)
    review = press_review_of_parts(context.library, context.actor, parts, options, translator)
    if (form := context.param("format")) and _has_content(review):
        return review_file(context, review, form)
    preview, is_preview = preview_of_review(review)
    language = (("lang", context.choice.url_language),) if context.choice.url_language else ()
    limit, _ = "", translator.gettext
    if total > MOST_ITEMS:
        is_of_passages = SearchRequest.from_params(search_params).view is View.PASSAGES
        limit = (
            _("The first %(count)s of %(total)s passages.", count=MOST_ITEMS, total=total)
            if is_of_passages
            else _("The first %(count)s of %(total)s items.", count=MOST_ITEMS, total=total)
        )
    results = context.addresses.search(SearchRequest.from_params(search_params))
    page = replace(
        _page(context, options.settings, review, preview, (*search_params, *language, ("made", "1"))),
        breadcrumb=breadcrumb(context, back_link(context, results)),
        limit=limit,
        is_preview=is_preview,
        empty_note=translator.gettext(
            "This search finds nothing: widen it, then create the press review from its results."
        ),
        draft=urlencode(search_params),
    )
    return render(context, "lists/press_review.html", page)


@handle_form(search_review_page)
def handle_search_review_post(context: RequestContext) -> Response:
    """Make a draft list of what is selected or found, or fill the draft that the user comes from, and lead to its press
    review.
    """
    pairs = (*context.params, *context.fields)
    back = listing_to_return_to(pairs)
    selected = selection_in(pairs)
    if not selected and ("scope", EVERYTHING) not in pairs and ("select", "1") in pairs:
        return redirect_with_flash(back or context.addresses.home(), "nothing-ticked")
    search_params = _search_params(pairs)
    _, parts = _parts(replace(context, params=pairs), search_params)
    options = _titled(_options(pairs), search_params, context.translator)
    drafted = draft_list(context.library, context.actor, options, parts, dict(pairs).get(DRAFT, ""))
    more = (("back", back),) if back else ()
    return redirect_with_flash(context.addresses.item_list(drafted.id, "review", more))


def _page(
    context: RequestContext, settings: ReviewSettings, review: PressReview, preview: PressReview, hidden: Pairs
) -> ReviewPage:
    """What pages of lists and of search results have in common."""
    return ReviewPage(
        hidden=tuple(dict.fromkeys(hidden)),
        settings=settings,
        orders=_orders(settings, context),
        links=_links(settings, context.translator),
        review=preview,
        contents=_contents(review, preview),
        count=_count(review),
        introduction=split_lines(review.introduction),
        is_empty=not review.sections,
        is_made=bool(context.param("made")),
    )


def _search_params(pairs: Pairs) -> Pairs:
    """The parameters of the search and of what is selected."""
    return tuple(pair for pair in pairs if pair[0] not in {*_SETTINGS, "form_token", "once", DRAFT})


def _parts(context: RequestContext, search_params: Pairs) -> tuple[int, tuple[ItemPart, ...]]:
    """What is selected, or else the number of results and the first of them."""
    if item_ids_to_use(context):
        return 0, selection_in(search_params)
    return found_parts(context.library, context.actor, SearchRequest.from_params(search_params))


def _titled(options: PressReviewOptions, search_params: Pairs, translator: Translator) -> PressReviewOptions:
    query = " ".join(SearchRequest.from_params(search_params).q.split())[:LONGEST_NAME]
    return replace(options, title=options.title or query or translator.gettext("Press review"))


def _selection_of_list(item_list: ItemList) -> Pairs:
    """What a listing ticks for a draft list, and the list."""
    kinds = {ListEntryKind.ITEM, ListEntryKind.PASSAGE}
    parts = ((entry.item_id, entry.annotation_id) for entry in item_list.entries if entry.kind in kinds)
    boxes = tuple(("item", value_of_part((item_id, part_id))) for item_id, part_id in parts if item_id)
    return (*boxes, *(((DRAFT, item_list.id),) if item_list.draft else ()))


def _options(pairs: Pairs) -> PressReviewOptions:
    """The options in an address or in a form, with defaults. Raises Invalid."""
    values = dict(reversed(pairs))
    # Browsers do not send an unchecked box: `made` shows that the form was sent.
    made = bool(values.get("made"))
    order, links = values.get("order") or AS_LISTED, values.get("links") or TO_PAGES
    if order not in {AS_LISTED, BY_TAG, BY_GROUP, BY_SOURCE} or links not in {TO_PAGES, TO_ITEMS, NO_LINKS}:
        raise Invalid("The request is not a form of this site.")
    settings = ReviewSettings(
        dated=" ".join(values.get("dated", "").split())[:LONGEST_NAME] if made else None,
        quotes=_within(values.get("quotes", ""), 0, MOST_QUOTES, _DEFAULTS.quotes),
        longest=_within(values.get("longest", ""), SHORTEST_QUOTE, LONGEST_QUOTE, _DEFAULTS.longest),
        descriptions=values.get("descriptions") == "on" if made else True,
        comments=values.get("comments") == "on",
        order=order,
        links=links,
    )
    title = " ".join(values.get("title", "").split())[:LONGEST_NAME]
    return PressReviewOptions(title, values.get("introduction", "")[:LONGEST_DESCRIPTION], settings)


def _orders(settings: ReviewSettings, context: RequestContext) -> tuple[FormOption, ...]:
    _ = context.translator.gettext
    orders = (
        (AS_LISTED, _("as in the list") if "id" in context.path_params else _("no headings")),
        (BY_TAG, _("by first tag")),
        (BY_GROUP, _("by group")),
        (BY_SOURCE, _("by source")),
    )
    return tuple(FormOption(order, label, selected=order == settings.order) for order, label in orders)


def _links(settings: ReviewSettings, translator: Translator) -> tuple[FormOption, ...]:
    _ = translator.gettext
    links = ((TO_PAGES, _("the page itself")), (TO_ITEMS, _("the item on this site")), (NO_LINKS, _("nothing")))
    return tuple(FormOption(link, label, selected=link == settings.links) for link, label in links)


def _has_content(review: PressReview) -> bool:
    """Whether a file would have more than a title: otherwise the page says why."""
    return bool(review.introduction or any(section.entries or section.text for section in review.sections))


def _count(review: PressReview) -> int:
    return sum(len(section.entries) for section in review.sections)


def _contents(review: PressReview, preview: PressReview) -> tuple[tuple[str, int], ...]:
    """The headings of the preview, with their numbers of items in the review; none if there are fewer than two."""
    sections = zip(preview.sections, review.sections, strict=False)
    headings = tuple((shown.heading, len(section.entries)) for shown, section in sections if shown.heading)
    return headings if len(headings) > 1 else ()


def _ids_with_boxes(review: PressReview) -> tuple[str, ...]:
    with_boxes = (entry.id for entry in review.entries if any(part.id for part in (*entry.quotes, *entry.comments)))
    return tuple(dict.fromkeys(with_boxes))


def _review_with_boxes(review: PressReview) -> tuple[PressReview, bool]:
    """The review with the boxes that one form has room for, and whether these are all: a passage or comment without id
    has none, and is in the review because it is selected.
    """
    boxes, has_all = _MOST_BOXES, True
    sections = list[ReviewSection]()
    for section in review.sections:
        entries = list[ReviewedItem]()
        for entry in section.entries:
            boxes -= len((*entry.quotes, *entry.comments))
            has_all = has_all and boxes >= 0
            entries.append(entry if has_all else _without_boxes(entry))
        sections.append(replace(section, entries=tuple(entries)))
    return replace(review, sections=tuple(sections)), has_all


def _without_boxes(entry: ReviewedItem) -> ReviewedItem:
    quotes, comments = (
        tuple(replace(part, id="") for part in parts if part.is_selected) for parts in (entry.quotes, entry.comments)
    )
    return replace(entry, quotes=quotes, comments=comments)


def _joined_ids(pairs: Pairs, name: str) -> tuple[str, ...]:
    """The ids in the fields of a name: each value is an id, or several with points between them."""
    return tuple(dict.fromkeys(id_ for key, value in pairs if key == name for id_ in value.split(".") if id_))


def _values(context: RequestContext, name: str) -> list[str]:
    return [value for key, value in context.fields if key == name]


def _within(text: str, least: int, most: int, usual: int) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        return usual
    return max(least, min(int(text), most))
