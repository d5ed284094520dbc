"""Confirm an e-mail address by a one-time link."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict
from kb.services.accounts.email_verification import confirm_email, email_of_link
from kb.services.authentication.authentication import check_link_rate
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.accounts.account_layout import ACCOUNT, form_error_status, require_browser
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ConfirmEmailPage:
    """`lead` names the address and the account; `account` links back."""

    title: str
    form_token: str
    action: str
    lead: str
    wrong: str
    account: str


def confirm_email_page(context: RequestContext) -> Response:
    """The button that confirms the address. Opening the page does not use the link, because programs open links too."""
    return _page(context)


def handle_confirm_email_post(context: RequestContext) -> Response:
    """Confirm the address."""
    require_browser(context)
    check_link_rate(context.library, context.client)
    try:
        confirm_email(context.library, context.actor, context.path_params["secret"])
    except Conflict as error:
        return _page(context, error)
    return redirect_with_flash(context.addresses.own(ACCOUNT), "email-confirmed")


def _page(context: RequestContext, error: Conflict | None = None) -> Response:
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
    return with_secret_headers(render(context, "accounts/confirm_email.html", page, form_error_status(error)))
