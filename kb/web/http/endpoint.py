"""Endpoints: read and check a request, then run its handler in a thread."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from kb.access.actor import ANONYMOUS
from kb.errors import ServerLost
from kb.web.http.authentication import RequestCredentials, with_form_cookie
from kb.web.http.context import SAFE_METHODS, Call, Handler, RequestContext, context_of, parse_params
from kb.web.http.limits.callers import caller_of
from kb.web.http.limits.page_threads import WorkKind, run_in_turn
from kb.web.http.limits.request_bodies import LARGEST_BODY, LARGEST_FILE_SETTING, with_body_limit
from kb.web.http.limits.request_rates import caller_key
from kb.web.http.locale_negotiation import is_secure
from kb.web.http.request_actor import rate_limiter_of, with_actor
from kb.web.http.writes.write_requests import (
    BodyLimit,
    Handling,
    check_form,
    form_handling,
    program_handling,
    run_write,
    upload_handling,
)


def endpoint(
    handler: Handler,
    *,
    blocking: bool = False,
    post: Handler | None = None,
    writes: Mapping[str, Handler] | None = None,
    call: Call | None = None,
    sent_page: Handler | None = None,
    keeps_text: bool = True,
    check: Callable[[RequestContext], object] | None = None,
    largest_body: int = LARGEST_BODY,
    in_portions: bool = False,
    takes_any_type: bool = False,
    has_file: bool = False,
    upload: Call | None = None,
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a plain handler: the request is read here, and the handler runs in a thread.

    `blocking`: run in the threads for blocking work instead of the few page threads, because the handler waits for the
    database's writer or for another machine, or must not wait for pages. `post` handles a form of this page; `writes`
    has, by method, the handlers for programs with a token, each in one transaction; `call` handles what a program sends
    with or without a token, also to read, and gets the header fields; bodies have at most `largest_body` bytes, and
    LARGEST_BODY without a known user. `sent_page` shows a sent form with what was typed, and does nothing
    else: the page itself by default. A form that is refused (too old, user logged out, right lost) comes back with its
    text, unless `keeps_text` is false, for forms and addresses that hold secrets. `check` raises the errors of `post`
    that depend on the address and the user only, so that no more than LARGEST_BODY is read for them. `in_portions`: the
    form does a long action in several requests; those after the first have PORTION in their address. `takes_any_type`:
    the bodies of `writes` may be declared as another type than JSON. `has_file`: the form has a file as large as the
    settings allow, beside its `largest_body` bytes. `upload` handles a POST of a program that is such a form, with the
    header fields, and opens its own transaction.
    """
    reads = WorkKind.BLOCKING if blocking else WorkKind.PAGE
    shown = sent_page or (handler if handler is not post else None)
    checked = partial(check_form, check=check, in_portions=in_portions)
    form: Handling | None = (checked, form_handling(post, shown, keeps_text=keeps_text)) if post is not None else None

    def read(answer: Handler) -> Handler:
        # A blocking handler may do more than read.
        return answer if blocking else partial(_run_twice, answer)

    async def run(request: Request) -> Response:
        context = context_of(request, parse_params(request))
        if call is not None:
            # Browsers send cookies with requests from any page.
            context = replace(context, credentials=RequestCredentials(token=context.credentials.token))
        if not context.credentials.has_credentials:
            rate_limiter_of(request).count(caller_key(ANONYMOUS, context.client), context.path)
        sent_file = upload_handling(request, upload)
        if request.method not in SAFE_METHODS and (
            handling := sent_file
            or form
            or program_handling(request.method, writes, call, takes_any_type=takes_any_type)
        ):
            takes_file = has_file or sent_file is not None
            limit = BodyLimit(largest_body, context.library.settings.file_size * takes_file)
            response = await run_write(request, context, *handling, limit)
        elif context.credentials.has_credentials:
            # The first use of a session after a while writes to the database.
            answer = read(partial(_read_as_user, request, handler))
            response = await run_in_turn(reads, caller_of(request, context.credentials), answer, context)
        else:
            response = await run_in_turn(reads, caller_of(request, context.credentials), read(handler), context)
        settings = context.library.settings
        if post is not None or context.proxy_login:
            with_form_cookie(response, context.credentials, settings)
        # A feed is in the site's own language, because its reader cannot choose one.
        if response.media_type != HTMLResponse.media_type:
            return response
        return context.choice.with_language_cookie(response, secure=is_secure(settings))

    return with_body_limit(run, largest_body + LARGEST_FILE_SETTING * (has_file or upload is not None))


def refuse_method(_context: RequestContext) -> Response:
    """The handler of GET for an address that has none."""
    raise HTTPException(405)


def _run_twice(handler: Handler, context: RequestContext) -> Response:
    """Run a handler that only reads, once more if the database is lost meanwhile: another server can be read."""
    try:
        return handler(context)
    except ServerLost:
        return handler(context)


def _read_as_user(request: Request, handler: Handler, context: RequestContext) -> Response:
    return handler(with_actor(request, context))
