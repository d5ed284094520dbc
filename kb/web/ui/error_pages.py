"""Error answers: a page or, for programs, a problem document (RFC 9457)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from http import HTTPStatus
from math import ceil

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from kb.errors import (
    Conflict,
    FlorilegeError,
    Forbidden,
    Invalid,
    InvalidLink,
    LoginNeeded,
    NotFound,
    RateLimited,
    Unavailable,
    UnsupportedContent,
    translatable,
)
from kb.model.search_request import MAX_QUERY, SearchRequest
from kb.services.core.idempotency import IdempotencyKeyReused
from kb.services.core.request_log_data import current_request
from kb.services.files.file_upload import FileAlreadyHere
from kb.services.items.item_creation import AlreadySaved
from kb.translation import Translator
from kb.web.http.authentication import with_form_cookie
from kb.web.http.client_tokens import TokenScheme, challenge_of
from kb.web.http.conditional_requests import PreconditionFailed
from kb.web.http.context import SAFE_METHODS, Handler, RequestContext, context_of, parse_params
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.http.forms.refused_forms import ResumedForm, StaleForm
from kb.web.http.limits.callers import caller_of
from kb.web.http.limits.page_threads import WorkKind, run_in_turn
from kb.web.http.middleware.request_record import REQUEST_ID_HEADER
from kb.web.http.middleware.security_headers import security_headers_for
from kb.web.http.urls.page_urls import url_with_query
from kb.web.ui.refused_form_pages import (
    RefusedForm,
    RefusedText,
    form_answer,
    login_answer,
    needs_login,
    refused_form_of,
    refused_text,
)
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of

_STATUSES: tuple[tuple[type[FlorilegeError], int], ...] = (
    (ResumedForm, 200),
    (NotFound, 404),
    (LoginNeeded, 401),
    (Forbidden, 403),
    (RateLimited, 429),
    (UnsupportedContent, 415),
    (Invalid, 400),
    (PreconditionFailed, 412),
    (IdempotencyKeyReused, 422),
    (Conflict, 409),
    (Unavailable, 503),
)
_TITLES = {
    200: translatable("Your text is here"),
    400: translatable("Bad request"),
    401: translatable("Log in first"),
    403: translatable("Not allowed"),
    404: translatable("Not found"),
    405: translatable("Method not allowed"),
    408: translatable("Request timeout"),
    409: translatable("Conflict with another change"),
    412: translatable("Changed meanwhile"),
    413: translatable("Request too large"),
    414: translatable("Request too large"),
    415: translatable("Unsupported content type"),
    422: translatable("Idempotency key already used"),
    429: translatable("Too many requests"),
    431: translatable("Request too large"),
    503: translatable("Temporarily unavailable"),
}
_REASONS = {
    404: translatable("There is nothing at this address, or you may not read it."),
    405: translatable("This address cannot be used in this way."),
    408: translatable("The request arrived so slowly that the site stopped waiting for it."),
    413: translatable("The request is larger than this site accepts."),
    414: translatable("The address is longer than anything this site reads."),
    415: translatable("What is sent here is JSON, and its header “Content-Type” says so: application/json."),
    500: translatable("The fault is ours and has been written down. Please try again in a moment."),
}
_USUAL_REASON = translatable("The request was not accepted.")
_SEARCH = translatable("Search for it, or go back to the first page.")
_LATER = translatable("Please try again in a moment.")
_ADVICE = {404: _SEARCH, 405: _SEARCH, 413: _SEARCH, 500: _SEARCH, 408: _LATER, 429: _LATER, 503: _LATER}
_INVALID_LINK_TITLE = translatable("This link no longer works")
_INVALID_LINK_ADVICE = translatable(
    "If you have already used it, just log in. Otherwise ask whoever sent it for a new one, or have a new password sent"
    " from the login page."
)
_FOR_MEMBERS = translatable("It may have been moved, removed or reserved for its members.")
_FOR_MEMBERS_LOG_IN = translatable("It may have been moved, removed or reserved for its members:")
"""On each page with the status 404, whether or not something is there."""
_USUAL_ADVICE = translatable("Correct the address, or search again from here.")
_LONGEST_REPEATED_PATH = 500
_MOST_REPEATED_PARAMETERS = 2


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """`reason` says what was expected; `advice` what the user can do now. `text` is what was typed into the
    form that was refused. `login` links to the login page, if a login may help; `for_members` is the sentence before
    this link, or without a link, where only members may find something.
    """

    title: str
    reason: str
    advice: str
    form: SearchForm
    text: RefusedText | None
    login: str
    for_members: str


@dataclass(frozen=True, slots=True)
class _Problem:
    """The content of an error answer; `more` are extra members of a problem document.

    `title` and `advice` replace those of the status.
    """

    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, str] = field(default_factory=dict)
    title: str = ""
    advice: str = ""
    is_of_no_route: bool = False
    """For such an address, nobody has looked whose session it is."""


async def handle_known_error(request: Request, error: Exception) -> Response:
    """A known error, with its own message."""
    if not isinstance(error, FlorilegeError):
        raise error
    context = _context(request)
    refused = refused_form_of(request)
    if refused is not None and (refused.has_texts or isinstance(error, StaleForm)) and needs_login(context, error):
        # The login form is one of the pages above this layer.
        login_form: Handler = request.app.state.login_form
        return await _in_turn(request, context, partial(login_answer, refused=refused, login_form=login_form))
    if refused is not None and refused.has_texts and isinstance(error, StaleForm | ResumedForm):
        return await _in_turn(request, context, partial(_form_answer, refused=refused, error=error))
    if isinstance(error, LoginNeeded) and context.credentials.token is None and not _is_program(context):
        return redirect_with_flash(context.addresses.login(_return_address(context)))
    if isinstance(error, Unavailable):
        request.app.state.unanswered.note(context.path, error)
    return await _problem_response(request, context, _problem_of(context, error))


def _form_answer(context: RequestContext, refused: RefusedForm, error: FlorilegeError) -> Response:
    def error_page(context: RequestContext, other: FlorilegeError) -> Response:
        text = refused_text(refused.sent, url_with_query(context.path, context.params))
        response = _page(context, _problem_of(context, other), text)
        response.headers["Cache-Control"] = "no-store"
        return response

    return form_answer(context, refused, error, error_page)


async def _in_turn(request: Request, context: RequestContext, answer: Handler) -> Response:
    response = await run_in_turn(WorkKind.BLOCKING, caller_of(request, context.credentials), answer, context)
    return with_form_cookie(response, context.credentials, context.library.settings)


async def handle_http_error(request: Request, error: Exception) -> Response:
    """An unknown address, or a method that the address does not allow."""
    if not isinstance(error, HTTPException):
        raise error
    return await _answer_status(request, error.status_code, dict(error.headers or {}), is_of_no_route=True)


async def handle_unexpected_error(request: Request, _error: Exception) -> Response:
    """An internal error: the server's log has the details, the answer only a general message.

    Starlette sends this answer outside the middleware, so the headers of all answers are added here.
    """
    headers = security_headers_for(request.app.state.library.settings.base_url)
    if (current := current_request()) is not None:
        headers = {**headers, REQUEST_ID_HEADER: current.id}
    return await _answer_status(request, 500, headers)


async def reject_request(request: Request, status: int) -> Response:
    """Refuse a request that is too large to be read."""
    # A browser reads the answer only after it has sent its body: the server reads and discards it, up to a deadline.
    headers = {} if status == 413 else {"Connection": "close"}
    return await _answer_status(request, status, headers)


async def _answer_status(
    request: Request, status: int, headers: Mapping[str, str], *, is_of_no_route: bool = False
) -> Response:
    context = _context(request)
    if status == 414:
        # Links can repeat the beginnings of its path and words, and its language.
        params = tuple((name, value[:MAX_QUERY]) for name, value in context.params if name in {"q", "lang"})
        path = context.path[:_LONGEST_REPEATED_PATH]
        context = replace(context, path=path, params=params[:_MOST_REPEATED_PARAMETERS])
    reason = context.translator.gettext(_REASONS.get(status, _USUAL_REASON))
    problem = _Problem(status, reason, headers, is_of_no_route=is_of_no_route)
    return await _problem_response(request, context, problem)


def _problem_of(context: RequestContext, error: FlorilegeError) -> _Problem:
    status = next((status for kind, status in _STATUSES if isinstance(error, kind)), 500)
    headers: dict[str, str] = {}
    more: dict[str, str] = {}
    title = advice = ""
    match error:
        case Unavailable():
            headers["Retry-After"] = "30"
        case RateLimited():
            headers["Retry-After"] = str(ceil(error.wait))
        case LoginNeeded():
            headers["WWW-Authenticate"] = TokenScheme.BEARER.value
        case PreconditionFailed():
            headers["ETag"] = error.tag
        case InvalidLink():
            title, advice = _INVALID_LINK_TITLE, _INVALID_LINK_ADVICE
        case AlreadySaved() | FileAlreadyHere() if _is_program(context):
            more["item"] = error.item_id
            headers["Location"] = f"/api/v1/items/{error.item_id}"
    return _Problem(status, context.translator.sentence(error), headers, more, title, advice)


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
    protocol = context.credentials.protocol
    if protocol is not None:
        response = protocol.write_error(problem.status, problem.reason, context.param("format"))
    elif _is_program(context):
        document = {
            "type": "about:blank",
            "title": _title(problem.status, context.translator),
            "status": problem.status,
            "detail": problem.reason,
            **problem.more,
        }
        response = JSONResponse(document, problem.status, media_type="application/problem+json")
    else:
        refused = refused_form_of(request)
        has_texts = refused is not None and refused.has_texts
        text = (
            refused_text(refused.sent, url_with_query(context.path, context.params)) if refused and has_texts else None
        )
        try:
            response = await run_in_turn(
                WorkKind.ERROR,
                caller_of(request, context.credentials),
                lambda turn: _page(turn, problem, text),
                context,
            )
        except (RateLimited, Unavailable):
            response = PlainTextResponse(
                f"{_title(problem.status, context.translator)}\n{problem.reason}\n", problem.status
            )
    for name, value in problem.headers.items():
        response.headers[name] = value
    if protocol is not None and problem.status == 401:
        response.headers["WWW-Authenticate"] = challenge_of(protocol.scheme, request.headers)
    response.headers["Cache-Control"] = "no-store"
    return response


def _page(context: RequestContext, problem: _Problem, text: RefusedText | None) -> Response:
    # The search words of the request, so that the user need not type them again.
    form = search_form_of(context, SearchRequest(q=context.param("q")[:MAX_QUERY]))
    translator = context.translator
    _ = translator.gettext
    advice = _(problem.advice or _ADVICE.get(problem.status, _USUAL_ADVICE))
    title = _(problem.title) if problem.title else _title(problem.status, translator)
    is_anonymous = context.actor.user_id is None and not (problem.is_of_no_route and context.credentials.session)
    is_missing = problem.status == 404 and not problem.advice
    login = for_members = ""
    if is_missing:
        for_members = _(_FOR_MEMBERS_LOG_IN if is_anonymous else _FOR_MEMBERS)
    if is_anonymous and (is_missing or problem.advice):
        login = context.addresses.login(_return_address(context) if is_missing else "")
    page = ErrorPage(title, problem.reason, advice, form, text, login, for_members)
    return render(context, "error.html", page, problem.status)


def _is_program(context: RequestContext) -> bool:
    path = context.path
    return (
        path.startswith("/api/")
        or path == "/suggest"
        or context.credentials.protocol is not None
        or any(path in feature.program_paths for feature in context.features)
    )


def _return_address(context: RequestContext) -> str:
    """The page to return to: the requested one, unless the request was an action, or its address is none of ours."""
    address = url_with_query(context.path, context.params)
    return address if context.method in SAFE_METHODS and safe_next(address) == address else ""


def _title(status: int, translator: Translator) -> str:
    if status in _TITLES:
        return translator.gettext(_TITLES[status])
    return translator.gettext("Internal error") if status >= 500 else HTTPStatus(status).phrase
