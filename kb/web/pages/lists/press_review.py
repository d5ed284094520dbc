"""A press review of a list or of search results: choose the content, preview it, download it as a file."""

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote, urlencode

from starlette.responses import Response

from kb.errors import Invalid
from kb.model.search_request import SearchRequest
from kb.model.slugs import slug_of
from kb.press_review.review import PressReview, split_paragraphs
from kb.press_review.review_formats import PRESS_REVIEW_FORMATS
from kb.services.lists.press_review import (
    AS_LISTED,
    BY_SOURCE,
    BY_TAG,
    LONGEST_QUOTE,
    MOST_ITEMS,
    MOST_QUOTES,
    SHORTEST_QUOTE,
    PressReviewOptions,
    press_review_of_list,
    press_review_of_search,
)
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.listing_scope import Pairs
from kb.web.pages.lists.review_preview import preview_of_review
from kb.web.ui.display_text import Link
from kb.web.ui.group_choices import FormOption
from kb.web.ui.rendering import render

_OWN = frozenset({"title", "dated", "introduction", "quotes", "longest", "descriptions", "order", "format", "made"})
_LONGEST_TITLE, _LONGEST_INTRODUCTION = 200, 5_000
_DEFAULTS = PressReviewOptions()


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """The choices, what they give, and the files of it; `hidden` is what the form carries along.

    `is_preview`: the page shows the first parts of a review that is too large for it.
    """

    title: str
    breadcrumb: tuple[Link, ...]
    action: str
    hidden: Pairs
    named: str
    dated: str
    introduction: str
    quotes: int
    most_quotes: int
    longest: int
    shortest_quote: int
    longest_quote: int
    descriptions: bool
    orders: tuple[FormOption, ...]
    review: PressReview
    is_preview: bool
    lead: tuple[str, ...]
    files: tuple[Link, ...]
    told: str
    back: Link


def list_review_page(context: RequestContext) -> Response:
    """A press review of a list."""
    words, addresses = context.words, context.addresses
    options = _options(context)
    view, review = press_review_of_list(context.library, context.actor, context.path_params["id"], options, words)
    back = Link(view.outline.name, addresses.outline(view.outline.id))
    trail = (
        Link(words.say("First page"), addresses.home()),
        Link(view.group.name, addresses.group(view.group.slug)),
        back,
    )
    action = addresses.outline(view.outline.id, "review").partition("?")[0]
    return _page_response(context, review, options, _ReviewPlace(trail, action, (), back))


def search_review_page(context: RequestContext) -> Response:
    """A press review of search results."""
    words, addresses = context.words, context.addresses
    asked = tuple(pair for pair in context.params if pair[0] not in _OWN)
    request = SearchRequest.from_params(asked)
    options = _options(context)
    if not options.title:
        options = replace(options, title=request.q or words.say("Press review"))
    total, review = press_review_of_search(context.library, context.actor, request, options, words)
    back = Link(words.say("Back to the results"), addresses.search(request))
    told = ""
    if total > MOST_ITEMS:
        told = words.say("The first %(count)s of %(total)s items.", count=MOST_ITEMS, total=total)
    trail = (Link(words.say("First page"), addresses.home()), back)
    return _page_response(context, review, options, _ReviewPlace(trail, "/review", asked, back, told))


@dataclass(frozen=True, slots=True)
class _ReviewPlace:
    """The addresses of a press review: the breadcrumb, its own address with options, and the link back."""

    breadcrumb: tuple[Link, ...]
    action: str
    asked: Pairs
    back: Link
    told: str = ""


def _page_response(
    context: RequestContext, review: PressReview, options: PressReviewOptions, way: _ReviewPlace
) -> Response:
    if form := context.param("format"):
        return _file(review, form, context.words)
    words = context.words
    chosen = tuple(pair for pair in context.params if pair[0] not in {"format", "done", "undo"})
    preview, is_preview = preview_of_review(review)
    carried = (("lang", context.choice.url_language),) if context.choice.url_language else ()
    page = ReviewPage(
        title=words.say("Press review: %(title)s", title=review.title),
        breadcrumb=way.breadcrumb,
        action=way.action,
        hidden=tuple(dict.fromkeys((*way.asked, *carried))),
        named=review.title,
        dated=options.dated,
        introduction=review.introduction,
        quotes=options.quotes,
        most_quotes=MOST_QUOTES,
        longest=options.longest,
        shortest_quote=SHORTEST_QUOTE,
        longest_quote=LONGEST_QUOTE,
        descriptions=options.descriptions,
        orders=_orders(options.order, words),
        review=preview,
        is_preview=is_preview,
        lead=split_paragraphs(review.introduction),
        files=tuple(
            Link(words.say(one.label), f"{way.action}?{urlencode((*chosen, ('format', form)))}")
            for form, one in PRESS_REVIEW_FORMATS.items()
        ),
        told=way.told,
        back=way.back,
    )
    return render(context, "lists/press_review.html", page)


def _file(review: PressReview, form: str, words: Translator) -> Response:
    """The press review as a file. Raises Invalid for an unknown format."""
    if form not in PRESS_REVIEW_FORMATS:
        known = ", ".join(PRESS_REVIEW_FORMATS)
        raise Invalid("A review has no form “%(form)s”: there are %(known)s.", form=form, known=known)
    format_ = PRESS_REVIEW_FORMATS[form]
    plain_name = f"{slug_of(review.title)[:60] or 'revue'}.{form}"
    whole = quote(f"{review.title[:100]}.{form}", safe="")
    headers = {
        # RFC 6266: old programs read the first name, all others the second.
        "Content-Disposition": f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{whole}",
        "Cache-Control": "private, no-store",
    }
    return Response(format_.write(review, words), media_type=format_.content_type, headers=headers)


def _options(context: RequestContext) -> PressReviewOptions:
    """The options in the address, with defaults. Raises Invalid."""
    param, words = context.param, context.words
    # Browsers do not send an unchecked box: `made` shows that the form was sent.
    made = bool(param("made"))
    order = param("order") or AS_LISTED
    if order not in {AS_LISTED, BY_TAG, BY_SOURCE}:
        raise Invalid("What was sent is not a form of this site.")
    return PressReviewOptions(
        title=" ".join(param("title").split())[:_LONGEST_TITLE],
        dated=" ".join(param("dated").split())[:_LONGEST_TITLE] if made else words.day(date.today()),
        introduction=param("introduction")[:_LONGEST_INTRODUCTION],
        quotes=_within(param("quotes"), 0, MOST_QUOTES, _DEFAULTS.quotes),
        longest=_within(param("longest"), SHORTEST_QUOTE, LONGEST_QUOTE, _DEFAULTS.longest),
        descriptions=param("descriptions") == "on" if made else True,
        order=order,
    )


def _within(text: str, least: int, most: int, usual: int) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        return usual
    return max(least, min(int(text), most))


def _orders(chosen: str, words: Translator) -> tuple[FormOption, ...]:
    named = (
        (AS_LISTED, words.say("As they stand")),
        (BY_TAG, words.say("By their first tag")),
        (BY_SOURCE, words.say("By source")),
    )
    return tuple(FormOption(one, label, chosen=one == chosen) for one, label in named)
