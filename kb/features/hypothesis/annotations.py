"""`/hypothesis/api/search` and `/hypothesis/api/annotations/<id>`. Without a token, they answer what everybody may
read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid, NotFound
from kb.features.hypothesis.annotation_objects import PUBLIC, ShownAs, annotation_object
from kb.features.hypothesis.annotation_order import (
    AnnotationOrder,
    SearchAfter,
    Test,
    annotation_order,
    date_with_count,
    search_after,
)
from kb.model.items.tag import tag_form
from kb.model.people.group import personal_slug
from kb.model.search_request import MATCH_ALL, MAX_QUERY, SearchRequest
from kb.services.clients.listings import Span
from kb.services.clients.passage_listings import (
    Passage,
    PassageWindow,
    count_before,
    listed_passages,
    page_address,
    passage_with_id,
    passages_of_pages,
    reply_passages,
    tags_of,
)
from kb.web.clients.answer_size import rows_within
from kb.web.clients.sent_parameters import number_parameter
from kb.web.http.context import RequestContext

_USUAL_LIMIT, _MOST_LISTED, _MOST_SKIPPED = 20, 200, 9_800
_MOST_URLS = 20
_UNSUPPORTED = ("wildcard_uri", "uri.parts")
_SYNTAX = str.maketrans(dict.fromkeys('"«»“”():*?~', " "))
"""Characters that have a meaning in our query language, and none in Hypothesis'."""


def search_annotations(context: RequestContext) -> Response:
    """Passages and comments, or the replies to one of them, which `references` names.

    The first replies to the rows stand beside them, as Hypothesis gives them with `_separate_replies`: as many as
    `limit`. With `_separate_replies=false`, those of a page stand among the rows. Rows and replies end where each would
    pass MOST_ROW_BYTES.
    """
    for name in _UNSUPPORTED:
        if context.param(name):
            raise Invalid("“%(name)s” cannot be used here.", name=name)
    limit = number_parameter(context, "limit", _USUAL_LIMIT, 0, _MOST_LISTED)
    offset = number_parameter(context, "offset", 0, 0, _MOST_SKIPPED)
    order, after = annotation_order(context), search_after(context)
    urls, thread = _urls(context), context.param("references")
    pages = tuple(page_address(context.library, context.actor, url) for url in urls)
    groups = _groups(context)
    shown = ShownAs(pages, groups[0] if groups else "") if urls else ShownAs()
    with_replies = context.param("_separate_replies") == "false" and bool(urls)
    if thread:
        listing = _filtered_listing(context, _replies_to(context, thread), order)
    elif urls:
        found = passages_of_pages(context.library, context.actor, pages, with_replies=with_replies)
        listing = _filtered_listing(context, found, order)
    else:
        listing = _annotation_listing(context, order)
    start = offset + (after.position(order, listing.count_before) if after is not None else 0)
    window = listing.window(Span(start, limit))
    rows = rows_within(annotation_object(context, passage, shown) for passage in window.passages[:limit])
    passages = window.passages[: len(rows)]
    if next_page := listing.position_after(order, start, passages):
        sort = context.param("sort") or "updated"
        rows[-1][sort] = date_with_count(str(rows[-1][sort]), next_page)
    if with_replies:
        return JSONResponse({"total": window.total, "rows": rows})
    every_reply = (reply for passage in passages for reply in reply_passages(context.library, passage))
    first_replies = islice(every_reply, limit if context.param("limit") else _MOST_LISTED)
    replies = rows_within(annotation_object(context, reply, shown) for reply in first_replies)
    return JSONResponse({"total": window.total, "rows": rows, "replies": replies})


def get_annotation(context: RequestContext) -> Response:
    """One passage, comment or reply."""
    passage = passage_with_id(context.library, context.actor, context.path_params["id"])
    return JSONResponse(annotation_object(context, passage))


@dataclass(frozen=True, slots=True)
class _Listing:
    """What a search finds: some of its passages, and how many of the first ones pass a test."""

    window: Callable[[Span], PassageWindow]
    count_before: Callable[[Test], int]

    def position_after(self, order: AnnotationOrder, start: int, passages: Sequence[Passage]) -> SearchAfter | None:
        """The place after the last passage of a page; None if its date says it."""
        if not passages:
            return None
        date = order.date_of(passages[-1])
        following = self.window(Span(start + len(passages), 1)).passages
        if date is not None and all(order.date_of(passage) != date for passage in following):
            return None
        first = self.count_before(lambda passage: order.is_before(passage, date))
        return SearchAfter(date, start + len(passages) - first)


def _annotation_listing(context: RequestContext, order: AnnotationOrder) -> _Listing:
    request = replace(_request(context), sort=order.sort)
    library, actor, is_reversed = context.library, context.actor, order.is_reversed
    return _Listing(
        lambda span: listed_passages(library, actor, request, span, is_reversed=is_reversed),
        lambda test: count_before(library, actor, request, test, is_reversed=is_reversed),
    )


def _request(context: RequestContext) -> SearchRequest:
    """The search that the parameters mean. Raises Invalid."""
    pairs = [("group", group) for group in _groups(context)]
    pairs += [("tag", tag) for tag in _tags(context)]
    pairs += [("author", user)] if (user := _user(context)) else []
    parts = [context.param("any").strip()]
    for name, fields in (("text", ("note", "commentaire")), ("quote", ("surlignage", "note"))):
        words = context.param(name).translate(_SYNTAX).split()
        parts += ["(" + " OU ".join(f'{field}:"{word}"' for field in fields) + ")" for word in words]
    query = " ".join(filter(None, parts))
    if len(query) > 4 * MAX_QUERY:
        raise Invalid(
            "The query has %(length)s characters; at most %(limit)s are read.", length=len(query), limit=MAX_QUERY
        )
    request = SearchRequest.from_params([("q", parts[0]), *pairs])
    return replace(request, q=query, match=MATCH_ALL)


def _replies_to(context: RequestContext, annotation_id: str) -> Iterator[Passage]:
    """The replies to an annotation; none if there is no such annotation for the user."""
    try:
        return reply_passages(context.library, passage_with_id(context.library, context.actor, annotation_id))
    except NotFound:
        return iter(())


def _filtered_listing(context: RequestContext, passages: Iterable[Passage], order: AnnotationOrder) -> _Listing:
    """Passages that are few enough to be filtered one by one."""
    user, tags = _user(context), {tag_form(tag) for tag in _tags(context)}
    groups = set(_groups(context))
    if groups and _urls(context) and context.actor.login:
        # A user's private notes on a page of a group are in the own library.
        groups.add(personal_slug(context.actor.login))
    tests: tuple[Callable[[Passage], bool], ...] = (
        lambda passage: not user or (passage.part.author is not None and passage.part.author.login == user),
        lambda passage: not tags or tags <= {tag_form(tag) for tag in tags_of(passage)},
        lambda passage: not groups or passage.group.has_slug(groups),
        lambda passage: _has_words(context.param("text"), (passage.part.body,)),
        lambda passage: _has_words(context.param("quote"), (getattr(passage.part, "quote", None),)),
        lambda passage: _has_words(
            context.param("any"), (passage.part.body, getattr(passage.part, "quote", None), *tags_of(passage))
        ),
    )
    matching = order.sorted([passage for passage in passages if all(test(passage) for test in tests)])
    return _Listing(
        lambda span: PassageWindow(len(matching), tuple(matching[span.start : span.start + span.count])),
        lambda test: sum(map(test, matching)),
    )


def _has_words(words: str, texts: Iterable[str | None]) -> bool:
    if not words:
        return True
    whole = " ".join(filter(None, texts)).casefold()
    return all(word in whole for word in words[:MAX_QUERY].casefold().split()[:100])


def _urls(context: RequestContext) -> tuple[str, ...]:
    """The addresses of the page that is asked for, of which a program may know several. Raises Invalid."""
    urls = dict.fromkeys(value for name, value in context.params if name in {"uri", "url"} and value)
    if len(urls) > _MOST_URLS:
        raise Invalid("“%(name)s” was given too often: at most %(limit)s values.", name="uri", limit=_MOST_URLS)
    return tuple(urls)


def _groups(context: RequestContext) -> tuple[str, ...]:
    return tuple(value for name, value in context.params if name == "group" and value and value != PUBLIC)


def _tags(context: RequestContext) -> list[str]:
    return [value for name, value in context.params if name in {"tag", "tags"} and value]


def _user(context: RequestContext) -> str:
    """The login of `acct:login@host`, or of the login alone."""
    return context.param("user").removeprefix("acct:").partition("@")[0]
