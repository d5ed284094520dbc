"""Join and leave a group, and the page of a user's invitations."""

from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import Response

from kb.errors import Forbidden, NotFound
from kb.model.people.group import Group, JoinPolicy, Role, Visibility, role_named
from kb.model.slugs import is_slug
from kb.services.groups.administrator_membership import has_owner, join_as_administrator
from kb.services.groups.group_views import readable_group
from kb.services.groups.invitations import ReceivedInvitation, answer_invitation, own_invitations
from kb.services.groups.membership import (
    JOINED_BY_INVITATION,
    LONGEST_MESSAGE,
    is_last_owner,
    join_group,
    leave_group,
    membership_status_of,
    require_signed_in,
    withdraw_join_request,
)
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.ui.display_text import Link
from kb.web.ui.form_errors import handle_form
from kb.web.ui.form_options import FormOption, role_choices
from kb.web.ui.group_header import redirect_to_joined
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.rendering import render

_JOINED = "joined"
"""The parameter of the page of invitations with the group that was joined last."""


class MembershipAction(StrEnum):
    """What a user can do on the page: join at once, request it, withdraw the request, or leave.

    ADMINISTER: an administrator of the site joins at once, with a role of their choice. STAY: the last owner cannot
    leave, and hands the group over or archives it first.
    """

    JOIN = "join"
    ADMINISTER = "administer"
    REQUEST = "request"
    WITHDRAW = "withdraw"
    LEAVE = "leave"
    STAY = "stay"


@dataclass(frozen=True, slots=True)
class MembershipPage:
    """One action to confirm. `is_hidden`: who leaves does not see the group any more; `longest` is that of a message to
    the owners. `roles` are those that an administrator of the site chooses from.
    """

    breadcrumb: tuple[Link, ...]
    group: Group
    action: MembershipAction
    is_hidden: bool
    roles: tuple[FormOption, ...]
    longest: int = LONGEST_MESSAGE


@dataclass(frozen=True, slots=True)
class InvitationsPage:
    """`joined` is the group that the user has just joined here, if other invitations wait."""

    invitations: tuple[ReceivedInvitation, ...]
    joined: Link | None


def join_page(context: RequestContext) -> Response:
    """The form to join a group: at once or on request, or the state of the request. Raises LoginNeeded."""
    group = _group_of_path(context)
    status = membership_status_of(context.library, context.actor, group)
    if status.role is not None:
        return redirect_with_flash(context.addresses.group(group.slug))
    if status.join is None:
        raise Forbidden(JOINED_BY_INVITATION, group=group.name)
    if status.asked:
        action = MembershipAction.WITHDRAW
    elif status.as_administrator:
        action = MembershipAction.ADMINISTER
    else:
        action = MembershipAction.REQUEST if status.join is JoinPolicy.REQUEST else MembershipAction.JOIN
    return _page_response(context, group, action)


@handle_form(join_page)
def handle_join_post(context: RequestContext) -> Response:
    """Join a group, request to join, or withdraw the request."""
    group, slug = _group_of_path(context), context.path_params["group"]
    home = context.addresses.group(slug)
    if context.form_value("act") == "take-back":
        withdraw_join_request(context.library, context.actor, slug)
        return redirect_with_flash(home, "taken-back")
    if membership_status_of(context.library, context.actor, group).as_administrator:
        join_as_administrator(context.library, context.actor, slug, role_named(context.form_value("role") or "member"))
        return redirect_to_joined(context, group)
    is_in = join_group(context.library, context.actor, group.slug, context.form_value("message"))
    return redirect_to_joined(context, group) if is_in else redirect_with_flash(home, "asked")


def leave_page(context: RequestContext) -> Response:
    """The effects of leaving, before the user confirms. Raises LoginNeeded, Forbidden unless the user is a member."""
    group = _group_of_path(context)
    if membership_status_of(context.library, context.actor, group).role is None:
        return redirect_with_flash(context.addresses.group(group.slug))
    is_last = is_last_owner(context.library, context.actor, group)
    return _page_response(context, group, MembershipAction.STAY if is_last else MembershipAction.LEAVE)


@handle_form(leave_page)
def handle_leave_post(context: RequestContext) -> Response:
    """End the membership; afterwards the user may not be able to read the group."""
    group = _group_of_path(context)
    leave_group(context.library, context.actor, group.slug)
    home = context.addresses.home() if group.visible is Visibility.MEMBERS else context.addresses.group(group.slug)
    return redirect_with_flash(home, "left")


def invitations_page(context: RequestContext) -> Response:
    """The groups that the user is invited to. Raises LoginNeeded."""
    page = InvitationsPage(own_invitations(context.library, context.actor), _joined_group(context))
    return render(context, "groups/my_invitations.html", page)


@handle_form(invitations_page, {NotFound: 404})
def handle_invitation_post(context: RequestContext) -> Response:
    """Accept an invitation, or decline it. Without another one, the user goes on to the group."""
    accept, page = context.form_value("act") == "accept", context.addresses.own("invitations")
    group = answer_invitation(context.library, context.actor, context.form_value("id"), accept=accept)
    if not accept:
        return redirect_with_flash(page, "invitation-declined")
    if own_invitations(context.library, context.actor):
        return redirect_with_flash(context.addresses.own("invitations", ((_JOINED, group.slug),)))
    return redirect_to_joined(context, group)


def _joined_group(context: RequestContext) -> Link | None:
    """The group that the address names, if the user is a member of it."""
    slug = context.param(_JOINED)
    if not is_slug(slug):
        return None
    try:
        group = readable_group(context.library, context.actor, slug)
    except NotFound:
        return None
    is_member = membership_status_of(context.library, context.actor, group).role is not None
    return group_link(context, group) if is_member else None


def _group_of_path(context: RequestContext) -> Group:
    """The group of the address, for a logged-in user. A hidden group raises NotFound, even for anonymous visitors."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    require_signed_in(context.actor)
    return group


def _page_response(context: RequestContext, group: Group, action: MembershipAction) -> Response:
    roles = _roles_to_take(context, group) if action is MembershipAction.ADMINISTER else ()
    trail, is_hidden = breadcrumb(context, group_link(context, group)), group.visible is Visibility.MEMBERS
    page = MembershipPage(trail, group, action, is_hidden, roles)
    return render(context, "groups/membership.html", page)


def _roles_to_take(context: RequestContext, group: Group) -> tuple[FormOption, ...]:
    """The roles of an administrator who joins: the owner's if the group has none, otherwise that of a member."""
    usual = Role.MEMBER if has_owner(context.library, group) else Role.OWNER
    typed = context.typed_value("role", usual.key)
    return role_choices(Role, next((role for role in Role if role.key == typed), usual), context.translator)
