"""OIDC login: the redirect to the identity provider, and the callback."""

from starlette.responses import RedirectResponse, Response

from kb.errors import Conflict, FlorilegeError, Forbidden, RateLimited, Unavailable
from kb.services.accounts.oidc_login import OidcCallback, finish_oidc_login, start_oidc_login
from kb.services.authentication.authentication import sign_out
from kb.web.http.authentication import with_logout_hint_cookie, with_provider_cookie, with_session_cookie
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash, safe_next
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.accounts.identities import identity_page_with_error
from kb.web.pages.accounts.login import login_page_with_error
from kb.web.pages.accounts.oidc_redirect import browser_of_request


def oidc_login_redirect(context: RequestContext) -> Response:
    """Start the OIDC login. A user who is already logged in is redirected to the requested page."""
    onward, browser = safe_next(context.param("next")), browser_of_request(context)
    if context.actor.user_id is not None and context.library.settings.oidc_issuer:
        return redirect_with_flash(onward)
    try:
        address = start_oidc_login(context.library, browser, onward, invitation=context.param("invitation"))
    except (RateLimited, Unavailable) as error:
        return login_page_with_error(context, onward, error)
    response = with_secret_headers(RedirectResponse(address, 303))
    return with_provider_cookie(response, browser.binding, context.library.settings)


def oidc_login_callback(context: RequestContext) -> Response:
    """Handle the callback; its address is valid once."""
    settings = context.library.settings
    answer = OidcCallback(*(context.param(name) for name in ("state", "code", "error", "iss")))
    try:
        result = finish_oidc_login(context.library, context.actor, browser_of_request(context), answer)
    except (Conflict, Forbidden, Unavailable) as error:
        return _failed_response(context, error)
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


def _failed_response(context: RequestContext, error: FlorilegeError) -> Response:
    """The error, on the page from which the user can start again."""
    if context.actor.user_id is not None:
        return identity_page_with_error(context, error)
    return login_page_with_error(context, "/", error)
