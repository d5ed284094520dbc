"""Set a new password by a one-time link."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import FlorilegeError, Invalid, RateLimited
from kb.model.people.account import SHORTEST_PASSWORD
from kb.services.accounts.one_time_links import account_of_password_link, reset_password
from kb.services.authentication.authentication import check_link_rate
from kb.services.authentication.device_cookies import new_device_cookie
from kb.web.http.authentication import with_device_cookie, with_session_cookie
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.accounts.account_layout import form_error_status, with_retry_after
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class PasswordResetPage:
    """`login` is the login of the account: browsers store it with the password."""

    title: str
    form_token: str
    action: str
    lead: str
    login: str
    password_hint: str
    wrong: str


def password_reset_page(context: RequestContext) -> Response:
    """The form of a password link. Opening the page does not use the link."""
    return _page_response(context)


def handle_password_reset_post(context: RequestContext) -> Response:
    """Set the password, and log in this browser only."""
    secret = context.path_params["secret"]
    try:
        check_link_rate(context.library, context.client)
        session = reset_password(context.library, secret, context.form_value("password"), context.agent)
    except (Invalid, RateLimited) as error:
        return _page_response(context, error)
    response = with_session_cookie(
        redirect_with_flash(context.addresses.home(), "password-set"), session, context.library.settings
    )
    return with_device_cookie(response, new_device_cookie(context.library, session), context.library.settings)


def _page_response(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    words, secret = context.words, context.path_params["secret"]
    account = account_of_password_link(context.library, secret)
    page = PasswordResetPage(
        title=words.say("Set a password"),
        form_token=context.form_token,
        action=context.addresses.reset(secret),
        lead=words.say("For %(who)s. It ends all sessions that are open elsewhere.", who=account.user.name),
        login=account.user.login,
        password_hint=words.say(
            "At least %(count)s characters: a sentence is easy to remember.", count=SHORTEST_PASSWORD
        ),
        wrong=words.sentence(error) if error else "",
    )
    return with_retry_after(
        with_secret_headers(render(context, "accounts/password_reset.html", page, form_error_status(error))), error
    )
