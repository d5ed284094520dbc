"""Request a one-time link to reset a forgotten password."""

import logging
from dataclasses import dataclass

from starlette.background import BackgroundTask
from starlette.responses import Response

from kb.errors import FlorilegeError, RateLimited
from kb.services.accounts.password_reset import check_reset_rate, send_password_reset_link
from kb.services.core.library import Library
from kb.services.email.outbox import can_send_email
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.accounts.account_layout import with_retry_after
from kb.web.ui.rendering import render

_SENT = "reset-sent"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LostPasswordPage:
    """`can_send_email`: this site sends e-mail messages; `sent`: a link was requested just now. `login` links to the
    login.
    """

    title: str
    form_token: str
    action: str
    login: str
    can_send_email: bool
    sent: bool
    typed: str
    wrong: str


def lost_password_page(context: RequestContext) -> Response:
    """The form that requests a link."""
    return _page(context, sent=("done", _SENT) in context.params)


def handle_lost_password_post(context: RequestContext) -> Response:
    """Send a link, after the answer, so that the answer does not reveal whether an account exists."""
    if not can_send_email(context.library.settings):
        return _page(context)
    typed = context.form_value("login")
    try:
        check_reset_rate(context.library, context.client)
    except RateLimited as error:
        return with_retry_after(_page(context, typed=typed, wrong=context.words.sentence(error), status=429), error)
    response = redirect_with_flash(context.addresses.own("reset"), _SENT)
    response.background = BackgroundTask(_send_link, context.library, typed, context.choice.language)
    return response


def _send_link(library: Library, typed: str, language: str) -> None:
    try:
        send_password_reset_link(library, typed, language)
    except FlorilegeError as error:
        _log.warning("a link to another password was not sent: %s", error)


def _page(
    context: RequestContext, *, sent: bool = False, typed: str = "", wrong: str = "", status: int = 200
) -> Response:
    page = LostPasswordPage(
        title=context.words.say("Forgotten password"),
        form_token=context.form_token,
        action=context.addresses.own("reset"),
        login=context.addresses.login(),
        can_send_email=can_send_email(context.library.settings),
        sent=sent,
        typed=typed[:254],
        wrong=wrong,
    )
    return with_secret_headers(render(context, "accounts/password_reset_request.html", page, status))
