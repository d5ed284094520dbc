"""The page of one account, for administrators: its facts and the actions on it."""

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid
from kb.services.accounts.account_lifecycle import close_account, set_administrator
from kb.services.accounts.one_time_links import LINK_HOURS, create_password_link
from kb.services.admin.account_administration import AccountView, account_view, change_account, end_sessions
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.pages.admin.admin_layout import ACCOUNTS, AdminHeader, admin_header, administrators_only
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.new_secret import new_secret_page
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class AdministeredAccountPage:
    """`actions` are those possible now. `sure` is the requested one, to be confirmed; then only this is shown."""

    head: AdminHeader
    view: AccountView
    actions: tuple[str, ...]
    sure: str


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
            raise Invalid("The request is not a form of this site.")
    mine = login == actor.login and act in {"close", "unmake-administrator"}
    return redirect_with_flash(
        context.addresses.home() if mine else context.addresses.admin(ACCOUNTS, login), _NOTICES[act]
    )


def _page_response(context: RequestContext, sure: str = "") -> Response:
    view = account_view(context.library, context.actor, context.path_params["login"])
    account, actions = view.account, tuple(_possible_actions(view))
    page = AdministeredAccountPage(
        head=admin_header(context, ACCOUNTS, account.user.name),
        view=view,
        actions=actions,
        sure=sure if sure in actions else "",
    )
    return render(context, "admin/account_administration.html", page)


def _possible_actions(view: AccountView) -> Iterator[str]:
    """The last administrator cannot be removed."""
    account, is_open = view.account, view.account.closed_at is None
    if is_open:
        yield "link"
    if view.sessions:
        yield "sign-out"
    if is_open and not account.administrator:
        yield "make-administrator"
    if account.administrator and view.has_other_administrator:
        yield "unmake-administrator"
    if not is_open:
        yield "open"
    elif view.has_other_administrator:
        yield "close"


def _link_page(context: RequestContext, login: str, secret: str) -> Response:
    translator = context.translator
    account = Link(login, context.addresses.admin(ACCOUNTS, login))
    lead = translator.gettext(
        "This link sets the password of “%(login)s”, once, within %(hours)s hours. It is shown only now.",
        login=login,
        hours=LINK_HOURS,
    )
    return new_secret_page(
        context,
        translator.gettext("A link to pass on"),
        (*admin_header(context, ACCOUNTS, login).breadcrumb, account),
        lead,
        address=context.addresses.reset(secret),
    )
