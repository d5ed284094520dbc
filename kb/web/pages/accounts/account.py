"""The page of the user's own account: name, e-mail address, password, groups and sessions."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Forbidden, Invalid, NotFound, RateLimited
from kb.model.people.account import LONGEST_EMAIL, LONGEST_NAME, SHORTEST_PASSWORD, Account, Session
from kb.services.accounts.own_account import (
    OwnAccount,
    change_email,
    change_name,
    change_password,
    end_other_sessions,
    end_session,
    own_account_details,
)
from kb.services.authentication.device_cookies import new_device_cookie
from kb.services.email.outbox import can_send_email
from kb.web.http.authentication import with_device_cookie
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.accounts.account_layout import (
    ACCOUNT,
    account_links,
    form_error_status,
    require_browser,
    with_retry_after,
)
from kb.web.pages.accounts.user_agents import browser_label
from kb.web.ui.display_text import Link
from kb.web.ui.group_choices import role_name
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session; `key` ends it, empty for the current one."""

    key: str
    browser: str
    facts: str


@dataclass(frozen=True, slots=True)
class AccountPage:
    """`known` are links to the user's own pages; `others`: the user has more sessions than this one.

    `has_password`: the form asks for the present password. `email` is the typed address, otherwise the stored one;
    `unconfirmed` says that it is not confirmed yet, and what to do.
    """

    title: str
    form_token: str
    action: str
    parts: tuple[Link, ...]
    wrong: str
    login: str
    known: tuple[Link, ...]
    groups: tuple[Link, ...]
    name: str
    email: str
    unconfirmed: str
    has_password: bool
    password_hint: str
    sessions: tuple[SessionRow, ...]
    others: bool


def account_page(context: RequestContext) -> Response:
    """The account of the logged-in user. Raises LoginNeeded."""
    return _page_response(context)


def handle_account_post(context: RequestContext) -> Response:
    """Handle the form; an error is shown above the page, with the typed values."""
    require_browser(context)
    try:
        done = redirect_with_flash(context.addresses.own(ACCOUNT), _apply_form(context))
    except (Invalid, Conflict, NotFound, Forbidden, RateLimited) as error:
        return _page_response(context, error)
    if context.form_value("act") != "password":
        return done
    # A new password makes all device cookies invalid: issue a new one for this browser.
    return with_device_cookie(done, new_device_cookie(context.library, context.shown.session), context.library.settings)


def _apply_form(context: RequestContext) -> str:
    library, actor, field = context.library, context.actor, context.form_value
    match field("act"):
        case "name":
            change_name(library, actor, field("name"))
            return "kept"
        case "email":
            is_sent = change_email(library, actor, field("email"), field("proof"), context.client)
            return "email-sent" if is_sent else "kept"
        case "password":
            change_password(library, actor, field("present"), field("password"), context.client)
            return "password-changed"
        case "end":
            end_session(library, actor, field("id"))
            return "session-ended"
        case "end-others":
            end_other_sessions(library, actor)
            return "sessions-ended"
        case _:
            raise Invalid("What was sent is not a form of this site.")


def _page_response(context: RequestContext, error: FlorilegeError | None = None) -> Response:
    require_browser(context)
    words, own = context.words, own_account_details(context.library, context.actor)
    account, act = own.account, context.form_value("act") if error else ""
    page = AccountPage(
        title=words.say("My account"),
        form_token=context.form_token,
        action=context.addresses.own(ACCOUNT),
        parts=account_links(context, ACCOUNT),
        wrong=words.sentence(error) if error else "",
        login=account.user.login,
        known=_own_links(context, own),
        groups=tuple(
            Link(group.name, context.addresses.group(group.slug), role_name(role, words))
            for group, role in own.groups
            if not group.is_personal
        ),
        name=context.form_value("name")[:LONGEST_NAME] if act == "name" else account.user.name,
        email=context.form_value("email")[:LONGEST_EMAIL]
        if act == "email"
        else account.unverified_email or account.email or "",
        unconfirmed=_unconfirmed(context, account),
        has_password=account.has_password,
        password_hint=words.say(
            "At least %(count)s characters: a sentence is easy to remember.", count=SHORTEST_PASSWORD
        ),
        sessions=tuple(_row(one, context) for one in own.sessions),
        others=any(one.id != context.actor.credential for one in own.sessions),
    )
    return with_retry_after(render(context, "accounts/account.html", page, form_error_status(error)), error)


def _unconfirmed(context: RequestContext, account: Account) -> str:
    """What the user can do about an unconfirmed address; empty if there is none."""
    words = context.words
    if account.unverified_email is None:
        return ""
    if not can_send_email(context.library.settings):
        return words.say(
            "This address is not confirmed. This site sends no e-mail: ask an administrator to confirm it."
        )
    if account.email is None:
        return words.say("This address is not confirmed yet: open the link that was sent to it.")
    return words.say(
        "This address is not confirmed yet: open the link that was sent to it. Until then, messages go to %(email)s.",
        email=account.email,
    )


def _own_links(context: RequestContext, own: OwnAccount) -> tuple[Link, ...]:
    words, addresses = context.words, context.addresses
    mine = tuple(
        Link(words.say("My library"), addresses.group(group.slug)) for group, _ in own.groups if group.is_personal
    )
    return (
        *mine,
        Link(words.say("Keep from the browser"), addresses.own("keep/tools")),
        Link(words.say("My mentions"), addresses.own("mentions")),
        Link(words.say("Invitations"), addresses.own("invitations")),
        Link(words.say("Sign out"), addresses.own("logout")),
    )


def _row(one: Session, context: RequestContext) -> SessionRow:
    words, here = context.words, one.id == context.actor.credential
    facts = (
        words.say("this session") if here else "",
        words.say("since %(day)s", day=words.instant(one.created_at)),
        words.say("last seen on %(day)s", day=words.instant(one.seen_at)),
    )
    return SessionRow(
        "" if here else one.id, browser_label(one.agent, words), " · ".join(fact for fact in facts if fact)
    )
