"""Reset a forgotten password: request a one-time link, and set a new password by it."""

import logging
from dataclasses import dataclass

from starlette.background import BackgroundTask
from starlette.responses import Response

from kb.errors import FlorilegeError, RateLimited
from kb.services.accounts.one_time_links import (
    account_of_password_link,
    check_reset_rate,
    reset_password,
    send_password_reset_link,
)
from kb.services.authentication.authentication import check_link_rate
from kb.services.core.library import Library
from kb.services.email.outbox import can_send_email
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_layout import with_new_session
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render

_SENT = "reset-sent"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LostPasswordPage:
    """`can_send_email`: this site sends e-mail messages; `sent`: a link was requested just now."""

    can_send_email: bool
    sent: bool


def lost_password_page(context: RequestContext) -> Response:
    """The form that requests a link."""
    page = LostPasswordPage(can_send_email(context.library.settings), sent=("done", _SENT) in context.params)
    return with_secret_headers(render(context, "accounts/password_reset_request.html", page))


@handle_form(lost_password_page, {RateLimited: 429})
def handle_lost_password_post(context: RequestContext) -> Response:
    """Send a link, after the answer, so that the answer does not reveal whether an account exists."""
    if not can_send_email(context.library.settings):
        return lost_password_page(context)
    check_reset_rate(context.library, context.client)
    response = redirect_with_flash(context.addresses.own("reset"), _SENT)
    typed, language = context.form_value("login"), context.choice.language
    response.background = BackgroundTask(_send_link, context.library, typed, language)
    return response


def password_reset_page(context: RequestContext) -> Response:
    """The form of a password link. Opening the page does not use the link."""
    account = account_of_password_link(context.library, context.path_params["secret"])
    return with_secret_headers(render(context, "accounts/password_reset.html", account))


@handle_form(password_reset_page, {RateLimited: 429})
def handle_password_reset_post(context: RequestContext) -> Response:
    """Set the password, and log in this browser only."""
    library, secret = context.library, context.path_params["secret"]
    check_link_rate(library, context.client)
    session = reset_password(library, secret, context.form_value("password"), context.agent)
    answer = redirect_with_flash(context.addresses.home(), "password-set")
    return with_new_session(answer, session, library)


def _send_link(library: Library, typed: str, language: str) -> None:
    try:
        send_password_reset_link(library, typed, language)
    except FlorilegeError as error:
        _log.warning("a link to another password was not sent: %s", error)
