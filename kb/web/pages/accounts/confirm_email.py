"""Confirming an e-mail address by a link that works once."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict
from kb.services.accounts.email_verification import confirm_email, email_of_link
from kb.services.authentication.authentication import check_links
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.secret_pages import private
from kb.web.pages.accounts.account_layout import ACCOUNT, require_browser, status_of
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ConfirmEmailPage:
    """`lead` says which address for which account; `account` leads back."""

    title: str
    form_token: str
    action: str
    lead: str
    wrong: str
    account: str


def confirm_page(context: Context) -> Response:
    """The button that confirms the address. Looking at it uses nothing up: programs look at links too."""
    return _page(context)


def confirm(context: Context) -> Response:
    """Use the address from now on."""
    require_browser(context)
    check_links(context.library, context.client)
    try:
        confirm_email(context.library, context.actor, context.path_params["secret"])
    except Conflict as error:
        return _page(context, error)
    return moved(context.addresses.own(ACCOUNT), "email-confirmed")


def _page(context: Context, error: Conflict | None = None) -> Response:
    require_browser(context)
    words, secret = context.words, context.path_params["secret"]
    email = email_of_link(context.library, context.actor, secret)
    page = ConfirmEmailPage(
        title=words.say("Confirm your e-mail address"),
        form_token=context.form_token,
        action=context.addresses.confirm_email(secret),
        lead=words.say(
            "%(email)s becomes the address of your account “%(login)s”.", email=email, login=context.actor.login
        ),
        wrong=words.sentence(error) if error else "",
        account=context.addresses.own(ACCOUNT),
    )
    return private(render(context, "accounts/confirm_email.html", page, status_of(error)))
