"""Coming in and going out: signing in, signing out, and links that work once."""

from dataclasses import dataclass, replace

from starlette.responses import Response

from kb.access.actor import ANONYMOUS
from kb.errors import Conflict, FlorilegeError, Invalid, NotFound, Refused, TooOften
from kb.model.people.account import FOR_ACCOUNTS, SHORTEST_PASSWORD, Purpose
from kb.services.accounts.accounts import NewAccount
from kb.services.accounts.oidc_login import provider_name, signing_out_address
from kb.services.accounts.one_time_links import Promise, accept_account, promise_of
from kb.services.authentication.authentication import check_links, sign_in, sign_out
from kb.services.authentication.device_cookies import new_device
from kb.web.http.authentication import signed_in, signed_out, with_device
from kb.web.http.context import Context
from kb.web.http.csrf import moved, safe_next
from kb.web.http.secret_pages import private
from kb.web.pages.accounts.account_layout import patient, status_of
from kb.web.pages.accounts.invitation_link import accept, invited, is_for_them
from kb.web.pages.accounts.oidc_redirect import Door, door, going_on
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class LoginPage:
    """`typed` is the login that was tried in vain, `wrong` why; `forgotten` leads to another password, `door`
    elsewhere.
    """

    title: str
    form_token: str
    action: str
    next: str
    typed: str
    wrong: str
    forgotten: str
    door: Door


@dataclass(frozen=True, slots=True)
class LogoutPage:
    """`elsewhere` says who signs people in at each request, so that one cannot sign out here."""

    title: str
    form_token: str
    action: str
    who: str
    elsewhere: str


@dataclass(frozen=True, slots=True)
class WelcomePage:
    """`lead` says what the link promises; `password_hint` what a password must be; the rest is what was typed.

    `sign_in` is for who has an account already, where it can be used here. `named` is the login by which a proxy names
    who asks: it is theirs here too, and they need no password.
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
    door: Door
    named: str


def login_page(context: Context) -> Response:
    """The form to sign in; who is signed in goes on."""
    asked = context.param("next")
    if context.actor.user_id is not None:
        return moved(safe_next(asked))
    wrong = ""
    if context.named:
        name = context.named
        wrong = context.words.say("You are known in your network as %(name)s, who has no account here.", name=name)
    return _login(context, safe_next(asked), wrong=wrong)


def log_in(context: Context) -> Response:
    """Sign in, and go on to where one wanted to go."""
    onward = safe_next(context.form_value("next"))
    typed = context.form_value("login")
    password, device = context.form_value("password"), context.shown.device
    try:
        secret = sign_in(context.library, typed, password, context.client, context.agent, device=device)
    except (Refused, TooOften) as error:
        return login_again(context, onward, error, typed)
    # Whoever signs in where somebody is signed in ends that: its cookie is overwritten.
    sign_out(context.library, context.actor)
    response = signed_in(moved(onward, "signed-in"), secret, context.library.settings)
    return with_device(response, new_device(context.library, secret), context.library.settings)


def login_again(context: Context, onward: str, error: FlorilegeError, typed: str = "") -> Response:
    """The form to sign in, with what went wrong."""
    return patient(_login(context, onward, typed, context.words.sentence(error), status_of(error)), error)


def logout_page(context: Context) -> Response:
    """The form to sign out; who is not signed in has nothing to do here."""
    if context.actor.user_id is None:
        # Who has signed out of a provider too is led here.
        return moved(context.addresses.home(), "signed-out")
    words, addresses = context.words, context.addresses
    elsewhere = ""
    if context.named == context.actor.login:
        elsewhere = words.say("Your network signs you in at each page: one signs out there.")
    page = LogoutPage(words.say("Sign out"), context.form_token, addresses.own("logout"), context.actor.name, elsewhere)
    return render(context, "accounts/logout.html", page)


def log_out(context: Context) -> Response:
    """Sign out; who signed in elsewhere goes on to sign out there too."""
    library, words = context.library, context.words
    sign_out(library, context.actor)
    address = signing_out_address(library, context.shown.hint)
    if not address:
        return signed_out(moved(context.addresses.home(), "signed-out"), library.settings)
    name = provider_name(library.settings)
    lead = words.say("You are signed out here. %(name)s signs you out too in a moment, then leads you back.", name=name)
    left = replace(context, actor=ANONYMOUS)
    return signed_out(going_on(left, words.say("Sign out"), lead, address), library.settings)


def welcome_page(context: Context) -> Response:
    """The form that a link to an account leads to. Looking at it uses nothing up: programs look at links too.

    Who is signed in needs no second account: they join the group with the one that they have.
    """
    promise = promise_of(context.library, context.path_params["secret"])
    return invited(context, promise) if is_for_them(context, promise) else _welcome(context, promise)


def welcome(context: Context) -> Response:
    """Make the account that was promised, and sign in; or join with the account that one has."""
    check_links(context.library, context.client)
    promise = promise_of(context.library, context.path_params["secret"])
    if is_for_them(context, promise):
        return accept(context, promise)
    # Whom a proxy names is asked for no password, and is known here by the same login.
    login, password = (
        context.named or context.form_value("login"),
        None if context.named else context.form_value("password"),
    )
    new = NewAccount(login, context.form_value("name"), context.form_value("email"), password)
    try:
        _, secret = accept_account(context.library, context.path_params["secret"], new, context.agent)
    except (Invalid, Conflict) as error:
        return _welcome(context, promise, new, error)
    response = signed_in(moved(context.addresses.home(), "welcome"), secret, context.library.settings)
    return with_device(response, new_device(context.library, secret), context.library.settings)


def _login(context: Context, onward: str, typed: str = "", wrong: str = "", status: int = 200) -> Response:
    page = LoginPage(
        context.words.say("Sign in"),
        context.form_token,
        context.addresses.login(),
        onward,
        typed[:254],
        wrong,
        context.addresses.own("reset"),
        door(context, onward),
    )
    return private(render(context, "accounts/login.html", page, status))


def _welcome(
    context: Context, promise: Promise, typed: NewAccount | None = None, error: FlorilegeError | None = None
) -> Response:
    words, secret = context.words, context.path_params["secret"]
    invitation, here = promise.invitation, context.addresses.welcome(secret)
    if invitation.purpose not in FOR_ACCOUNTS:
        raise NotFound("There is nothing at this address.")
    first = invitation.purpose is Purpose.ADMINISTRATOR
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
        door(context, invitation=secret),
        context.named,
    )
    return patient(private(render(context, "accounts/welcome.html", page, status_of(error))), error)
