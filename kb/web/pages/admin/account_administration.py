"""The page of one account, for administrators: its facts and the actions on it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.services.accounts.accounts import close_account, set_administrator
from kb.services.accounts.one_time_links import LINK_HOURS, create_password_link
from kb.services.admin.account_administration import AccountView, account_view, change_account, end_sessions
from kb.translation import Translator
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.secret_pages import with_secret_headers
from kb.web.pages.admin.overview import (
    ACCOUNTS,
    ERASURE,
    AdminHeader,
    account_facts,
    admin_header,
    administrators_only,
)
from kb.web.pages.groups.member_actions import OneTimeLinkPage
from kb.web.ui.display_text import Link
from kb.web.ui.group_choices import role_name
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
    form_token: str
    action: str
    head: AdminHeader
    facts: str
    usage: str
    wrong: str
    groups: tuple[Link, ...]
    name: str
    email: str
    actions: tuple[AccountAction, ...]
    sure: AccountAction | None
    forget: str


@administrators_only
def administered_account_page(context: RequestContext) -> Response:
    """One account."""
    return _page_response(context)


@administrators_only
def handle_administered_account_post(context: RequestContext) -> Response:
    """Handle the form; an error is shown above the page, with the typed values."""
    try:
        return _apply_form(context)
    except (Invalid, Conflict) as error:
        return _page_response(context, error=error)


def _apply_form(context: RequestContext) -> Response:
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


_NOTICES = {
    "change": "kept",
    "sign-out": "signed-out-everywhere",
    "open": "account-opened",
    "close": "account-closed",
    "make-administrator": "administrator-made",
    "unmake-administrator": "administrator-unmade",
}


def _page_response(context: RequestContext, *, error: FlorilegeError | None = None, sure: str = "") -> Response:
    words, view = context.words, account_view(context.library, context.actor, context.path_params["login"])
    account = view.account
    head = admin_header(context, ACCOUNTS, account.user.name)
    deeds = _account_actions(view, words)
    typed = error is not None and context.form_value("act") == "change"
    page = AdministeredAccountPage(
        title=f"{account.user.name} – {words.say('Administration')}",
        form_token=context.form_token,
        action=context.addresses.admin(ACCOUNTS, account.user.login),
        head=head,
        facts=account_facts(account, words),
        usage=_usage(view, words),
        wrong=words.sentence(error) if error else "",
        groups=tuple(
            Link(group.name, context.addresses.group(group.slug), role_name(role, words)) for group, role in view.groups
        ),
        name=context.form_value("name") if typed else account.user.name,
        email=context.form_value("email") if typed else account.email or "",
        actions=deeds,
        sure=next((one for one in deeds if one.act == sure), None),
        forget=context.addresses.admin(ERASURE, account.user.login),
    )
    return render(
        context,
        "admin/account_administration.html",
        page,
        409 if isinstance(error, Conflict) else 400 if error else 200,
    )


def _usage(view: AccountView, words: Translator) -> str:
    """The date of the account, and its numbers of sessions and tokens."""
    facts = (
        words.say("since %(day)s", day=words.instant(view.account.created_at)),
        words.say("last seen on %(day)s", day=words.instant(view.seen_at)) if view.seen_at else "",
        words.plural("%(count)s session", "%(count)s sessions", view.sessions),
        words.plural("%(count)s token", "%(count)s tokens", view.tokens) if view.tokens else "",
        words.say("signs in by another service") if view.elsewhere else "",
    )
    return " · ".join(filter(None, facts))


def _account_actions(view: AccountView, words: Translator) -> tuple[AccountAction, ...]:
    """The actions that are possible now; the last administrator cannot be removed."""
    account, name = view.account, view.account.user.name
    deeds = []
    if account.closed_at is None:
        deeds.append(
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
        meaning = words.say("Wherever %(name)s is signed in, they have to sign in again.", name=name)
        deeds.append(
            AccountAction("sign-out", words.say("Sign out everywhere"), meaning, words.say("End the sessions"))
        )
    if not account.administrator and account.closed_at is None:
        meaning = words.say(
            "%(name)s sees and changes all accounts and all groups, the closed ones too, as you do.", name=name
        )
        deeds.append(
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
        deeds.append(AccountAction("unmake-administrator", words.say("Administration"), meaning, button, True))
    if account.closed_at is not None:
        meaning = words.say("%(name)s can sign in again. Tokens and private feeds have to be made anew.", name=name)
        deeds.append(AccountAction("open", words.say("Open the account"), meaning, words.say("Open the account")))
    elif view.others:
        meaning = words.say(
            "%(name)s is signed out at once and signs in no more; tokens and private feeds end. What they did stays.",
            name=name,
        )
        deeds.append(
            AccountAction("close", words.say("Close the account"), meaning, words.say("Close the account"), True)
        )
    return tuple(deeds)


def _link_page(context: RequestContext, login: str, secret: str) -> Response:
    words, head = context.words, admin_header(context, ACCOUNTS, login)
    page = OneTimeLinkPage(
        title=words.say("A link to pass on"),
        breadcrumb=(*head.breadcrumb, Link(login, context.addresses.admin(ACCOUNTS, login))),
        link=context.library.settings.base_url + context.addresses.reset(secret),
        lead=words.say(
            "This link sets the password of “%(login)s”, once, within %(hours)s hours. It is shown only now.",
            login=login,
            hours=LINK_HOURS,
        ),
    )
    return with_secret_headers(render(context, "groups/new_invitation_link.html", page))
