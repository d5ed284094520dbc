"""The page of the user's own account: name, e-mail address, password, groups and sessions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Forbidden, Invalid, NotFound, RateLimited
from kb.model.people.account import Session
from kb.services.accounts.own_account import (
    OwnAccount,
    change_email,
    change_name,
    change_password,
    confirm_email,
    email_of_link,
    end_other_sessions,
    end_session,
    own_account_details,
)
from kb.services.authentication.authentication import check_link_rate, new_device_cookie
from kb.services.email.outbox import can_send_email
from kb.translation import Translator
from kb.web.http.authentication import with_device_cookie
from kb.web.http.context import LinkLocation, RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_layout import (
    ACCOUNT,
    AccountHeader,
    account_header,
    require_browser,
)
from kb.web.ui.display_text import Link, facts_line
from kb.web.ui.form_errors import FormRow, handle_form
from kb.web.ui.rendering import render

_BROWSERS = (
    # In order: a browser that also names others in its User-Agent comes before those.
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/|Opera"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Vivaldi", r"Vivaldi/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chromium", r"Chromium/"),
    ("Chrome", r"Chrome/|CriOS/"),
    ("Safari", r"Version/.*Safari/"),
)
_SYSTEMS = (
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("ChromeOS", r"CrOS"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("Linux", r"Linux|X11"),
)


@dataclass(frozen=True, slots=True)
class AccountPage:
    """`sessions` are rows for those of `own`; `others`: the user has more sessions than this one. `links` lead to pages
    of features.
    """

    head: AccountHeader
    own: OwnAccount
    can_send_email: bool
    sessions: tuple[FormRow, ...]
    others: bool
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ConfirmEmailPage:
    email: str


def account_page(context: RequestContext) -> Response:
    """The account of the logged-in user. Raises LoginNeeded."""
    require_browser(context)
    own = own_account_details(context.library, context.actor)
    page = AccountPage(
        head=account_header(context, ACCOUNT),
        own=own,
        can_send_email=can_send_email(context.library.settings),
        sessions=tuple(_row(session, context) for session in own.sessions),
        others=any(session.id != context.actor.credential for session in own.sessions),
        links=tuple(
            Link(context.translator.gettext(link.label), context.addresses.own(link.path))
            for link in context.feature_links(LinkLocation.ACCOUNT)
        ),
    )
    return render(context, "accounts/account.html", page)


@handle_form(account_page, {NotFound: 404, Forbidden: 403, RateLimited: 429})
def handle_account_post(context: RequestContext) -> Response:
    """Change the account; a new password makes all device cookies invalid, and this browser gets a new one."""
    require_browser(context)
    library, actor, field = context.library, context.actor, context.form_value
    match field("act"):
        case "name":
            change_name(library, actor, field("name"))
            done = "kept"
        case "email":
            is_sent = change_email(library, actor, field("email"), field("proof"), context.client)
            done = "email-sent" if is_sent else "kept"
        case "password":
            change_password(library, actor, field("present"), field("password"), context.client)
            done = "password-changed"
        case "end":
            end_session(library, actor, field("id"))
            done = "session-ended"
        case "end-others":
            end_other_sessions(library, actor)
            done = "sessions-ended"
        case _:
            raise Invalid("The request is not a form of this site.")
    answer = redirect_with_flash(context.addresses.own(ACCOUNT), done)
    if done != "password-changed":
        return answer
    return with_device_cookie(answer, new_device_cookie(library, context.credentials.session), library.settings)


def confirm_email_page(context: RequestContext) -> Response:
    """The button that confirms the address. Opening the page does not use the link, because programs open links too."""
    require_browser(context)
    page = ConfirmEmailPage(email_of_link(context.library, context.actor, context.path_params["secret"]))
    return with_secret_headers(render(context, "accounts/confirm_email.html", page))


@handle_form(confirm_email_page)
def handle_confirm_email_post(context: RequestContext) -> Response:
    """Confirm the address."""
    require_browser(context)
    check_link_rate(context.library, context.client)
    confirm_email(context.library, context.actor, context.path_params["secret"])
    return redirect_with_flash(context.addresses.own(ACCOUNT), "email-confirmed")


def _row(session: Session, context: RequestContext) -> FormRow:
    """A session; the current one has no form, and no key."""
    translator, is_current = context.translator, session.id == context.actor.credential
    _ = translator.gettext
    facts = facts_line(
        _("this session") if is_current else "",
        _("since %(day)s", day=translator.instant(session.created_at)),
        _("last seen on %(day)s", day=translator.instant(session.seen_at)),
    )
    return FormRow("" if is_current else session.id, browser_label(session.agent, translator), facts)


def browser_label(agent: str, translator: Translator) -> str:
    """The browser and its system: "Firefox on Linux". An unknown User-Agent is not repeated."""
    _ = translator.gettext
    browser, system = _first_match(agent, _BROWSERS), _first_match(agent, _SYSTEMS)
    if browser and system:
        return _("%(browser)s on %(system)s", browser=browser, system=system)
    if system:
        return _("A browser on %(system)s", system=system)
    return browser or _("A browser that we do not know")


def _first_match(agent: str, known: Iterable[tuple[str, str]]) -> str:
    return next((name for name, pattern in known if re.search(pattern, agent)), "")
