"""Going to a provider of identities, and coming back from there."""

from starlette.responses import RedirectResponse, Response

from kb.errors import Conflict, FlorilegeError, Refused, TooOften, Unavailable
from kb.services.accounts.oidc_login import Answer, begin, come_back
from kb.services.authentication.authentication import sign_out
from kb.web.http.authentication import gone, signed_in, with_hint
from kb.web.http.context import Context
from kb.web.http.csrf import moved, safe_next
from kb.web.http.secret_pages import private
from kb.web.pages.accounts.identities import identity_again
from kb.web.pages.accounts.login import login_again
from kb.web.pages.accounts.oidc_redirect import browser_of


def go(context: Context) -> Response:
    """Set out. Who is signed in goes on to where they wanted to go."""
    onward, browser = safe_next(context.param("next")), browser_of(context)
    if context.actor.user_id is not None and context.library.settings.oidc_issuer:
        return moved(onward)
    try:
        address = begin(context.library, browser, onward, invitation=context.param("invitation"))
    except (TooOften, Unavailable) as error:
        return login_again(context, onward, error)
    response = private(RedirectResponse(address, 303))
    return gone(response, browser.binding, context.library.settings)


def back(context: Context) -> Response:
    """Take the answer; a browser shows its page once, and its address is worth nothing then."""
    settings = context.library.settings
    answer = Answer(*(context.param(name) for name in ("state", "code", "error", "iss")))
    try:
        result = come_back(context.library, context.actor, browser_of(context), answer)
    except (Conflict, Refused, Unavailable) as error:
        return _failed(context, error)
    if result.attached:
        response = gone(moved(result.onward, "identity-added"), "", settings)
    elif result.session:
        # Whoever signs in where somebody is signed in ends that: its cookie is overwritten.
        sign_out(context.library, context.actor)
        response = gone(signed_in(moved(result.onward, "signed-in"), result.session, settings), "", settings)
    else:
        response = moved(context.addresses.own("login/provider/new"))
    return with_hint(private(response), result.id_token, settings)


def _failed(context: Context, error: FlorilegeError) -> Response:
    """What went wrong, on the page from which one begins again."""
    if context.actor.user_id is not None:
        return identity_again(context, error)
    return login_again(context, "/", error)
