"""`/hypothesis/api/search`, `/hypothesis/api/annotations/<id>`, groups and profile."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from starlette.responses import JSONResponse, Response

from kb.errors import Invalid
from kb.model.dates import instant_of
from kb.model.items.tag import tag_form
from kb.model.search_request import MATCH_ALL, MAX_QUERY, SearchRequest, Sort
from kb.services.clients.listings import Span, readable_group_list
from kb.services.clients.passages import (
    Passage,
    PassageWindow,
    listed_passages,
    passage_change,
    passage_date,
    passage_with_id,
    passages_at_address,
    places_before,
    tags_of,
)
from kb.web.clients.hypothesis.annotation_objects import (
    PUBLIC,
    WITHOUT_DATE,
    annotation_object,
    authority,
    group_object,
    reply_objects,
)
from kb.web.http.context import RequestContext

_USUAL_LIMIT, _MOST_LISTED, _MOST_SKIPPED = 20, 200, 9_800
_UNSUPPORTED = ("wildcard_uri", "uri.parts", "references")
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
_SYNTAX = str.maketrans(dict.fromkeys('"«»“”():*?~', " "))
"""Characters that have a meaning in our query language, and none in Hypothesis'."""


def search_annotations(context: RequestContext) -> Response:
    """Passages and comments; their replies stand beside them, as Hypothesis gives them with `_separate_replies`."""
    for name in _UNSUPPORTED:
        if context.param(name):
            raise Invalid("“%(name)s” cannot be used here.", name=name)
    limit = _number(context, "limit", _USUAL_LIMIT, _MOST_LISTED)
    span = Span(_number(context, "offset", 0, _MOST_SKIPPED), limit)
    url = context.param("uri") or context.param("url")
    window = _at_address(context, url, span) if url else _found(context, span)
    replies = [reply for passage in window.passages for reply in reply_objects(context, passage)]
    rows = [annotation_object(context, passage) for passage in window.passages]
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
class _Order:
    """The order of a listing, by the date of creation or of the last change; passages without that date, for which
    `date_of` is None, stand last by creation, and are the oldest by change.

    `is_reversed`: it is the reverse of what `sort` gives.
    """

    sort: Sort
    is_ascending: bool
    date_of: Callable[[Passage], datetime | None]
    is_reversed: bool = False

    def is_before(self, passage: Passage, since: datetime) -> bool:
        """Whether a passage stands before those that come after a date."""
        date = self.date_of(passage)
        return date is not None and (date <= since if self.is_ascending else date >= since)


def _found(context: RequestContext, span: Span) -> PassageWindow:
    request, order = _request(context), _order(context)
    library, actor = context.library, context.actor
    if after := context.param("search_after"):
        since = _instant(after)
        skipped = places_before(
            library, actor, request, lambda passage: order.is_before(passage, since), is_reversed=order.is_reversed
        )
        span = Span(skipped + span.start, span.count)
    return listed_passages(library, actor, request, span, is_reversed=order.is_reversed)


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
    return replace(request, q=query, match=MATCH_ALL, sort=_order(context).sort)


def _at_address(context: RequestContext, url: str, span: Span) -> PassageWindow:
    """The passages on a page: few enough to be filtered one by one."""
    user, tags = _user(context), {tag_form(tag) for tag in _tags(context)}
    groups = {value for name, value in context.params if name == "group" and value != PUBLIC}
    tests: tuple[Callable[[Passage], bool], ...] = (
        lambda passage: not user or (passage.part.author is not None and passage.part.author.login == user),
        lambda passage: tags <= {tag_form(tag) for tag in tags_of(passage)},
        lambda passage: not groups or passage.group.has_slug(groups),
        lambda passage: _has_words(context.param("text"), (passage.part.body,)),
        lambda passage: _has_words(context.param("quote"), (getattr(passage.part, "quote", None),)),
        lambda passage: _has_words(
            context.param("any"), (passage.part.body, getattr(passage.part, "quote", None), *tags_of(passage))
        ),
    )
    passages, order = passages_at_address(context.library, context.actor, url), _order(context)
    kept = sorted(
        (passage for passage in passages if all(test(passage) for test in tests)),
        key=lambda passage: order.date_of(passage) or _EARLIEST,
        reverse=not order.is_ascending,
    )
    if after := context.param("search_after"):
        since = _instant(after)
        dated = ((passage, order.date_of(passage) or _EARLIEST) for passage in kept)
        kept = [passage for passage, date in dated if (date > since if order.is_ascending else date < since)]
    return PassageWindow(len(kept), tuple(kept[span.start : span.start + span.count]))


def _has_words(words: str, texts: Iterable[str | None]) -> bool:
    whole = " ".join(filter(None, texts)).casefold()
    return all(word in whole for word in words[:MAX_QUERY].casefold().split()[:100])


def _tags(context: RequestContext) -> list[str]:
    return [value for name, value in context.params if name in {"tag", "tags"} and value]


def _user(context: RequestContext) -> str:
    """The login of `acct:login@host`, or of the login alone."""
    return context.param("user").removeprefix("acct:").partition("@")[0]


def _order(context: RequestContext) -> _Order:
    """The order that the parameters ask for. Raises Invalid."""
    sort, order = context.param("sort") or "updated", context.param("order") or "desc"
    if sort not in {"created", "updated"}:
        raise Invalid("“%(name)s” should be one of %(words)s.", name="sort", words="created, updated")
    if order not in {"asc", "desc"}:
        raise Invalid("“%(name)s” should be one of %(words)s.", name="order", words="asc, desc")
    is_ascending = order == "asc"
    if sort == "created":
        return _Order(Sort.OLDEST if is_ascending else Sort.RECENT, is_ascending, passage_date)
    return _Order(
        Sort.UPDATED, is_ascending, lambda passage: passage_change(passage) or WITHOUT_DATE, is_reversed=is_ascending
    )


def _number(context: RequestContext, name: str, usual: int, most: int) -> int:
    text = context.param(name)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else most + 1
    if text and number > most:
        raise Invalid("“%(name)s” should be a number from %(first)s to %(last)s.", name=name, first=0, last=most)
    return number if text else usual


def _instant(text: str) -> datetime:
    try:
        return instant_of(text)
    except ValueError:
        raise Invalid("“%(name)s” should be a time such as 2025-01-01T00:00:00Z.", name="search_after") from None
