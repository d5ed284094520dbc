"""The layout of the account pages: access check, navigation, new sessions."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden
from kb.services.accounts.account_lifecycle import LONGEST_LOGIN, proposed_login
from kb.services.accounts.oidc_login import provider_name
from kb.services.authentication.authentication import new_device_cookie
from kb.services.core.library import Library
from kb.services.groups.membership import require_signed_in
from kb.translation import Translator
from kb.web.http.authentication import with_device_cookie, with_session_cookie
from kb.web.http.context import RequestContext
from kb.web.ui.display_text import Link

ACCOUNT, IDENTITY, TOKENS, FEEDS = "account", "account/identity", "account/tokens", "account/feeds"
DATA = "account/data"


def require_browser(context: RequestContext) -> None:
    """Raise LoginNeeded for an anonymous visitor; Forbidden for a program, which must not create tokens for itself."""
    require_signed_in(context.actor)
    if context.credentials.token is not None:
        raise Forbidden("A program cannot change an account: log in with a browser.")


@dataclass(frozen=True, slots=True)
class NewLogin:
    """The login in the form for a new account; `refused` is the typed one, if `value` is filled in instead of it."""

    value: str
    refused: str = ""


def new_login(context: RequestContext, typed: str, *texts: str) -> NewLogin:
    """The typed login, or a free one like it; without one, a free one made of the first text that is not empty."""
    typed = typed.strip()[:LONGEST_LOGIN]
    free = proposed_login(context.library, typed, *(text[:LONGEST_LOGIN] for text in texts))
    return NewLogin(free or typed, typed if free and free != typed else "")


@dataclass(frozen=True, slots=True)
class AccountHeader:
    """`pages` are the account pages, one of which is current."""

    title: str
    pages: tuple[Link, ...]


def account_header(context: RequestContext, current: str) -> AccountHeader:
    """The header of one of the account pages."""
    _ = context.translator.gettext
    names = {
        ACCOUNT: _("My account"),
        IDENTITY: _("Other ways to log in"),
        TOKENS: _("Tokens"),
        FEEDS: _("Private feeds"),
        DATA: _("My data"),
    }
    links = tuple(
        Link(label, context.addresses.own(name), current=name == current)
        for name, label in names.items()
        if name != IDENTITY or provider_name(context.library.settings)
    )
    return AccountHeader(names[current], links)


def account_breadcrumb(context: RequestContext, part: str) -> tuple[Link, ...]:
    """The breadcrumb of a page below the account page."""
    first, *others = account_header(context, part).pages
    return (first, *(link for link in others if link.current))


def created_on(created_at: str, translator: Translator) -> str:
    """The date of a token or a key."""
    return translator.gettext("created on %(day)s", day=translator.instant(created_at))


def last_use(seen_at: str | None, translator: Translator) -> str:
    """The date when a token or a key was last used."""
    return (
        translator.gettext("last used on %(day)s", day=translator.instant(seen_at))
        if seen_at
        else translator.gettext("never used")
    )


def with_new_session(response: Response, session: str, library: Library) -> Response:
    """The answer with the cookies of a new session, and of a device that has logged in."""
    with_session_cookie(response, session, library.settings)
    return with_device_cookie(response, new_device_cookie(library, session), library.settings)
