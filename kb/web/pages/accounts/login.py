"""Login, logout, and one-time links that create an account."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.access.actor import ANONYMOUS
from kb.errors import Conflict, FlorilegeError, Forbidden, Invalid, NotFound, RateLimited
from kb.model.people.account import FOR_ACCOUNTS, SHORTEST_PASSWORD, LinkPurpose
from kb.services.accounts.accounts import NewAccount
from kb.services.accounts.oidc_login import oidc_logout_url, provider_name
from kb.services.accounts.one_time_links import OneTimeLink, create_account_from_link, one_time_link
from kb.services.authentication.authentication import check_link_rate, sign_in, sign_out
from kb.services.authentication.device_cookies import new_device_cookie
from kb.web.http.authentication import with_device_cookie, with_session_cookie, without_session_cookies
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash, safe_next
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.accounts.account_layout import form_error_status, with_retry_after
from kb.web.pages.accounts.invitation_link_logged_in import (
    handle_invitation_link_post,
    invitation_link_page,
    is_opened_with_account,
)
from kb.web.pages.accounts.oidc_redirect import OidcLink, oidc_link, oidc_redirect_page
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class LoginPage:
    """`typed` is the login of the failed try, `wrong` its error; `forgotten` links to the password reset, `oidc_link`
    to the OIDC login.
    """

    title: str
    form_token: str
    action: str
    next: str
    typed: str
    wrong: str
    forgotten: str
    oidc_link: OidcLink


@dataclass(frozen=True, slots=True)
class LogoutPage:
    """`elsewhere` names the proxy that logs users in at each request, if there is one: then a logout is not possible
    here.
    """

    title: str
    form_token: str
    action: str
    who: str
    elsewhere: str


@dataclass(frozen=True, slots=True)
class WelcomePage:
    """`lead` describes the offer of the link; `password_hint` the rules for a password; the other fields are typed
    values.

    `sign_in` links to the login, for a user with an account, if the link can be used with it. `named` is the login
    given by a proxy: the new account has the same login, and needs no password.
    """

    title: str
    form_token: str
    action: str
    lead: str
    login: str
    name: str
    email: str
    password_hint: str
    wrong: str
    sign_in: str
    oidc_link: OidcLink
    named: str


def login_page(context: RequestContext) -> Response:
    """The login form; a user who is logged in is redirected."""
    asked = context.param("next")
    if context.actor.user_id is not None:
        return redirect_with_flash(safe_next(asked))
    wrong = ""
    if context.named:
        name = context.named
        wrong = context.words.say("You are known in your network as %(name)s, who has no account here.", name=name)
    return _login_response(context, safe_next(asked), wrong=wrong)


def handle_login_post(context: RequestContext) -> Response:
    """Log in, and continue at the requested page."""
    onward = safe_next(context.form_value("next"))
    typed = context.form_value("login")
    password, device = context.form_value("password"), context.shown.device
    try:
        secret = sign_in(context.library, typed, password, context.client, context.agent, device=device)
    except (Forbidden, RateLimited) as error:
        return login_page_with_error(context, onward, error, typed)
    # A login replaces an existing session: its cookie is overwritten.
    sign_out(context.library, context.actor)
    response = with_session_cookie(redirect_with_flash(onward, "signed-in"), secret, context.library.settings)
    return with_device_cookie(response, new_device_cookie(context.library, secret), context.library.settings)


def login_page_with_error(context: RequestContext, onward: str, error: FlorilegeError, typed: str = "") -> Response:
    """The login form, with an error."""
    return with_retry_after(
        _login_response(context, onward, typed, context.words.sentence(error), form_error_status(error)), error
    )


def logout_page(context: RequestContext) -> Response:
    """The logout form; an anonymous visitor is redirected."""
    if context.actor.user_id is None:
        # A user who has also logged out at the provider is redirected here.
        return redirect_with_flash(context.addresses.home(), "signed-out")
    words, addresses = context.words, context.addresses
    elsewhere = ""
    if context.named == context.actor.login:
        elsewhere = words.say("Your network signs you in at each page: one signs out there.")
    page = LogoutPage(words.say("Sign out"), context.form_token, addresses.own("logout"), context.actor.name, elsewhere)
    return render(context, "accounts/logout.html", page)


def handle_logout_post(context: RequestContext) -> Response:
    """Log out; a user of an OIDC login is then redirected to the provider's logout."""
    library, words = context.library, context.words
    sign_out(library, context.actor)
    address = oidc_logout_url(library, context.shown.hint)
    if not address:
        return without_session_cookies(redirect_with_flash(context.addresses.home(), "signed-out"), library.settings)
    name = provider_name(library.settings)
    lead = words.say("You are signed out here. %(name)s signs you out too in a moment, then leads you back.", name=name)
    left = replace(context, actor=ANONYMOUS)
    return without_session_cookies(oidc_redirect_page(left, words.say("Sign out"), lead, address), library.settings)


def welcome_page(context: RequestContext) -> Response:
    """The form of an invitation link. Opening the page does not use the link, because programs open links too.

    A user who is logged in needs no second account, and joins the group with the existing one.
    """
    promise = one_time_link(context.library, context.path_params["secret"])
    return (
        invitation_link_page(context, promise)
        if is_opened_with_account(context, promise)
        else _welcome_response(context, promise)
    )


def handle_welcome_post(context: RequestContext) -> Response:
    """Create the invited account and log in; or join with the existing account."""
    check_link_rate(context.library, context.client)
    promise = one_time_link(context.library, context.path_params["secret"])
    if is_opened_with_account(context, promise):
        return handle_invitation_link_post(context, promise)
    # A user named by a proxy needs no password, and has the same login here.
    login, password = (
        context.named or context.form_value("login"),
        None if context.named else context.form_value("password"),
    )
    new = NewAccount(login, context.form_value("name"), context.form_value("email"), password)
    try:
        _, secret = create_account_from_link(context.library, context.path_params["secret"], new, context.agent)
    except (Invalid, Conflict) as error:
        return _welcome_response(context, promise, new, error)
    response = with_session_cookie(
        redirect_with_flash(context.addresses.home(), "welcome"), secret, context.library.settings
    )
    return with_device_cookie(response, new_device_cookie(context.library, secret), context.library.settings)


def _login_response(
    context: RequestContext, onward: str, typed: str = "", wrong: str = "", status: int = 200
) -> Response:
    page = LoginPage(
        context.words.say("Sign in"),
        context.form_token,
        context.addresses.login(),
        onward,
        typed[:254],
        wrong,
        context.addresses.own("reset"),
        oidc_link(context, onward),
    )
    return with_secret_headers(render(context, "accounts/login.html", page, status))


def _welcome_response(
    context: RequestContext, promise: OneTimeLink, typed: NewAccount | None = None, error: FlorilegeError | None = None
) -> Response:
    words, secret = context.words, context.path_params["secret"]
    invitation, here = promise.invitation, context.addresses.welcome(secret)
    if invitation.purpose not in FOR_ACCOUNTS:
        raise NotFound("There is nothing at this address.")
    first = invitation.purpose is LinkPurpose.ADMINISTRATOR
    if first:
        lead = words.say("This site has no administrator yet: this link makes you the first one.")
    elif promise.group is not None:
        lead = words.say(
            "You are invited to the group “%(group)s”: choose how you will be known here.", group=promise.group.name
        )
    else:
        lead = words.say("You are invited to this site: choose how you will be known here.")
    page = WelcomePage(
        words.say("Welcome"),
        context.form_token,
        here,
        lead,
        typed.login if typed else context.named,
        typed.name if typed else "",
        typed.email if typed else invitation.email or "",
        words.say("At least %(count)s characters: a sentence is easy to remember.", count=SHORTEST_PASSWORD),
        words.sentence(error) if error else "",
        "" if first or promise.group is None else context.addresses.login(here),
        oidc_link(context, invitation=secret),
        context.named,
    )
    return with_retry_after(
        with_secret_headers(render(context, "accounts/signup.html", page, form_error_status(error))), error
    )
