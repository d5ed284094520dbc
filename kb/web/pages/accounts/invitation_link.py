"""One-time links that create an account, or let a user who has one join a group."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import NotFound
from kb.model.people.account import FOR_ACCOUNTS, LinkPurpose
from kb.services.accounts.account_lifecycle import NewAccount
from kb.services.accounts.oidc_login import provider_name
from kb.services.accounts.one_time_links import OneTimeLink, create_account_from_link, join_from_link, one_time_link
from kb.services.authentication.authentication import check_link_rate
from kb.services.groups.membership import membership_status_of
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.middleware.security_headers import with_secret_headers
from kb.web.pages.accounts.account_layout import NewLogin, new_login, with_new_session
from kb.web.ui.form_errors import handle_form
from kb.web.ui.group_header import redirect_to_joined
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class WelcomePage:
    """`for_administrator`: the link makes the first administrator; `group` is the one that it leads into, if any.

    `sign_in` links to the login, for a user with an account, if the link can be used with it. `named` is the login
    given by a proxy: the new account has the same login, and needs no password. `is_again`: the password has to be
    typed once more.
    """

    for_administrator: bool
    group: str
    login: NewLogin
    email: str
    is_again: bool
    sign_in: str
    provider: str
    secret: str
    named: str


def welcome_page(context: RequestContext) -> Response:
    """The form of an invitation link. Opening the page does not use the link, because programs open links too.

    A user who is logged in needs no second account, and joins the group with the existing one.
    """
    link = one_time_link(context.library, context.path_params["secret"])
    return (_join_response if _is_for_account(context, link) else _signup_response)(context, link)


@handle_form(welcome_page)
def handle_welcome_post(context: RequestContext) -> Response:
    """Create the invited account, log in and go to the group of the invitation; or join with the existing account."""
    library, secret, field = context.library, context.path_params["secret"], context.form_value
    check_link_rate(library, context.client)
    link = one_time_link(library, secret)
    if _is_for_account(context, link):
        return redirect_to_joined(context, join_from_link(library, context.actor, secret))
    # A user named by a proxy needs no password, and has the same login here.
    password = None if context.credentials.proxy_login else field("password")
    new = NewAccount(context.credentials.proxy_login or field("login"), field("name"), field("email"), password)
    _, session = create_account_from_link(library, secret, new, context.agent)
    onward = context.addresses.group(link.group.slug) if link.group else context.addresses.home()
    return with_new_session(redirect_with_flash(onward, "welcome"), session, library)


def _is_for_account(context: RequestContext, link: OneTimeLink) -> bool:
    """Whether a user who is logged in opened an invitation link."""
    return context.actor.user_id is not None and link.invitation.purpose is LinkPurpose.ACCOUNT


def _signup_response(context: RequestContext, link: OneTimeLink) -> Response:
    secret, invitation = context.path_params["secret"], link.invitation
    if invitation.purpose not in FOR_ACCOUNTS:
        raise NotFound("There is nothing at this address.")
    first, group = invitation.purpose is LinkPurpose.ADMINISTRATOR, link.group
    here = context.addresses.welcome(secret)
    typed, name, email = context.typed_value("login"), context.typed_value("name"), invitation.email or ""
    page = WelcomePage(
        for_administrator=first,
        group=group.name if group else "",
        # The first administrator may have a login that is reserved.
        login=NewLogin(typed) if first else new_login(context, typed, name, email.partition("@")[0]),
        email=context.typed_value("email", email),
        is_again=context.form_error is not None,
        sign_in="" if first or group is None else context.addresses.login(here),
        provider=provider_name(context.library.settings),
        secret=secret,
        named=context.credentials.proxy_login,
    )
    return with_secret_headers(render(context, "accounts/signup.html", page))


def _join_response(context: RequestContext, link: OneTimeLink) -> Response:
    """The offer of the link; a user who already has the role is redirected to the group, and the link stays valid."""
    group, role = link.group, link.invitation.role
    if group is not None and role is not None:
        current_role = membership_status_of(context.library, context.actor, group).role
        if current_role is not None and current_role >= role:
            return redirect_with_flash(context.addresses.group(group.slug))
    return with_secret_headers(render(context, "accounts/invitation_link.html", link))
