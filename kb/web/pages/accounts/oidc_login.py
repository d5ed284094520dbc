"""OIDC login: the redirect to the identity provider, the callback, and the sign-up of a user with an unknown identity,
who proves an account theirs or creates a new one.
"""

from dataclasses import dataclass

from starlette.responses import RedirectResponse, Response

from kb.errors import Forbidden, NotFound, RateLimited, Unavailable
from kb.services.accounts.oidc_login import OidcCallback, finish_oidc_login, provider_name, start_oidc_login
from kb.services.accounts.oidc_signup import PendingSignup, link_existing_account, pending_signup, sign_up
from kb.services.authentication.authentication import new_device_cookie, sign_out
from kb.web.http.authentication import (
    with_device_cookie,
    with_logout_hint_cookie,
    with_provider_cookie,
    with_session_cookie,
)
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_layout import NewLogin, new_login
from kb.web.pages.accounts.identities import identity_page
from kb.web.pages.accounts.login import login_form
from kb.web.pages.accounts.oidc_redirect import browser_of_request
from kb.web.ui.form_errors import handle_form
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class OidcSignupPage:
    """`typed` is the login of a failed try with an existing account."""

    provider: str
    pending: PendingSignup
    login: NewLogin
    name: str
    typed: str


def _page_to_start_again(context: RequestContext) -> Response:
    return login_form(context) if context.actor.user_id is None else identity_page(context)


@handle_form(login_form, {RateLimited: 429, Unavailable: 503})
def oidc_login_redirect(context: RequestContext) -> Response:
    """Start the OIDC login. A user who is already logged in is redirected to the requested page."""
    onward, browser = safe_next(context.param("next")), browser_of_request(context)
    if context.actor.user_id is not None and context.library.settings.oidc_issuer:
        return redirect_with_flash(onward)
    address = start_oidc_login(context.library, browser, onward, invitation=context.param("invitation"))
    response = with_secret_headers(RedirectResponse(address, 303))
    return with_provider_cookie(response, browser.binding, context.library.settings)


@handle_form(_page_to_start_again, {Forbidden: 403, Unavailable: 503})
def oidc_login_callback(context: RequestContext) -> Response:
    """Handle the callback; its address is valid once."""
    settings = context.library.settings
    answer = OidcCallback(*(context.param(name) for name in ("state", "code", "error", "iss")))
    result = finish_oidc_login(context.library, context.actor, browser_of_request(context), answer)
    if result.attached:
        response = with_provider_cookie(redirect_with_flash(result.onward, "identity-added"), "", settings)
    elif result.session:
        # A login replaces an existing session: its cookie is overwritten.
        sign_out(context.library, context.actor)
        response = with_provider_cookie(
            with_session_cookie(redirect_with_flash(result.onward, "signed-in"), result.session, settings), "", settings
        )
    else:
        response = redirect_with_flash(context.addresses.own("login/provider/new"))
    return with_logout_hint_cookie(with_secret_headers(response), result.id_token, settings)


@handle_form(login_form)
def _signup_form(context: RequestContext) -> Response:
    pending = pending_signup(context.library, browser_of_request(context))
    made = context.form_value("act") == "make"
    page = OidcSignupPage(
        provider=provider_name(context.library.settings),
        pending=pending,
        login=new_login(context, context.form_value("login")) if made else NewLogin(pending.login),
        name=context.form_value("name")[:200] if made else pending.name,
        typed="" if made else context.form_value("login")[:254],
    )
    return with_secret_headers(render(context, "accounts/oidc_signup.html", page))


def oidc_signup_page(context: RequestContext) -> Response:
    """The choices of the user."""
    if context.actor.user_id is not None:
        return redirect_with_flash(context.addresses.home())
    return _signup_form(context)


@handle_form(_signup_form, {NotFound: 404, Forbidden: 403, RateLimited: 429})
def handle_oidc_signup_post(context: RequestContext) -> Response:
    """Link an existing account, or create one."""
    browser, library, field = browser_of_request(context), context.library, context.form_value
    makes = field("act") == "make"
    if makes:
        onward, session = sign_up(library, browser, field("login"), field("name"))
    else:
        onward, session = link_existing_account(library, browser, field("login"), field("password"))
    sign_out(library, context.actor)
    response = redirect_with_flash(onward, "welcome" if makes else "identity-added")
    with_session_cookie(response, session, library.settings)
    with_device_cookie(response, "" if makes else new_device_cookie(library, session), library.settings)
    return with_provider_cookie(response, "", library.settings)
