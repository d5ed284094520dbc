"""Setting another password by a link that works once."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import FlorilegeError, Invalid, TooOften
from kb.model.people.account import SHORTEST_PASSWORD
from kb.services.accounts.one_time_links import account_of_link, set_forgotten_password
from kb.services.authentication.authentication import check_links
from kb.services.authentication.device_cookies import new_device
from kb.web.http.authentication import signed_in, with_device
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.secret_pages import private
from kb.web.pages.accounts.account_layout import patient, status_of
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class ResetPage:
    """`login` is whose password is set: a browser keeps both together."""

    title: str
    form_token: str
    action: str
    lead: str
    login: str
    password_hint: str
    wrong: str


def reset_page(context: Context) -> Response:
    """The form that a link to another password leads to. Looking at it uses nothing up."""
    return _reset(context)


def reset(context: Context) -> Response:
    """Set the password, and sign in here alone."""
    secret = context.path_params["secret"]
    try:
        check_links(context.library, context.client)
        session = set_forgotten_password(context.library, secret, context.form_value("password"), context.agent)
    except (Invalid, TooOften) as error:
        return _reset(context, error)
    response = signed_in(moved(context.addresses.home(), "password-set"), session, context.library.settings)
    return with_device(response, new_device(context.library, session), context.library.settings)


def _reset(context: Context, error: FlorilegeError | None = None) -> Response:
    words, secret = context.words, context.path_params["secret"]
    account = account_of_link(context.library, secret)
    page = ResetPage(
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
    return patient(private(render(context, "accounts/password_reset.html", page, status_of(error))), error)
