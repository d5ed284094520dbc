"""Error answers: a page or, for programs, a problem document (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from math import ceil
from types import MappingProxyType

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from kb.errors import Conflict, FlorilegeError, Forbidden, Invalid, LoginNeeded, NotFound, RateLimited, Unavailable
from kb.model.search_request import MAX_QUERY, SearchRequest
from kb.services.core.idempotency import IdempotencyKeyReused
from kb.services.items.item_creation import AlreadySaved
from kb.translation import Translator
from kb.web.http.conditional_requests import PreconditionFailed
from kb.web.http.context import RequestContext, context_of, parse_params
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.limits.callers import caller_of
from kb.web.http.limits.page_threads import WorkKind, run_in_turn
from kb.web.http.page_urls import url_with_query
from kb.web.http.security_headers import security_headers_for
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of

_STATUSES: tuple[tuple[type[FlorilegeError], int], ...] = (
    (NotFound, 404),
    (LoginNeeded, 401),
    (Forbidden, 403),
    (RateLimited, 429),
    (Invalid, 400),
    (PreconditionFailed, 412),
    (IdempotencyKeyReused, 422),
    (Conflict, 409),
    (Unavailable, 503),
)
_LONGEST_REPEATED_PATH = 500
_MOST_REPEATED_PARAMETERS = 2


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """`reason` says what was expected; `advice` what the user can do now."""

    title: str
    reason: str
    advice: str
    form: SearchForm


@dataclass(frozen=True, slots=True)
class _Problem:
    """The content of an error answer; `more` are extra members of a problem document."""

    status: int
    reason: str
    headers: Mapping[str, str] = MappingProxyType({})
    more: Mapping[str, str] = MappingProxyType({})


async def handle_known_error(request: Request, error: Exception) -> Response:
    """A known error, with its own message."""
    if not isinstance(error, FlorilegeError):
        raise error
    context = _context(request)
    if isinstance(error, LoginNeeded) and context.shown.token is None and not _is_program(context):
        return redirect_with_flash(context.addresses.login(_return_address(context)))
    if isinstance(error, Unavailable):
        request.app.state.unanswered.note(context.path, error)
    return await _problem_response(request, context, _problem_of(context, error))


async def handle_http_error(request: Request, error: Exception) -> Response:
    """An unknown address, or a method that the address does not allow."""
    if not isinstance(error, HTTPException):
        raise error
    return await _answer_status(request, error.status_code, dict(error.headers or {}))


async def handle_unexpected_error(request: Request, _error: Exception) -> Response:
    """An internal error: the server's log has the details, the answer only a general message.

    Starlette sends this answer outside the middleware, so the security headers are added here.
    """
    return await _answer_status(request, 500, security_headers_for(request.app.state.library.settings.base_url))


async def reject_request(request: Request, status: int) -> Response:
    """Refuse a request that is too large to be read."""
    # A browser reads the answer only after it has sent its body: the server reads and discards it, up to a deadline.
    headers = {} if status == 413 else {"Connection": "close"}
    return await _answer_status(request, status, headers)


async def _answer_status(request: Request, status: int, headers: Mapping[str, str]) -> Response:
    context = _context(request)
    if status == 414:
        context = _without_long_address(context)
    return await _problem_response(request, context, _Problem(status, _reason(status, context.words), headers))


def _without_long_address(context: RequestContext) -> RequestContext:
    """The request with an address that links can repeat: the beginnings of its path and words, and its language."""
    params = tuple((name, value[:MAX_QUERY]) for name, value in context.params if name in {"q", "lang"})
    return replace(context, path=context.path[:_LONGEST_REPEATED_PATH], params=params[:_MOST_REPEATED_PARAMETERS])


def _problem_of(context: RequestContext, error: FlorilegeError) -> _Problem:
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
    headers: dict[str, str] = {}
    more: dict[str, str] = {}
    match error:
        case Unavailable():
            headers["Retry-After"] = "30"
        case RateLimited():
            headers["Retry-After"] = str(ceil(error.wait))
        case LoginNeeded():
            headers["WWW-Authenticate"] = "Bearer"
        case PreconditionFailed():
            headers["ETag"] = error.tag
        case AlreadySaved() if _is_program(context):
            more["item"] = error.item_id
            headers["Location"] = f"/api/v1/items/{error.item_id}"
    return _Problem(status, context.words.sentence(error), headers, more)


def _context(request: Request) -> RequestContext:
    """The request context as far as the request can be read; if the address is invalid, in the site's own language."""
    try:
        return context_of(request, parse_params(request))
    except Invalid:
        return context_of(request, ())


async def _problem_response(request: Request, context: RequestContext, problem: _Problem) -> Response:
    """An error page, rendered in the caller's turn, or for programs a problem document, which costs little.

    A caller with many such pages waiting gets two lines of text: a flood of refused requests must cost less than
    accepted ones.
    """
    response: Response
    if _is_program(context):
        response = _document(context, problem)
    else:
        try:
            response = await run_in_turn(
                WorkKind.ERROR, caller_of(request, context.shown), lambda asked: _page(asked, problem), context
            )
        except (RateLimited, Unavailable):
            response = PlainTextResponse(f"{_title(problem.status, context.words)}\n{problem.reason}\n", problem.status)
    for name, value in problem.headers.items():
        response.headers[name] = value
    response.headers["Cache-Control"] = "no-store"
    return response


def _document(context: RequestContext, problem: _Problem) -> Response:
    document = {
        "type": "about:blank",
        "title": _title(problem.status, context.words),
        "status": problem.status,
        "detail": problem.reason,
        **problem.more,
    }
    return JSONResponse(document, problem.status, media_type="application/problem+json")


def _page(context: RequestContext, problem: _Problem) -> Response:
    form = search_form_of(_search_request(context), context.words, lang=context.choice.url_language)
    title, advice = _title(problem.status, context.words), _advice(problem.status, context.words)
    return render(context, "error.html", ErrorPage(title, problem.reason, advice, form), problem.status)


def _is_program(context: RequestContext) -> bool:
    return context.path.startswith("/api/") or context.path == "/suggest"


def _return_address(context: RequestContext) -> str:
    """The page to return to: the requested one, unless the request was an action."""
    if context.method not in {"GET", "HEAD"}:
        return ""
    return url_with_query(context.path, context.params)


def _search_request(context: RequestContext) -> SearchRequest:
    """The search words of the request, so that the user need not type them again."""
    typed = context.param("q")
    return SearchRequest(q=typed[:MAX_QUERY])


def _title(status: int, words: Translator) -> str:
    titles = {
        400: words.say("This request cannot be understood"),
        401: words.say("One must be signed in for this"),
        403: words.say("This is not allowed"),
        404: words.say("This page does not exist"),
        405: words.say("This cannot be done here"),
        408: words.say("This took too long"),
        409: words.say("Somebody else was faster"),
        412: words.say("This has changed meanwhile"),
        413: words.say("This request is too long"),
        414: words.say("This request is too long"),
        415: words.say("This is not of the form expected"),
        422: words.say("This is another request"),
        429: words.say("Too often"),
        431: words.say("This request is too long"),
        503: words.say("Not available at this moment"),
    }
    otherwise = words.say("Something went wrong on our side") if status >= 500 else HTTPStatus(status).phrase
    return titles.get(status, otherwise)


def _reason(status: int, words: Translator) -> str:
    match status:
        case 404:
            return words.say("There is nothing at this address, or you may not read it.")
        case 405:
            return words.say("This address cannot be used in this way.")
        case 408:
            return words.say("What was sent came so slowly that we stopped waiting for it.")
        case 413:
            return words.say("What was sent is larger than anything this site reads.")
        case 414:
            return words.say("The address is longer than anything this site reads.")
        case 415:
            return words.say("What is sent here is JSON, and its header “Content-Type” says so: application/json.")
        case 500:
            return words.say("The fault is ours and has been written down. Please try again in a moment.")
        case _:
            return words.say("The request was not accepted.")


def _advice(status: int, words: Translator) -> str:
    match status:
        case 404 | 405 | 413 | 500:
            return words.say("Search for what you came for, or go back to the first page.")
        case 408 | 429 | 503:
            return words.say("Please try again in a moment.")
        case _:
            return words.say("Correct the address, or search again from here.")
