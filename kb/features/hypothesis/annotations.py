"""`/hypothesis/api/search`, `/hypothesis/api/annotations/<id>`, groups and profile. Without a token, they answer what
everybody may read.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid, NotFound, translatable
from kb.features.hypothesis.annotation_objects import PUBLIC, annotation_object, authority, group_object
from kb.features.hypothesis.annotation_order import (
    AnnotationOrder,
    SearchAfter,
    Test,
    annotation_order,
    date_with_count,
    search_after,
)
from kb.model.items.tag import tag_form
from kb.model.search_request import MATCH_ALL, MAX_QUERY, SearchRequest
from kb.services.clients.listings import Span, readable_group_list
from kb.services.clients.passage_listings import (
    Passage,
    PassageWindow,
    count_before,
    listed_passages,
    passage_with_id,
    passages_at_address,
    reply_passages,
    tags_of,
)
from kb.web.clients.answer_size import rows_within
from kb.web.clients.client_routes import open_route
from kb.web.clients.sent_parameters import number_parameter
from kb.web.http.client_tokens import ClientProtocol, TokenScheme
from kb.web.http.context import FeatureWeb, RequestContext

_USUAL_LIMIT, _MOST_LISTED, _MOST_SKIPPED = 20, 200, 9_800
_UNSUPPORTED = ("wildcard_uri", "uri.parts")
_SYNTAX = str.maketrans(dict.fromkeys('"«»“”():*?~', " "))
"""Characters that have a meaning in our query language, and none in Hypothesis'."""


def search_annotations(context: RequestContext) -> Response:
    """Passages and comments, or the replies to one of them, which `references` names.

    The first replies to the rows stand beside them, as Hypothesis gives them with `_separate_replies`: as many as
    `limit`. Rows and replies end where each would pass MOST_ROW_BYTES.
    """
    for name in _UNSUPPORTED:
        if context.param(name):
            raise Invalid("“%(name)s” cannot be used here.", name=name)
    limit = number_parameter(context, "limit", _USUAL_LIMIT, 0, _MOST_LISTED)
    offset = number_parameter(context, "offset", 0, 0, _MOST_SKIPPED)
    order, after = annotation_order(context), search_after(context)
    url, thread = context.param("uri") or context.param("url"), context.param("references")
    if thread:
        listing = _filtered_listing(context, _replies_to(context, thread), order)
    elif url:
        listing = _filtered_listing(context, passages_at_address(context.library, context.actor, url), order)
    else:
        listing = _annotation_listing(context, order)
    start = offset + (after.position(order, listing.count_before) if after is not None else 0)
    window = listing.window(Span(start, limit))
    rows = rows_within(annotation_object(context, passage) for passage in window.passages[:limit])
    passages = window.passages[: len(rows)]
    if next_page := listing.position_after(order, start, passages):
        sort = context.param("sort") or "updated"
        rows[-1][sort] = date_with_count(str(rows[-1][sort]), next_page)
    every_reply = (reply for passage in passages for reply in reply_passages(context.library, passage))
    first_replies = islice(every_reply, limit if context.param("limit") else _MOST_LISTED)
    replies = rows_within(annotation_object(context, reply) for reply in first_replies)
    return JSONResponse({"total": window.total, "rows": rows, "replies": replies})


def get_annotation(context: RequestContext) -> Response:
    """One passage, comment or reply."""
    passage = passage_with_id(context.library, context.actor, context.path_params["id"])
    return JSONResponse(annotation_object(context, passage))


def list_groups(context: RequestContext) -> Response:
    """The groups that the user may read."""
    groups = readable_group_list(context.library, context.actor)
    return JSONResponse([group_object(context, group) for group in groups])


def get_profile(context: RequestContext) -> Response:
    """The user of the token; nobody without one."""
    actor = context.actor
    is_known = actor.user_id is not None
    member = {membership.group_id for membership in actor.memberships}
    groups = [group for group in readable_group_list(context.library, actor) if group.id in member]
    return JSONResponse(
        {
            "userid": f"acct:{actor.login}@{authority(context)}" if is_known else None,
            "authority": authority(context),
            "groups": [group_object(context, group) for group in groups],
            "features": {},
            "preferences": {},
            **({"user_info": {"display_name": actor.name}} if is_known else {}),
        }
    )


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
    groups = tuple(value for name, value in context.params if name == "group" and value != PUBLIC)
    pairs = [("group", group) for group in groups]
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
    groups = {value for name, value in context.params if name == "group" and value != PUBLIC}
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


def _tags(context: RequestContext) -> list[str]:
    return [value for name, value in context.params if name in {"tag", "tags"} and value]


def _user(context: RequestContext) -> str:
    """The login of `acct:login@host`, or of the login alone."""
    return context.param("user").removeprefix("acct:").partition("@")[0]


_HANDLERS = {
    "/api/search": search_annotations,
    "/api/annotations/{id}": get_annotation,
    "/api/groups": list_groups,
    "/api/profile": get_profile,
}
_PATHS = tuple(path.partition("{")[0] for path in _HANDLERS)
WEB = FeatureWeb(
    translatable("programs made for Hypothesis"),
    # Below the name of the service, and where Hypothesis itself has them: programs that know only a host ask there.
    routes=tuple(
        open_route(f"{start}{path}", handler) for start in ("/hypothesis", "") for path, handler in _HANDLERS.items()
    ),
    client=ClientProtocol(
        ("/hypothesis/", *_PATHS),
        TokenScheme.BEARER,
        lambda status, reason, _format: JSONResponse({"status": "failure", "reason": reason}, status),
    ),
)
