"""One account, for an administrator: what it is, and what can be done about it."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Conflict, FlorilegeError, Invalid
from kb.services.accounts.accounts import close_account, set_administrator
from kb.services.accounts.one_time_links import LINK_HOURS, password_link
from kb.services.admin.account_administration import AccountView, account_view, change_account, end_sessions
from kb.translation import Translator
from kb.web.http.context import Context
from kb.web.http.csrf import moved
from kb.web.http.secret_pages import private
from kb.web.pages.admin.overview import ACCOUNTS, FORGET, AdminHead, admin_head, administered, facts_of
from kb.web.pages.groups.member_actions import LinkPage
from kb.web.ui.form_choices import role_name
from kb.web.ui.fragments import Link
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be done, with what it means; `grave`: it takes something away."""

    act: str
    title: str
    meaning: str
    button: str
    grave: bool = False


@dataclass(frozen=True, slots=True)
class AccountPage:
    """`sure` is what was asked for, to be confirmed; then nothing else is shown. `name` and `email` are as typed."""

    title: str
    form_token: str
    action: str
    head: AdminHead
    facts: str
    used: str
    wrong: str
    groups: tuple[Link, ...]
    name: str
    email: str
    deeds: tuple[Deed, ...]
    sure: Deed | None
    forget: str


@administered
def account_page(context: Context) -> Response:
    """One account."""
    return _answer(context)


@administered
def act_on_account(context: Context) -> Response:
    """Do what the form says; what cannot be done is told above the page, with what was typed."""
    try:
        return _done(context)
    except (Invalid, Conflict) as error:
        return _answer(context, error=error)


def _done(context: Context) -> Response:
    library, actor, field = context.library, context.actor, context.form_value
    login = account_view(library, actor, context.path_params["login"]).account.user.login
    act, sure = field("act"), bool(field("sure"))
    match act:
        case "change":
            change_account(library, actor, login, field("name"), field("email"))
        case "link":
            return _link(context, login, password_link(library, actor, login))
        case "sign-out":
            end_sessions(library, actor, login)
        case "open":
            close_account(library, actor, login, closed=False)
        case "close" | "make-administrator" | "unmake-administrator" if not sure:
            return _answer(context, sure=act)
        case "close":
            close_account(library, actor, login, closed=True)
        case "make-administrator" | "unmake-administrator":
            set_administrator(library, actor, login, administrator=act == "make-administrator")
        case _:
            raise Invalid("What was sent is not a form of this site.")
    mine = login == actor.login and act in {"close", "unmake-administrator"}
    return moved(context.addresses.home() if mine else context.addresses.admin(ACCOUNTS, login), _NOTICES[act])


_NOTICES = {
    "change": "kept",
    "sign-out": "signed-out-everywhere",
    "open": "account-opened",
    "close": "account-closed",
    "make-administrator": "administrator-made",
    "unmake-administrator": "administrator-unmade",
}


def _answer(context: Context, *, error: FlorilegeError | None = None, sure: str = "") -> Response:
    words, view = context.words, account_view(context.library, context.actor, context.path_params["login"])
    account = view.account
    head = admin_head(context, ACCOUNTS, account.user.name)
    deeds = _deeds(view, words)
    typed = error is not None and context.form_value("act") == "change"
    page = AccountPage(
        title=f"{account.user.name} – {words.say('Administration')}",
        form_token=context.form_token,
        action=context.addresses.admin(ACCOUNTS, account.user.login),
        head=head,
        facts=facts_of(account, words),
        used=_used(view, words),
        wrong=words.sentence(error) if error else "",
        groups=tuple(
            Link(group.name, context.addresses.group(group.slug), role_name(role, words)) for group, role in view.groups
        ),
        name=context.form_value("name") if typed else account.user.name,
        email=context.form_value("email") if typed else account.email or "",
        deeds=deeds,
        sure=next((one for one in deeds if one.act == sure), None),
        forget=context.addresses.admin(FORGET, account.user.login),
    )
    return render(
        context,
        "admin/account_administration.html",
        page,
        409 if isinstance(error, Conflict) else 400 if error else 200,
    )


def _used(view: AccountView, words: Translator) -> str:
    """Since when there is an account, and where it is used."""
    facts = (
        words.say("since %(day)s", day=words.instant(view.account.created_at)),
        words.say("last seen on %(day)s", day=words.instant(view.seen_at)) if view.seen_at else "",
        words.plural("%(count)s session", "%(count)s sessions", view.sessions),
        words.plural("%(count)s token", "%(count)s tokens", view.tokens) if view.tokens else "",
        words.say("signs in by another service") if view.elsewhere else "",
    )
    return " · ".join(filter(None, facts))


def _deeds(view: AccountView, words: Translator) -> tuple[Deed, ...]:
    """What can be done at this moment; nobody takes the last administrator away."""
    account, name = view.account, view.account.user.name
    deeds = []
    if account.closed_at is None:
        deeds.append(
            Deed(
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
        deeds.append(Deed("sign-out", words.say("Sign out everywhere"), meaning, words.say("End the sessions")))
    if not account.administrator and account.closed_at is None:
        meaning = words.say(
            "%(name)s sees and changes all accounts and all groups, the closed ones too, as you do.", name=name
        )
        deeds.append(
            Deed(
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
        deeds.append(Deed("unmake-administrator", words.say("Administration"), meaning, button, True))
    if account.closed_at is not None:
        meaning = words.say("%(name)s can sign in again. Tokens and private feeds have to be made anew.", name=name)
        deeds.append(Deed("open", words.say("Open the account"), meaning, words.say("Open the account")))
    elif view.others:
        meaning = words.say(
            "%(name)s is signed out at once and signs in no more; tokens and private feeds end. What they did stays.",
            name=name,
        )
        deeds.append(Deed("close", words.say("Close the account"), meaning, words.say("Close the account"), True))
    return tuple(deeds)


def _link(context: Context, login: str, secret: str) -> Response:
    words, head = context.words, admin_head(context, ACCOUNTS, login)
    page = LinkPage(
        title=words.say("A link to pass on"),
        trail=(*head.trail, Link(login, context.addresses.admin(ACCOUNTS, login))),
        link=context.library.settings.base_url + context.addresses.reset(secret),
        lead=words.say(
            "This link sets the password of “%(login)s”, once, within %(hours)s hours. It is shown only now.",
            login=login,
            hours=LINK_HOURS,
        ),
    )
    return private(render(context, "groups/new_invitation_link.html", page))
