"""OIDC sign-up: the page on which a user with an unknown identity proves an account theirs, or creates a new one."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Forbidden, Invalid, NotFound, RateLimited
from kb.services.accounts.oidc_login import provider_name
from kb.services.accounts.oidc_signup import link_existing_account, pending_signup, sign_up
from kb.services.authentication.authentication import sign_out
from kb.services.authentication.device_cookies import new_device_cookie
from kb.web.http.authentication import with_device_cookie, with_provider_cookie, with_session_cookie
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.accounts.account_layout import form_error_status, with_retry_after
from kb.web.pages.accounts.login import login_page_with_error
from kb.web.pages.accounts.oidc_redirect import browser_of_request
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OidcSignupPage:
    """`lead` names the user's identity; `may_sign_up` shows the form for a new account; `typed` are the values of a
    failed try.
    """

    title: str
    form_token: str
    action: str
    lead: str
    may_sign_up: bool
    login: str
    name: str
    email: str
    typed: str
    wrong: str


def oidc_signup_page(context: RequestContext) -> Response:
    """The choices of the user."""
    if context.actor.user_id is not None:
        return redirect_with_flash(context.addresses.home())
    try:
        return _page(context)
    except Conflict as error:
        return login_page_with_error(context, "/", error)


def handle_oidc_signup_post(context: RequestContext) -> Response:
    """Link an existing account, or create one."""
    browser, library, settings = browser_of_request(context), context.library, context.library.settings
    makes = context.form_value("act") == "make"
    try:
        if makes:
            onward, session = sign_up(library, browser, context.form_value("login"), context.form_value("name"))
        else:
            onward, session = link_existing_account(
                library, browser, context.form_value("login"), context.form_value("password")
            )
    except (Conflict, Invalid, NotFound, Forbidden, RateLimited) as error:
        return _page_with_error(context, error)
    sign_out(library, context.actor)
    response = with_session_cookie(
        redirect_with_flash(onward, "welcome" if makes else "identity-added"), session, settings
    )
    device = "" if makes else new_device_cookie(library, session)
    return with_provider_cookie(with_device_cookie(response, device, settings), "", settings)


def _page_with_error(context: RequestContext, error: FlorilegeError) -> Response:
    try:
        return _page(context, error)
    except Conflict as late:
        return login_page_with_error(context, "/", late)


def _page(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    words, arrival = context.words, pending_signup(context.library, browser_of_request(context))
    provider, made = provider_name(context.library.settings), context.form_value("act") == "make"
    if arrival.name:
        lead = words.say("%(provider)s says that you are %(name)s.", provider=provider, name=arrival.name)
    else:
        lead = words.say("You are signed in with %(provider)s.", provider=provider)
    page = OidcSignupPage(
        title=words.say("Your account here"),
        form_token=context.form_token,
        action=context.addresses.own("login/provider/new"),
        lead=lead,
        may_sign_up=arrival.may_sign_up,
        login=context.form_value("login")[:100] if made else arrival.login,
        name=context.form_value("name")[:200] if made else arrival.name,
        email=arrival.email,
        typed="" if made else context.form_value("login")[:254],
        wrong=words.sentence(error) if error else "",
    )
    return with_retry_after(
        with_secret_headers(render(context, "accounts/oidc_signup.html", page, form_error_status(error))), error
    )
