"""The four kinds of endpoints, and the routes of pages and forms: each endpoint reads and checks a request, then runs
its handler in a thread.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from typing import TypeAlias, TypedDict, Unpack

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kb.access.actor import ANONYMOUS
from kb.errors import ServerLost
from kb.web.http.authentication import RequestCredentials, with_form_cookie
from kb.web.http.context import SAFE_METHODS, Call, Handler, RequestContext, context_of, parse_params
from kb.web.http.former_addresses import with_former_addresses
from kb.web.http.limits.callers import caller_of
from kb.web.http.limits.multipart_forms import is_multipart
from kb.web.http.limits.page_threads import WorkKind, run_in_turn
from kb.web.http.limits.request_bodies import LARGEST_BODY, LARGEST_FILE_SETTING, with_body_limit
from kb.web.http.limits.request_rates import caller_key
from kb.web.http.locale_negotiation import is_secure
from kb.web.http.request_actor import rate_limiter_of, with_actor
from kb.web.http.writes.write_requests import (
    BodyLimit,
    Handling,
    check_form,
    check_program_request,
    check_upload,
    run_call,
    run_form,
    run_program_request,
    run_upload,
    run_write,
    with_token_actor,
)

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


class FormOptions(TypedDict, total=False):
    """How a form is handled.

    A form that is refused (too old, user logged out, right lost) comes back with its text, on `sent_page`, which shows
    what was typed and does nothing else (the page itself by default), unless `keeps_text` is false, for forms and
    addresses that hold secrets. `check` raises the errors of the handler that depend on the address and the user only,
    so that no more than LARGEST_BODY is read for them. A body has at most `largest_body` bytes, beside a file as large
    as the settings allow if `has_file`. `in_portions`: the form does a long action in several requests; those after the
    first have PORTION in their address.
    """

    sent_page: Handler
    keeps_text: bool
    check: Callable[[RequestContext], object]
    largest_body: int
    in_portions: bool
    has_file: bool


@dataclass(frozen=True, slots=True)
class _Body:
    """How a request with a body is handled, and how large it may be."""

    handling: Handling
    largest: int = LARGEST_BODY
    has_file: bool = False


class _Sender(Enum):
    """Who sends requests to an endpoint."""

    READER = auto()
    FORM = auto()
    """The form of a page, which needs a cookie."""
    STRANGER = auto()
    """A reader of a page that is the same for all: cookies and tokens are ignored, and no cookie is set."""
    ANY_PROGRAM = auto()
    """A program with or without a token, whose cookies are ignored: browsers send them with requests from any page."""


def page_route(path: str, handler: Handler, *, blocking: bool = False) -> Route:
    """A page, or another answer to GET."""
    return Route(path, page_endpoint(with_former_addresses(handler), blocking=blocking))


def public_route(path: str, handler: Handler) -> Route:
    """A page that every reader gets as a stranger does, whoever asks: cookies and tokens are ignored, none is set."""
    return Route(path, _endpoint(with_former_addresses(handler), lambda _: None, _Sender.STRANGER))


def form_route(path: str, page: Handler, post: Handler, **options: Unpack[FormOptions]) -> Route:
    """A page with a form that it sends to its own address."""
    return Route(path, form_endpoint(with_former_addresses(page), post, **options), methods=("GET", "POST"))


def action_route(path: str, post: Handler, **options: Unpack[FormOptions]) -> Route:
    """The address of a form that stands in other pages."""
    return Route(path, form_endpoint(None, post, **options), methods=("POST",))


def page_endpoint(handler: Handler, *, blocking: bool = False) -> Endpoint:
    """A page, or another answer to GET. The request is read here, and the handler runs in a thread.

    `blocking`: in the threads for blocking work instead of the few page threads, because the handler waits for the
    database's writer or for another machine, or must not wait for pages.
    """
    return _endpoint(handler, lambda _: None, _Sender.READER, blocking=blocking)


def form_endpoint(page: Handler | None, post: Handler, **options: Unpack[FormOptions]) -> Endpoint:
    """A page and the handler of its form; without a page, that of a form in pages of other addresses."""
    largest_body, has_file = options.get("largest_body", LARGEST_BODY), options.get("has_file", False)
    check = partial(check_form, check=options.get("check"), in_portions=options.get("in_portions", False))
    sent_page, keeps_text = options.get("sent_page", page), options.get("keeps_text", True)
    handle = partial(run_form, handler=post, sent_page=sent_page, keeps_text=keeps_text)
    body = _Body((check, handle), largest_body, has_file)
    largest = largest_body + LARGEST_FILE_SETTING * has_file
    return _endpoint(page or refuse_method, lambda _: body, _Sender.FORM, largest)


def write_endpoint(
    read: Handler,
    writes: Mapping[str, Handler],
    *,
    largest_body: int = LARGEST_BODY,
    takes_any_type: bool = False,
    upload: Call | None = None,
    blocking: bool = False,
) -> Endpoint:
    """An address of programs with a token: `read` answers GET, and `writes` has the handlers of other methods, each in
    one transaction.

    Bodies have at most `largest_body` bytes, and LARGEST_BODY without a known user. `takes_any_type`: they may be
    declared as another type than JSON. `upload` handles a POST that is a form with a file, with the header fields, and
    opens its own transaction. `blocking`: as for `page_endpoint`.
    """

    def body_of(request: Request) -> _Body:
        if upload is not None and request.method == "POST" and is_multipart(request.headers):
            return _Body((check_upload, partial(run_upload, handler=upload)), largest_body, has_file=True)
        check = partial(check_program_request, takes_any_type=takes_any_type)
        return _Body((check, partial(run_program_request, handler=writes[request.method])), largest_body)

    largest = largest_body + LARGEST_FILE_SETTING * (upload is not None)
    return _endpoint(read, body_of, _Sender.READER, largest, blocking=blocking)


def call_endpoint(read: Handler, call: Call, *, largest_body: int = LARGEST_BODY) -> Endpoint:
    """An address of programs with or without a token: `call` handles what they send, also to read, and gets the header
    fields.
    """
    body = _Body((with_token_actor, partial(run_call, handler=call)), largest_body)
    return _endpoint(read, lambda _: body, _Sender.ANY_PROGRAM, largest_body)


def _endpoint(
    handler: Handler,
    body_of: Callable[[Request], _Body | None],
    sender: _Sender,
    largest: int = LARGEST_BODY,
    *,
    blocking: bool = False,
) -> Endpoint:
    """`handler` answers requests that only read, `body_of` says how the others are handled. `largest`: bytes of any
    body.
    """
    reads = WorkKind.BLOCKING if blocking else WorkKind.PAGE

    def read(answer: Handler) -> Handler:
        # A blocking handler may do more than read.
        return answer if blocking else partial(_run_twice, answer)

    async def run(request: Request) -> Response:
        context = context_of(request, parse_params(request), of_stranger=sender is _Sender.STRANGER)
        if sender is _Sender.ANY_PROGRAM:
            context = replace(context, credentials=RequestCredentials(token=context.credentials.token))
        if not context.credentials.has_credentials:
            rate_limiter_of(request).count(caller_key(ANONYMOUS, context.client), context.path)
        if request.method not in SAFE_METHODS and (body := body_of(request)):
            limit = BodyLimit(body.largest, context.library.settings.file_size * body.has_file)
            response = await run_write(request, context, *body.handling, limit)
        elif context.credentials.has_credentials:
            # The first use of a session after a while writes to the database.
            answer = read(lambda context: handler(with_actor(request, context)))
            response = await run_in_turn(reads, caller_of(request, context.credentials), answer, context)
        else:
            response = await run_in_turn(reads, caller_of(request, context.credentials), read(handler), context)
        settings = context.library.settings
        if sender is _Sender.FORM or context.credentials.proxy_login:
            with_form_cookie(response, context.credentials, settings)
        # A feed is in the site's own language, because its reader cannot choose one.
        if sender is _Sender.STRANGER or response.media_type != HTMLResponse.media_type:
            return response
        return context.choice.with_language_cookie(response, secure=is_secure(settings))

    return with_body_limit(run, largest)


def refuse_method(_context: RequestContext) -> Response:
    """The handler of GET for an address that has none."""
    raise HTTPException(405)


def _run_twice(handler: Handler, context: RequestContext) -> Response:
    """Run a handler that only reads, once more if the database is lost meanwhile: another server can be read."""
    try:
        return handler(context)
    except ServerLost:
        return handler(context)
