"""What somebody signs in with elsewhere: adding it to their account, taking it away."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Refused, TooOften, Unavailable
from kb.services.accounts.oidc_login import begin_attaching, provider_name
from kb.services.accounts.oidc_signup import detach, identities
from kb.web.http.authentication import gone
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.secret_pages import private
from kb.web.pages.accounts.account_layout import IDENTITY, parts_of, patient, require_browser, status_of
from kb.web.pages.accounts.oidc_redirect import browser_of, going_on
from kb.web.ui.fragments import Link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """One identity: where, since when, and what its form sends back."""

    name: str
    facts: str
    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class IdentityPage:
    """`provider` is what can be added, empty for nothing; `asks`: for that, the password is asked."""

    title: str
    form_token: str
    action: str
    parts: tuple[Link, ...]
    held: tuple[IdentityRow, ...]
    provider: str
    add: str
    login: str
    asks: bool
    wrong: str


def identity_page(context: Context) -> Response:
    """What somebody signs in with elsewhere."""
    return identity_again(context, None)


def act_on_identity(context: Context) -> Response:
    """Add an identity, or take one away."""
    require_browser(context)
    try:
        if context.form_value("act") != "detach":
            return _attach(context)
        detach(context.library, context.actor, context.form_value("issuer"), context.form_value("subject"))
    except (Conflict, Refused, TooOften, Unavailable) as error:
        return identity_again(context, error)
    return moved(_here(context), "identity-removed")


def identity_again(context: Context, error: FlorilegeError | None) -> Response:
    """The page, with what went wrong. Raises SignInNeeded."""
    require_browser(context)
    words = context.words
    held, has_password = identities(context.library, context.actor)
    provider = provider_name(context.library.settings)
    here = context.library.settings.oidc_issuer
    rows = tuple(
        IdentityRow(
            provider if one.issuer == here else urlsplit(one.issuer).hostname or one.issuer,
            words.say("since %(day)s", day=words.instant(one.created_at)),
            one.issuer,
            one.subject,
        )
        for one in held
    )
    page = IdentityPage(
        title=words.say("Signing in elsewhere"),
        form_token=context.form_token,
        action=_here(context),
        parts=parts_of(context, IDENTITY),
        held=rows,
        provider=provider,
        add=words.say("Add another identity of %(name)s", name=provider)
        if any(one.issuer == here for one in held)
        else words.say("Sign in with %(name)s", name=provider),
        login=context.actor.login,
        asks=has_password,
        wrong=words.sentence(error) if error else "",
    )
    return patient(private(render(context, "accounts/identities.html", page, status_of(error))), error)


def _attach(context: Context) -> Response:
    browser, words = browser_of(context), context.words
    address = begin_attaching(context.library, context.actor, browser, context.form_value("password"), _here(context))
    name = provider_name(context.library.settings)
    title = words.say("Sign in with %(name)s", name=name)
    lead = words.say("You are led to %(name)s in a moment, and back here from there.", name=name)
    return gone(going_on(context, title, lead, address), browser.binding, context.library.settings)


def _here(context: Context) -> str:
    return context.addresses.own(IDENTITY)
