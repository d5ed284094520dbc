"""Requests with a body, from forms and programs: checked before the body is read, and handled after."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import IO

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kb.errors import FlorilegeError, Forbidden, Invalid, LoginNeeded, NotFound
from kb.files.received_file import FILE_TOO_LARGE
from kb.services.authentication.authentication import count_form_post, with_present_rights
from kb.services.core.library import Library
from kb.services.groups.membership import require_signed_in
from kb.web.http.context import Call, Handler, RequestContext
from kb.web.http.forms.form_requests import (
    STALE_FORM,
    is_own_form,
    parse_form,
    require_json,
    require_same_origin,
)
from kb.web.http.forms.refused_forms import EARLIER_FORM, ResumedForm, StaleForm, sent_form_of, unpack_form
from kb.web.http.limits.callers import caller_of
from kb.web.http.limits.page_threads import WorkKind, run_in_turn
from kb.web.http.limits.request_bodies import (
    LARGEST_BODY,
    received_body,
    spooled_file,
)
from kb.web.http.request_actor import with_actor, with_current_actor
from kb.web.http.request_origin import is_from_browser
from kb.web.http.writes.idempotent_write import ProgramRequest, run_idempotent_write

_SIGN_IN_FIRST = "Log in to send this much: log in in another tab, then go back and send this once more."
_Check = Callable[[Request, RequestContext], RequestContext]
_Handle = Callable[[Request, IO[bytes], RequestContext], Response]
Handling = tuple[_Check, _Handle]
"""How a request with a body is checked before its body is read, and handled after."""
PORTION = "portion"
"""The parameter of the address to which a page sends the next portion of a long action."""


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


async def run_write(
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


def check_form(
    request: Request,
    context: RequestContext,
    check: Callable[[RequestContext], object] | None,
    *,
    in_portions: bool,
) -> RequestContext:
    """The request with its user, if the user may send a form, as far as that is known before its body is read."""
    identified = with_actor(request, context)
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


def run_form(
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
        context = with_current_actor(request, context)
        is_own = is_own_form(fields, context.credentials.form_secret)
        packed_form = next((value for name, value in fields if name == EARLIER_FORM), "") if keeps_text else ""
        if keeps_text and context.credentials.token is None:
            earlier = unpack_form(packed_form) if packed_form else None
            sent = earlier or sent_form_of(fields, has_files=any(upload.name for upload in uploads))
            request.state.sent_form = (sent, sent_page)
        if packed_form:
            # Nothing of it is done, with whatever token: the user looks at it first, and sends it.
            raise ResumedForm(STALE_FORM)
        if not is_own:
            raise StaleForm(STALE_FORM)
        if isinstance(refused := getattr(request.state, "refused", None), FlorilegeError):
            raise refused
        return handler(replace(context, fields=fields, files=uploads))


def check_program_request(request: Request, context: RequestContext, *, takes_any_type: bool = False) -> RequestContext:
    """The request with its user, if a program may send it, as far as that is known before its body is read.

    Cookies are ignored, because browsers send them with requests from any page.
    """
    if context.credentials.token is None:
        raise LoginNeeded("A program logs in here with a token, in its “Authorization” header.")
    identified = with_actor(request, context)
    if request.method != "DELETE" and not takes_any_type:
        require_json(request.headers, merging=request.method == "PATCH")
    count_form_post(context.library, identified.actor, context.client)
    return identified


def with_token_actor(request: Request, context: RequestContext) -> RequestContext:
    """The request with the user of its token, or with nobody. Raises LoginNeeded for an invalid token."""
    return context if context.credentials.token is None else with_actor(request, context)


def run_call(
    request: Request,
    body: IO[bytes],
    context: RequestContext,
    handler: Call,
) -> Response:
    """Handle what a program sent, with or without a token."""
    return handler(replace(with_current_actor(request, context), body=body.read()), request.headers)


def run_program_request(request: Request, body: IO[bytes], context: RequestContext, handler: Handler) -> Response:
    """Handle a request of a program."""
    identified = replace(with_current_actor(request, context), body=body.read())
    keys = request.headers.getlist("idempotency-key")
    sent = ProgramRequest(context.method, context.path, context.params, identified.body, keys)

    def write(within: Library) -> Response:
        return handler(replace(identified, library=within, actor=with_present_rights(within, identified.actor)))

    return run_idempotent_write(context.library, identified.actor, sent, write)


def check_upload(request: Request, context: RequestContext) -> RequestContext:
    """The request with its user, if a program may write with its token, before a large file is read."""
    identified = check_program_request(request, context, takes_any_type=True)
    require_signed_in(identified.actor)
    return identified


def run_upload(request: Request, body: IO[bytes], context: RequestContext, handler: Call) -> Response:
    """Handle a form with a file that a program sent."""
    with spooled_file(context.library.settings.data) as files:
        fields, uploads = parse_form(request.headers["content-type"], body, files)
        return handler(replace(with_current_actor(request, context), fields=fields, files=uploads), request.headers)
