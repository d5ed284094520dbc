"""The request context that each handler receives: the request, read and checked once."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import IO
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from kb.access.actor import ANONYMOUS, Actor, RequestMemo
from kb.errors import FlorilegeError, Forbidden, Invalid, LoginNeeded, NotFound, ServerLost
from kb.files.received_file import FILE_TOO_LARGE
from kb.model.search_request import SearchRequest
from kb.services.authentication.authentication import count_form_post
from kb.services.core.library import Library
from kb.services.core.site_identity import site_identity
from kb.services.groups.membership import require_signed_in
from kb.translation import Translator
from kb.web.http.authentication import RequestCredentials, actor_of, is_prefetch, with_form_cookie
from kb.web.http.conditional_requests import Conditions
from kb.web.http.form_requests import (
    STALE_FORM,
    is_from_browser,
    is_own_form,
    parse_form,
    require_json,
    require_same_origin,
    safe_next,
)
from kb.web.http.idempotent_write import ProgramRequest, run_idempotent_write
from kb.web.http.limits.callers import caller_of, known_callers
from kb.web.http.limits.multipart_forms import Upload, is_multipart
from kb.web.http.limits.page_threads import WorkKind, run_in_turn
from kb.web.http.limits.request_bodies import (
    LARGEST_BODY,
    LARGEST_FILE_SETTING,
    received_body,
    spooled_file,
    with_body_limit,
)
from kb.web.http.limits.request_rates import RateLimiter, caller_key
from kb.web.http.listing_scope import Pairs
from kb.web.http.locale_negotiation import LocaleChoice, is_secure, negotiate_locale
from kb.web.http.page_urls import Addresses
from kb.web.http.sent_forms import KEPT_FORM, ResumedForm, StaleForm, sent_form_of, unpack_form

MAX_PARAMETERS = 400
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_SIGN_IN_FIRST = "Log in to send this much: log in in another tab, then go back and send this once more."


@dataclass(frozen=True, slots=True)
class FormError:
    """The error of a form that is shown again, and the status of the answer."""

    error: FlorilegeError
    status: int


@dataclass(frozen=True, slots=True)
class RequestContext:
    """One request to the site. `path_params` are the variable parts of the address; `conditions` are the client's
    versions.

    `referrer` is the page of this site that led here, as path and parameters; empty if the browser does not send it.
    `fields` and `files` are those of a form, `body` is what a program sent. `client` is the network address, `agent`
    the User-Agent: neither is stored unless `kb.services` says so. `is_prefetch`: a browser fetches the page before
    the user asks for it; `is_in_window`: a browser says that it opens the answer in a window. `form_error`: the page
    shows the sent form again, because of an error. `unread_dates` are name, typed value and sentence of the dates of
    the address that are left out of the search.
    """

    library: Library
    actor: Actor
    choice: LocaleChoice
    method: str
    path: str
    params: Pairs
    path_params: dict[str, str]
    conditions: Conditions
    referrer: str = ""
    credentials: RequestCredentials = field(default_factory=RequestCredentials)
    client: str = ""
    agent: str = ""
    fields: Pairs = ()
    files: tuple[Upload, ...] = ()
    body: bytes = b""
    is_prefetch: bool = False
    accepts_gzip: bool = False
    is_in_window: bool = False
    form_error: FormError | None = None
    unread_dates: tuple[tuple[str, str, str], ...] = ()

    @property
    def form_token(self) -> str:
        """The token that the forms of this page send back."""
        return self.credentials.form_token

    def param(self, name: str) -> str:
        """A parameter of the address, the first with its name; empty without one."""
        return next((value for one, value in self.params if one == name), "")

    def form_value(self, name: str) -> str:
        """A field of the form; empty without one."""
        return next((value for one, value in self.fields if one == name), "")

    def typed_value(self, name: str, stored: str = "") -> str:
        """The value of a field to show: the sent one, if the form is shown again and has the field, else the stored."""
        return next((value for one, value in self.fields if one == name), stored) if self.form_error else stored

    def file(self, name: str) -> Upload | None:
        """A file of the form; None without one, or for an empty one without a name."""
        found = (one for one in self.files if one.field == name and (one.name or one.size))
        return next(found, None)

    @property
    def proxy_login(self) -> str:
        """The login that a trusted proxy gives; empty without one."""
        return self.credentials.proxy_login

    @property
    def site_name(self) -> str:
        """The name that the administrators gave the site, else that of the settings."""
        return site_identity(self.library).name

    @property
    def words(self) -> Translator:
        return _translator(self.choice.language)

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.choice.url_language, self.path)

    @property
    def search_request(self) -> SearchRequest:
        """The search given by the address. Raises Invalid."""
        return SearchRequest.from_params(self.params)


_translator = cache(Translator)
Handler = Callable[[RequestContext], Response]
Call = Callable[[RequestContext, Headers], Response]
_Check = Callable[[Request, RequestContext], RequestContext]
_Handle = Callable[[Request, IO[bytes], RequestContext], Response]
_Handling = tuple[_Check, _Handle]
"""How a request with a body is checked before its body is read, and handled after."""
PORTION = "portion"
"""The parameter of the address to which a page sends the next portion of a long action."""


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
    checked = partial(_check_form, check=check, in_portions=in_portions)
    form: _Handling | None = (checked, _form_handling(post, shown, keeps_text=keeps_text)) if post is not None else None

    def read(answer: Handler) -> Handler:
        # A blocking handler may do more than read.
        return answer if blocking else partial(_run_twice, answer)

    async def run(request: Request) -> Response:
        context = context_of(request, parse_params(request))
        if call is not None:
            # Browsers send cookies with requests from any page.
            context = replace(context, credentials=RequestCredentials(token=context.credentials.token))
        if not context.credentials.has_credentials:
            _rates(request).count(caller_key(ANONYMOUS, context.client), context.path)
        sent_file = _upload_handling(request, upload)
        if request.method not in _SAFE_METHODS and (
            handling := sent_file
            or form
            or _program_handling(request.method, writes, call, takes_any_type=takes_any_type)
        ):
            takes_file = has_file or sent_file is not None
            limit = BodyLimit(largest_body, context.library.settings.file_size * takes_file)
            response = await _run_write(request, context, *handling, limit)
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


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How large a body may be: `fields` bytes, and a file of so many megabytes."""

    fields: int
    megabytes: int = 0

    @property
    def bytes(self) -> int:
        return self.fields + self.megabytes * 10**6

    @property
    def refusal(self) -> Exception:
        """The answer to a larger one."""
        return Invalid(FILE_TOO_LARGE, limit=self.megabytes) if self.megabytes else HTTPException(413)


def _run_twice(handler: Handler, context: RequestContext) -> Response:
    """Run a handler that only reads, once more if the database is lost meanwhile: another server can be read."""
    try:
        return handler(context)
    except ServerLost:
        return handler(context)


def _read_as_user(request: Request, handler: Handler, context: RequestContext) -> Response:
    return handler(_with_actor(request, context))


def _form_handling(post: Handler, sent_page: Handler | None, *, keeps_text: bool) -> _Handle:
    return partial(_run_form_handler, handler=post, sent_page=sent_page, keeps_text=keeps_text)


def _program_handling(
    method: str, writes: Mapping[str, Handler] | None, call: Call | None, *, takes_any_type: bool
) -> _Handling | None:
    if writes is not None:
        check = partial(_check_program_request, takes_any_type=takes_any_type)
        return check, partial(_run_program_handler, handler=writes[method])
    return (_with_token_actor, partial(_run_call, handler=call)) if call is not None else None


async def _run_write(
    request: Request,
    context: RequestContext,
    check: _Check,
    handle: _Handle,
    largest: BodyLimit,
) -> Response:
    """Check a request as far as that is possible before its body is read, then handle it.

    The caller is looked up again, because the check may have recognised the user. Raises as `received_body` does.
    """
    allowed = await run_in_turn(
        WorkKind.BLOCKING, caller_of(request, context.credentials), partial(check, request), context
    )
    user_id = allowed.actor.user_id
    refused: FlorilegeError | None = getattr(request.state, "refused", None)
    limit = largest.bytes if user_id is not None and refused is None else min(largest.bytes, LARGEST_BODY)
    refusal = refused or (largest.refusal if limit == largest.bytes else Forbidden(_SIGN_IN_FIRST))
    async with received_body(request, user_id or "", limit, refusal, context.library.settings.data) as body:
        return await run_in_turn(
            WorkKind.BLOCKING, caller_of(request, context.credentials), partial(handle, request, body), allowed
        )


def _check_form(
    request: Request,
    context: RequestContext,
    check: Callable[[RequestContext], object] | None,
    *,
    in_portions: bool,
) -> RequestContext:
    """The request with its user, if the user may send a form, as far as that is known before its body is read."""
    identified = _with_actor(request, context)
    require_same_origin(request.headers)
    if check is not None:
        # Only a small body is read, so that its text can be shown again; `post` then raises the same error.
        try:
            check(identified)
        except LoginNeeded:
            pass
        except (Forbidden, NotFound) as error:
            if not (identified.credentials.session or is_from_browser(request.headers)):
                raise
            request.state.refused = error
    is_portion = in_portions and bool(context.param(PORTION))
    count_form_post(context.library, identified.actor, context.client, is_portion=is_portion)
    return identified


def _run_form_handler(
    request: Request,
    body: IO[bytes],
    context: RequestContext,
    handler: Handler,
    sent_page: Handler | None,
    *,
    keeps_text: bool,
) -> Response:
    """Handle a form, after checking that it is ours. If it is refused, the error page finds it in `request.state`."""
    with spooled_file(context.library.settings.data) as files:
        fields, uploads = parse_form(request.headers.get("content-type", ""), body, files)
        context = _with_current_actor(request, context)
        is_own = is_own_form(fields, context.credentials.form_secret)
        kept = next((value for name, value in fields if name == KEPT_FORM), "") if keeps_text else ""
        if keeps_text and context.credentials.token is None:
            earlier = unpack_form(kept) if kept else None
            sent = earlier or sent_form_of(fields, has_files=any(one.name for one in uploads))
            request.state.sent_form = (sent, sent_page)
        if kept:
            # Nothing of it is done, with whatever token: the user looks at it first, and sends it.
            raise ResumedForm(STALE_FORM)
        if not is_own:
            raise StaleForm(STALE_FORM)
        if isinstance(refused := getattr(request.state, "refused", None), FlorilegeError):
            raise refused
        return handler(replace(context, fields=fields, files=uploads))


def _check_program_request(
    request: Request, context: RequestContext, *, takes_any_type: bool = False
) -> RequestContext:
    """The request with its user, if a program may send it, as far as that is known before its body is read.

    Cookies are ignored, because browsers send them with requests from any page.
    """
    if context.credentials.token is None:
        raise LoginNeeded("A program logs in here with a token, in its “Authorization” header.")
    identified = _with_actor(request, context)
    if request.method != "DELETE" and not takes_any_type:
        require_json(request.headers, merging=request.method == "PATCH")
    count_form_post(context.library, identified.actor, context.client)
    return identified


def _with_token_actor(request: Request, context: RequestContext) -> RequestContext:
    """The request with the user of its token, or with nobody. Raises LoginNeeded for an invalid token."""
    return context if context.credentials.token is None else _with_actor(request, context)


def _run_call(
    request: Request,
    body: IO[bytes],
    context: RequestContext,
    handler: Call,
) -> Response:
    """Handle what a program sent, with or without a token."""
    return handler(replace(_with_current_actor(request, context), body=body.read()), request.headers)


def _run_program_handler(request: Request, body: IO[bytes], context: RequestContext, handler: Handler) -> Response:
    """Handle a request of a program."""
    identified = replace(_with_current_actor(request, context), body=body.read())
    keys = request.headers.getlist("idempotency-key")
    sent = ProgramRequest(context.method, context.path, context.params, identified.body, keys)
    return run_idempotent_write(
        context.library, identified.actor, sent, lambda within: handler(replace(identified, library=within))
    )


def _upload_handling(request: Request, upload: Call | None) -> _Handling | None:
    if upload is None or request.method != "POST" or not is_multipart(request.headers):
        return None
    return _check_upload, partial(_run_upload, handler=upload)


def _check_upload(request: Request, context: RequestContext) -> RequestContext:
    """The request with its user, if a program may write with its token, before a large file is read."""
    identified = _check_program_request(request, context, takes_any_type=True)
    require_signed_in(identified.actor)
    return identified


def _run_upload(request: Request, body: IO[bytes], context: RequestContext, handler: Call) -> Response:
    """Handle a form with a file that a program sent."""
    with spooled_file(context.library.settings.data) as files:
        fields, uploads = parse_form(request.headers["content-type"], body, files)
        return handler(replace(_with_current_actor(request, context), fields=fields, files=uploads), request.headers)


def _with_current_actor(request: Request, context: RequestContext) -> RequestContext:
    """The request with its current user: a session, a token or a role may end while a body is received."""
    request.state.actor = actor_of(context.library, context.credentials)
    return replace(context, actor=request.state.actor)


def _with_actor(request: Request, context: RequestContext) -> RequestContext:
    """The request with its user; later error pages know the user too."""
    credentials, by_token = context.credentials, context.credentials.token is not None
    try:
        request.state.actor = actor_of(context.library, credentials)
    except LoginNeeded:
        _rates(request).count(caller_key(ANONYMOUS, context.client), context.path)
        raise
    if credentials.has_credentials:
        _rates(request).count(caller_key(request.state.actor, context.client, by_token=by_token), context.path)
        known_callers(request).remember(credentials, request.state.actor)
    return replace(context, actor=_of_request(request))


def _of_request(request: Request) -> Actor:
    """The actor known so far. A request that only reads asks once for the groups that it may read."""
    actor: Actor = getattr(request.state, "actor", ANONYMOUS)
    return replace(actor, memo=RequestMemo()) if request.method in _SAFE_METHODS else actor


def _rates(request: Request) -> RateLimiter:
    rates: RateLimiter = request.app.state.rates
    return rates


def context_of(request: Request, params: Pairs) -> RequestContext:
    library: Library = request.app.state.library
    return RequestContext(
        library,
        _of_request(request),
        negotiate_locale(params, request.cookies, request.headers.get("accept-language", ""), library.settings),
        request.method,
        # Not `request.url`, which fails for an address that is not UTF-8.
        request.scope["path"],
        params,
        {name: str(value) for name, value in request.path_params.items()},
        Conditions.of(request.headers),
        _referrer(request),
        RequestCredentials.of(request, library.settings),
        request.client.host if request.client else "",
        request.headers.get("user-agent", ""),
        is_prefetch=is_prefetch(request),
        accepts_gzip="gzip" in request.headers.get("accept-encoding", ""),
        is_in_window=request.headers.get("sec-fetch-dest") == "document",
    )


def parse_params(request: Request) -> Pairs:
    """The parameters of the address. Raises Invalid if they are not UTF-8, or too many."""
    query: bytes = request.scope["query_string"]
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeError:
        raise Invalid("The address holds characters that are not UTF-8.") from None
    except ValueError:
        raise Invalid(
            "The address holds too many parameters: at most %(limit)s are read.", limit=MAX_PARAMETERS
        ) from None
    return tuple(pairs)


def _referrer(request: Request) -> str:
    """Path and parameters of the `Referer`, if it is a page of the requested host."""
    try:
        link = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    if not link.netloc or link.netloc != request.headers.get("host"):
        return ""
    address = link.path + (f"?{link.query}" if link.query else "")
    # A path that begins with `//` would be another host: `safe_next` replaces it by the home page.
    return address if safe_next(address) == address else ""
