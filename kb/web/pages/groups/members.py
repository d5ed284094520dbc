"""The members page of a group: requests to join, the table of members and contributors, and invitations."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.model.people.group import Group, Role, role_named
from kb.services.groups.author_links import decline_claim
from kb.services.groups.group_views import GroupPeople, people_of_group, readable_group
from kb.services.groups.invitations import answer_join_request, revoke_invitation
from kb.services.groups.membership import set_role
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.urls.page_urls import url_with_query
from kb.web.pages.groups.group_invitations import INVITE, InvitationForm, invitation_form, send_invitations
from kb.web.pages.groups.people_table import PEOPLE, ROW, PeopleTable, people_table
from kb.web.ui.display_text import facts_line
from kb.web.ui.form_errors import FormRow, handle_form
from kb.web.ui.form_options import FormOption, role_choices, role_name
from kb.web.ui.group_header import MEMBERS, GroupHeader, header_of_group
from kb.web.ui.invitation_delivery import with_delivery
from kb.web.ui.rendering import render

REQUESTS, CLAIMS, INVITATIONS = "requests", "claims", "invitations"
"""Anchors of the sections of the page, which are also the places of its notices."""
_PLACES = {
    "approve": REQUESTS,
    "decline": REQUESTS,
    "decline-claim": CLAIMS,
    "revoke": INVITATIONS,
    "replace": INVITATIONS,
    "resend": INVITATIONS,
    "invite": INVITE,
    "link": INVITE,
}
"""The sections of the forms, by action."""


@dataclass(frozen=True, slots=True)
class MembersPage:
    """`invitations` are open; empty for a user who may not answer them.

    `place` is the anchor at which the notice or the error stands, empty for the top of the page. `here` is the address
    of this page of the table, where its forms are sent. `roles` are those of an accepted request, `all_roles` explains
    those of the table.
    """

    head: GroupHeader
    people: GroupPeople
    place: str
    here: str
    table: PeopleTable
    roles: tuple[FormOption, ...]
    all_roles: tuple[FormOption, ...]
    invitations: tuple[FormRow, ...]
    invite: InvitationForm | None


def members_page(context: RequestContext) -> Response:
    """All contributors and members of a group, the most active first."""
    people = people_of_group(context.library, context.actor, context.path_params["group"])
    translator, table = context.translator, people_table(context, people)
    page = MembersPage(
        head=header_of_group(context, people.group, MEMBERS),
        people=people,
        place=_place(context, table),
        here=url_with_query(context.path, _table_pairs(context)),
        table=table,
        roles=role_choices(people.grantable_roles, Role.MEMBER, translator),
        all_roles=role_choices(Role, Role.MEMBER, translator) if table.may_manage else (),
        invitations=_invitations(people, context),
        invite=invitation_form(context, people),
    )
    return render(context, "groups/members.html", page)


@handle_form(members_page, {NotFound: 400})
def handle_members_post(context: RequestContext) -> Response:
    """Answer a request to join, change a role, invite, replace a link, or withdraw an invitation."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    library, actor, field = context.library, context.actor, context.form_value
    match field("act"):
        case "approve":
            answer_join_request(library, actor, group.slug, field("login"), role_named(field("role")))
            return _redirect_to_member(context, group, ROW + field("login"), "approved")
        case "decline":
            answer_join_request(library, actor, group.slug, field("login"), None)
            return _redirect_to_member(context, group, REQUESTS, "declined")
        case "decline-claim":
            author, _, login = field("login").partition(" ")
            decline_claim(library, actor, group.slug, author, login)
            return _redirect_to_member(context, group, CLAIMS, "declined")
        case "role":
            undo = set_role(library, actor, group.slug, field("login"), role_named(field("role")))
            return _redirect_to_member(
                context, group, ROW + field("login"), "role-set" if undo else "unchanged", undo or ""
            )
        case "revoke":
            revoke_invitation(library, actor, group.slug, field("id"))
            return _redirect_to_member(context, group, INVITATIONS, "invitation-revoked")
        case "invite" | "link" | "replace" | "resend":
            return send_invitations(context)
        case _:
            raise Invalid("The request is not a form of this site.")


def _redirect_to_member(context: RequestContext, group: Group, place: str, done: str, undo: str = "") -> Response:
    """The page again, with its notice at the place of the action."""
    pairs = (*_table_pairs(context), ("at", place))
    return redirect_with_flash(context.addresses.group(group.slug, MEMBERS, pairs) + f"#{place}", done, undo)


def _table_pairs(context: RequestContext) -> tuple[tuple[str, str], ...]:
    """The parameters that choose a page of the table."""
    return tuple((name, context.param(name)) for name in ("q", "page") if context.param(name))


def _place(context: RequestContext, table: PeopleTable) -> str:
    """The anchor of the last action, if the page has it."""
    act = context.form_value("act")
    place = _PLACES.get(act, ROW + context.form_value("login")) if act else context.param("at")
    rows = {ROW + row.person.user.login for row in table.rows}
    return place if place in {REQUESTS, CLAIMS, PEOPLE, INVITATIONS, INVITE, *rows} else ""


def _invitations(people: GroupPeople, context: RequestContext) -> tuple[FormRow, ...]:
    translator = context.translator
    rows = []
    for invitation, user in people.invitations:
        name = user.name if user else invitation.email or translator.gettext("A link to pass on")
        role = role_name(invitation.role, translator) if invitation.role else ""
        until = translator.gettext("until %(day)s", day=translator.instant(invitation.expires_at))
        row = FormRow(invitation.id, name, facts_line(role, until), has_link=user is None)
        rows.append(with_delivery(row, invitation, people.deliveries.get(invitation.id), translator))
    return tuple(rows)
