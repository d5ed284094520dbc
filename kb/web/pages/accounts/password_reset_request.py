"""A forgotten password: asking for a link to another one."""

import logging
from dataclasses import dataclass

from starlette.background import BackgroundTask
from starlette.responses import Response

from kb.errors import FlorilegeError, TooOften
from kb.services.accounts.password_reset import check_asking, send_password_link
from kb.services.core.library import Library
from kb.services.email.outbox import can_write
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.secret_pages import private
from kb.web.pages.accounts.account_layout import patient
from kb.web.ui.rendering import render

_SENT = "reset-sent"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LostPasswordPage:
    """`by_mail`: this site can send letters; `sent`: one was asked for just now. `login` leads to signing in."""

    title: str
    form_token: str
    action: str
    login: str
    by_mail: bool
    sent: bool
    typed: str
    wrong: str


def lost_password_page(context: Context) -> Response:
    """The form that asks for a link."""
    return _page(context, sent=("done", _SENT) in context.params)


def ask_for_link(context: Context) -> Response:
    """Have a link sent. The letter is written behind the answer, which tells nobody whether there is an account."""
    if not can_write(context.library.settings):
        return _page(context)
    typed = context.form_value("login")
    try:
        check_asking(context.library, context.client)
    except TooOften as error:
        return patient(_page(context, typed=typed, wrong=context.words.sentence(error), status=429), error)
    response = moved(context.addresses.own("reset"), _SENT)
    response.background = BackgroundTask(_send, context.library, typed, context.choice.language)
    return response


def _send(library: Library, typed: str, language: str) -> None:
    try:
        send_password_link(library, typed, language)
    except FlorilegeError as error:
        _log.warning("a link to another password was not sent: %s", error)


def _page(context: Context, *, sent: bool = False, typed: str = "", wrong: str = "", status: int = 200) -> Response:
    page = LostPasswordPage(
        title=context.words.say("Forgotten password"),
        form_token=context.form_token,
        action=context.addresses.own("reset"),
        login=context.addresses.login(),
        by_mail=can_write(context.library.settings),
        sent=sent,
        typed=typed[:254],
        wrong=wrong,
    )
    return private(render(context, "accounts/password_reset_request.html", page, status))
