"""Who came back from a provider of identities and is unknown here: whose account is theirs, or a new one."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid, NotFound, Refused, TooOften
from kb.services.accounts.oidc_login import provider_name
from kb.services.accounts.oidc_signup import arrival_of, prove_account, sign_up
from kb.services.authentication.authentication import sign_out
from kb.services.authentication.device_cookies import new_device
from kb.web.http.authentication import gone, signed_in, with_device
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.secret_pages import private
from kb.web.pages.accounts.account_layout import patient, status_of
from kb.web.pages.accounts.login import login_again
from kb.web.pages.accounts.oidc_redirect import browser_of
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ArrivingPage:
    """`lead` says who they are there; `may_sign_up` shows the form of a new account; `typed` is what was tried."""

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


def arriving_page(context: Context) -> Response:
    """What one can do now."""
    if context.actor.user_id is not None:
        return moved(context.addresses.home())
    try:
        return _page(context)
    except Conflict as error:
        return login_again(context, "/", error)


def arrive(context: Context) -> Response:
    """Prove an account one's own, or make one."""
    browser, library, settings = browser_of(context), context.library, context.library.settings
    makes = context.form_value("act") == "make"
    try:
        if makes:
            onward, session = sign_up(library, browser, context.form_value("login"), context.form_value("name"))
        else:
            onward, session = prove_account(
                library, browser, context.form_value("login"), context.form_value("password")
            )
    except (Conflict, Invalid, NotFound, Refused, TooOften) as error:
        return _again(context, error)
    sign_out(library, context.actor)
    response = signed_in(moved(onward, "welcome" if makes else "identity-added"), session, settings)
    device = "" if makes else new_device(library, session)
    return gone(with_device(response, device, settings), "", settings)


def _again(context: Context, error: FlorilegeError) -> Response:
    try:
        return _page(context, error)
    except Conflict as late:
        return login_again(context, "/", late)


def _page(context: Context, error: FlorilegeError | None = None) -> Response:
    words, arrival = context.words, arrival_of(context.library, browser_of(context))
    provider, made = provider_name(context.library.settings), context.form_value("act") == "make"
    if arrival.name:
        lead = words.say("%(provider)s says that you are %(name)s.", provider=provider, name=arrival.name)
    else:
        lead = words.say("You are signed in with %(provider)s.", provider=provider)
    page = ArrivingPage(
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
    return patient(private(render(context, "accounts/oidc_signup.html", page, status_of(error))), error)
