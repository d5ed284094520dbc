"""What a handler receives: all that was asked, read and checked once."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import IO
from urllib.parse import parse_qsl, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from kb.access.actor import ANONYMOUS, Actor
from kb.errors import Invalid, Refused, SignInNeeded
from kb.model.search_request import SearchRequest
from kb.services.authentication.action_rates import count_act
from kb.services.core.library import Library
from kb.translation import Translator
from kb.web.http.authentication import Shown, actor_of, is_prefetch, with_form_cookie
from kb.web.http.conditional_requests import Conditions
from kb.web.http.csrf import STALE, form_of, is_own_form, require_json, require_own_page, safe_next
from kb.web.http.idempotent_write import Sent, taken
from kb.web.http.limits.body_limits import LARGEST_BODY, allowing
from kb.web.http.limits.callers import caller_of, known_callers
from kb.web.http.limits.page_threads import Work, in_turn
from kb.web.http.limits.request_bodies import received_body, spooled_file
from kb.web.http.limits.request_rates import Rates, asker
from kb.web.http.limits.uploads import Upload
from kb.web.http.listing_scope import Pairs
from kb.web.http.locale_negotiation import Choice, choice_of, is_secure
from kb.web.http.page_urls import Addresses

MAX_PARAMETERS = 400
_READING = frozenset({"GET", "HEAD"})
_SIGN_IN_FIRST = "One must be signed in to send as much: sign in in another tab, then go back and send this once more."


@dataclass(frozen=True, slots=True)
class Context:
    """One question to the site. `path_params` are the variable parts of the address; `conditions`, what one has.

    `came_from` is the page of this site that led here, as path and parameters; empty when the browser does not say.
    `fields` and `files` are those of a form that was sent, `body` what a program sent. `client` is the address that
    asks, `agent` what it says that it is: neither is kept but where `kb.services` says so. `ahead`: a browser fetches
    it
    before anybody has asked to see it.
    """

    library: Library
    actor: Actor
    choice: Choice
    method: str
    path: str
    params: Pairs
    path_params: dict[str, str]
    conditions: Conditions
    came_from: str = ""
    shown: Shown = field(default_factory=Shown)
    client: str = ""
    agent: str = ""
    fields: Pairs = ()
    files: tuple[Upload, ...] = ()
    body: bytes = b""
    ahead: bool = False

    @property
    def form_token(self) -> str:
        """What the forms of this page send back."""
        return self.shown.form_token

    def param(self, name: str) -> str:
        """A parameter of the address, the first of its name; empty when it has none."""
        return next((value for one, value in self.params if one == name), "")

    def form_value(self, name: str) -> str:
        """A field of the form that was sent; empty when it has none."""
        return next((value for one, value in self.fields if one == name), "")

    def file(self, name: str) -> Upload | None:
        """A file of the form that was sent; None when it has none, or an empty one without a name."""
        found = (one for one in self.files if one.field == name and (one.name or one.size))
        return next(found, None)

    @property
    def named(self) -> str:
        """The login by which a proxy that we believe names who asks; empty when none does."""
        return self.shown.named

    @property
    def words(self) -> Translator:
        return _translator(self.choice.language)

    @property
    def addresses(self) -> Addresses:
        return Addresses(self.choice.carried, self.path)

    @property
    def search_request(self) -> SearchRequest:
        """The search that the address spells. Raises Invalid."""
        return SearchRequest.from_params(self.params)


_translator = cache(Translator)
Handler = Callable[[Context], Response]


def endpoint(
    handler: Handler,
    *,
    waits: bool = False,
    acts: Handler | None = None,
    takes: Mapping[str, Handler] | None = None,
    again: Handler | None = None,
    before: Callable[[Context], object] | None = None,
    largest: int = LARGEST_BODY,
) -> Callable[[Request], Awaitable[Response]]:
    """Wrap a plain handler: the address is read here, the work is done in a thread.

    `waits`: run in the threads for work that blocks instead of the few that make pages, because the handler waits for
    the writer or for another machine, or must not wait for pages.
    `acts` answers what a form of this page sends; `takes`, by method, what a program sends that shows a token, in one
    transaction; at most `largest` bytes, and LARGEST_BODY without a user who is known. `again` answers a form of ours
    that is too old, or whose sender is signed out meanwhile: it shows what was typed once more, and does nothing.
    `before` raises the errors of `acts` that depend on the address and the user only, so that no body is read for them.
    """
    reads = Work.BLOCKING if waits else Work.PAGE

    async def run(request: Request) -> Response:
        context = context_of(request, params_of(request))
        if not context.shown.somebody:
            _rates(request).count(asker(ANONYMOUS, context.client), context.path)
        caller = caller_of(request, context.shown)
        if request.method not in _READING and acts is not None:
            check = partial(_check_form, before=before)
            allowed = await in_turn(Work.BLOCKING, caller, check, (request, context))
            async with _body(request, allowed, largest) as body:
                act = partial(_act, again=again, body=body)
                response = await in_turn(
                    Work.BLOCKING, caller_of(request, context.shown), act, (request, acts, allowed)
                )
        elif request.method not in _READING and takes is not None:
            allowed = await in_turn(Work.BLOCKING, caller, _check_program, (request, context))
            async with _body(request, allowed, largest) as body:
                take, asked = partial(_take, body=body), (request, takes[request.method], allowed)
                response = await in_turn(Work.BLOCKING, caller_of(request, context.shown), take, asked)
        elif context.shown.somebody:
            # Who uses a session after a while writes so.
            response = await in_turn(reads, caller, _read, (request, handler, context))
        else:
            response = await in_turn(reads, caller, handler, context)
        settings = context.library.settings
        if acts is not None or context.named:
            with_form_cookie(response, context.shown, settings)
        # A feed speaks the site's own language, whatever was asked: nothing was chosen there.
        if response.media_type != HTMLResponse.media_type:
            return response
        return context.choice.remembered(response, secure=is_secure(settings))

    return allowing(run, largest)


_Asked = tuple[Request, Handler, Context]


def _read(asked: _Asked) -> Response:
    request, handler, context = asked
    return handler(_identified(request, context))


def _body(request: Request, context: Context, largest: int) -> AbstractAsyncContextManager[IO[bytes]]:
    """What is sent with a request that was checked. Raises as `received_body` does."""
    user_id = context.actor.user_id
    limit = largest if user_id is not None else min(largest, LARGEST_BODY)
    refusal = HTTPException(413) if limit == largest else Refused(_SIGN_IN_FIRST)
    return received_body(request, user_id or "", limit, refusal, context.library.settings.data)


def _check_form(asked: tuple[Request, Context], before: Callable[[Context], object] | None) -> Context:
    """The request with its user, once a form may be sent by them, as far as can be known before its body is read."""
    request, context = asked
    identified = _identified(request, context)
    require_own_page(request.headers)
    if before is not None:
        # Without a user only a small body is read, and `acts` says the same once the form is known to be ours.
        with suppress(SignInNeeded):
            before(identified)
    count_act(context.library, identified.actor, context.client)
    return identified


def _act(asked: _Asked, again: Handler | None, body: IO[bytes]) -> Response:
    """What a form does, once it is known to be ours."""
    request, handler, context = asked
    with spooled_file(context.library.settings.data) as files:
        fields, uploads = form_of(request.headers.get("content-type", ""), body, files)
        context = _identified_again(request, context)
        sound = is_own_form(fields, context.shown.form_secret) and (again is None or context.actor.user_id is not None)
        if not sound and again is None:
            raise Refused(STALE)
        answer = handler if sound or again is None else again
        return answer(replace(context, fields=fields, files=uploads))


def _check_program(asked: tuple[Request, Context]) -> Context:
    """The request with its user, once a program may send something, as far as can be known before its body is read.

    Browsers send cookies whatever page makes them ask, so that none counts here.
    """
    request, context = asked
    if context.shown.token is None:
        raise SignInNeeded("A program signs in with a token here, which its header “Authorization” bears.")
    identified = _identified(request, context)
    if request.method != "DELETE":
        require_json(request.headers, merging=request.method == "PATCH")
    count_act(context.library, identified.actor, context.client)
    return identified


def _take(asked: _Asked, body: IO[bytes]) -> Response:
    """What a program does."""
    request, handler, context = asked
    identified = replace(_identified_again(request, context), body=body.read())
    keys = request.headers.getlist("idempotency-key")
    sent = Sent(context.method, context.path, context.params, identified.body, keys)
    return taken(context.library, identified.actor, sent, lambda within: handler(replace(identified, library=within)))


def _identified_again(request: Request, context: Context) -> Context:
    """The request with its user of this moment: a session, a token or a role may end while a body is received."""
    request.state.actor = actor_of(context.library, context.shown)
    return replace(context, actor=request.state.actor)


def _identified(request: Request, context: Context) -> Context:
    """The same question, by who asks it; an answer that says what went wrong knows them too."""
    shown, by_token = context.shown, context.shown.token is not None
    try:
        request.state.actor = actor_of(context.library, shown)
    except SignInNeeded:
        _rates(request).count(asker(ANONYMOUS, context.client), context.path)
        raise
    if shown.somebody:
        _rates(request).count(asker(request.state.actor, context.client, by_token=by_token), context.path)
        known_callers(request).remember(shown, request.state.actor)
    return replace(context, actor=request.state.actor)


def _rates(request: Request) -> Rates:
    rates: Rates = request.app.state.rates
    return rates


def context_of(request: Request, params: Pairs) -> Context:
    library: Library = request.app.state.library
    return Context(
        library,
        getattr(request.state, "actor", ANONYMOUS),
        choice_of(params, request.cookies, request.headers.get("accept-language", ""), library.settings),
        request.method,
        # Not `request.url`, which cannot be made of an address that is not UTF-8.
        request.scope["path"],
        params,
        {name: str(value) for name, value in request.path_params.items()},
        Conditions.of(request.headers),
        _came_from(request),
        Shown.of(request, library.settings),
        request.client.host if request.client else "",
        request.headers.get("user-agent", ""),
        ahead=is_prefetch(request),
    )


def params_of(request: Request) -> Pairs:
    """The parameters of the address. Raises Invalid when they are not UTF-8, or too many."""
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


def _came_from(request: Request) -> str:
    """Path and parameters of the `Referer`, when it is a page of the host that is asked."""
    try:
        link = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    if not link.netloc or link.netloc != request.headers.get("host"):
        return ""
    address = link.path + (f"?{link.query}" if link.query else "")
    # A path that begins with `//` would be another host: `safe_next` gives the first page for it.
    return address if safe_next(address) == address else ""
