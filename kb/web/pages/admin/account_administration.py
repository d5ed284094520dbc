"""The page of one account, for administrators: its facts and the actions on it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.services.accounts.accounts import close_account, set_administrator
from kb.services.accounts.one_time_links import LINK_HOURS, create_password_link
from kb.services.admin.account_administration import AccountView, account_view, change_account, end_sessions
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.pages.admin.overview import (
    ACCOUNTS,
    ERASURE,
    AdminHeader,
    account_facts,
    admin_header,
    administrators_only,
)
from kb.web.ui.display_text import Link
from kb.web.ui.forms import handle_form
from kb.web.ui.group_choices import role_name
from kb.web.ui.new_secret import new_secret_page
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class AccountAction:
    """An action on the account, with an explanation; `is_destructive`: it removes something."""

    act: str
    title: str
    meaning: str
    button: str
    is_destructive: bool = False


@dataclass(frozen=True, slots=True)
class AdministeredAccountPage:
    """`sure` is the requested action, to be confirmed; then only this is shown. `name` and `email` are the typed
    values.
    """

    title: str
    head: AdminHeader
    facts: str
    usage: str
    groups: tuple[Link, ...]
    name: str
    email: str
    actions: tuple[AccountAction, ...]
    sure: AccountAction | None
    forget: str


_NOTICES = {
    "change": "kept",
    "sign-out": "signed-out-everywhere",
    "open": "account-opened",
    "close": "account-closed",
    "make-administrator": "administrator-made",
    "unmake-administrator": "administrator-unmade",
}


@administrators_only
def administered_account_page(context: RequestContext) -> Response:
    """One account."""
    return _page_response(context)


@administrators_only
@handle_form(administered_account_page)
def handle_administered_account_post(context: RequestContext) -> Response:
    """Do an action on the account, some after a confirmation."""
    library, actor, field = context.library, context.actor, context.form_value
    login = account_view(library, actor, context.path_params["login"]).account.user.login
    act, sure = field("act"), bool(field("sure"))
    match act:
        case "change":
            change_account(library, actor, login, field("name"), field("email"))
        case "link":
            return _link_page(context, login, create_password_link(library, actor, login))
        case "sign-out":
            end_sessions(library, actor, login)
        case "open":
            close_account(library, actor, login, closed=False)
        case "close" | "make-administrator" | "unmake-administrator" if not sure:
            return _page_response(context, sure=act)
        case "close":
            close_account(library, actor, login, closed=True)
        case "make-administrator" | "unmake-administrator":
            set_administrator(library, actor, login, administrator=act == "make-administrator")
        case _:
            raise Invalid("What was sent is not a form of this site.")
    mine = login == actor.login and act in {"close", "unmake-administrator"}
    return redirect_with_flash(
        context.addresses.home() if mine else context.addresses.admin(ACCOUNTS, login), _NOTICES[act]
    )


def _page_response(context: RequestContext, sure: str = "") -> Response:
    words, view = context.words, account_view(context.library, context.actor, context.path_params["login"])
    account, actions = view.account, _account_actions(view, words)
    page = AdministeredAccountPage(
        title=f"{account.user.name} – {words.say('Administration')}",
        head=admin_header(context, ACCOUNTS, account.user.name),
        facts=account_facts(account, words),
        usage=_usage(view, words),
        groups=tuple(
            Link(group.name, context.addresses.group(group.slug), role_name(role, words)) for group, role in view.groups
        ),
        name=context.typed_value("name", account.user.name),
        email=context.typed_value("email", account.email or ""),
        actions=actions,
        sure=next((one for one in actions if one.act == sure), None),
        forget=context.addresses.admin(ERASURE, account.user.login),
    )
    return render(context, "admin/account_administration.html", page)


def _usage(view: AccountView, words: Translator) -> str:
    """The date of the account, and its numbers of sessions and tokens."""
    facts = (
        words.say("since %(day)s", day=words.instant(view.account.created_at)),
        words.say("last seen on %(day)s", day=words.instant(view.seen_at)) if view.seen_at else "",
        words.plural("%(count)s session", "%(count)s sessions", view.sessions),
        words.plural("%(count)s token", "%(count)s tokens", view.tokens) if view.tokens else "",
        words.say("logs in by another service") if view.elsewhere else "",
    )
    return " · ".join(filter(None, facts))


def _account_actions(view: AccountView, words: Translator) -> tuple[AccountAction, ...]:
    """The actions that are possible now; the last administrator cannot be removed."""
    account, name = view.account, view.account.user.name
    actions = []
    if account.closed_at is None:
        actions.append(
            AccountAction(
                "link",
                words.say("Another password"),
                words.say(
                    "A link by which %(name)s sets another password. You pass it on; earlier ones work no more.",
                    name=name,
                ),
                words.say("Make a link"),
            )
        )
    if view.sessions:
        meaning = words.say("Wherever %(name)s is logged in, they have to log in again.", name=name)
        actions.append(
            AccountAction("sign-out", words.say("Log out everywhere"), meaning, words.say("End the sessions"))
        )
    if not account.administrator and account.closed_at is None:
        meaning = words.say(
            "%(name)s sees and changes all accounts and all groups, the closed ones too, as you do.", name=name
        )
        actions.append(
            AccountAction(
                "make-administrator",
                words.say("Administration"),
                meaning,
                words.say("Make them an administrator"),
                True,
            )
        )
    if account.administrator and view.others:
        meaning = words.say("%(name)s looks after this site no more; their groups stay theirs.", name=name)
        button = words.say("Administrator no more")
        actions.append(AccountAction("unmake-administrator", words.say("Administration"), meaning, button, True))
    if account.closed_at is not None:
        meaning = words.say("%(name)s can log in again. Tokens and private feeds have to be made anew.", name=name)
        actions.append(AccountAction("open", words.say("Open the account"), meaning, words.say("Open the account")))
    elif view.others:
        meaning = words.say(
            "%(name)s is logged out at once and logs in no more; tokens and private feeds end. What they did stays.",
            name=name,
        )
        actions.append(
            AccountAction("close", words.say("Close the account"), meaning, words.say("Close the account"), True)
        )
    return tuple(actions)


def _link_page(context: RequestContext, login: str, secret: str) -> Response:
    words = context.words
    account = Link(login, context.addresses.admin(ACCOUNTS, login))
    lead = words.say(
        "This link sets the password of “%(login)s”, once, within %(hours)s hours. It is shown only now.",
        login=login,
        hours=LINK_HOURS,
    )
    return new_secret_page(
        context,
        words.say("A link to pass on"),
        (*admin_header(context, ACCOUNTS, login).breadcrumb, account),
        lead,
        address=context.addresses.reset(secret),
    )
