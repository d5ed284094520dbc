"""The members page of a group: requests to join, the table of members and contributors, and invitations."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Invalid, NotFound
from kb.model.people.group import Group, Role, role_named
from kb.model.people.user import User
from kb.services.email.outbox import can_send_email
from kb.services.groups.author_links import decline_claim
from kb.services.groups.bulk_invitations import (
    LONGEST_ADDRESS_LIST,
    TypedAddress,
    invite_list_to_group,
    typed_addresses,
)
from kb.services.groups.group_views import GroupPeople, people_of_group, readable_group, require_group_permission
from kb.services.groups.invitations import (
    answer_join_request,
    invite_account,
    invite_by_email,
    invite_by_link,
    revoke_invitation,
)
from kb.services.groups.known_people import MOST_SUGGESTED, known_people
from kb.services.groups.membership import set_role
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash, safe_next
from kb.web.http.urls.page_urls import url_with_query
from kb.web.http.writes.idempotent_forms import once
from kb.web.pages.groups.people_table import PEOPLE, ROW, PeopleTable, people_table
from kb.web.ui.display_text import Link, facts_line
from kb.web.ui.form_errors import FormRow, handle_form
from kb.web.ui.form_options import FormOption, role_choices, role_name
from kb.web.ui.group_header import MEMBERS, GroupHeader, header_of_group
from kb.web.ui.invitation_result_pages import (
    EARLIER_LINKS,
    invitation_link_page,
    invitation_results_page,
    renewed_invitation,
    with_delivery,
)
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.person_field import PersonField, person_field, selected_login
from kb.web.ui.rendering import render

_FIELD, _KNOWN = "people", "known"
REQUESTS, CLAIMS, INVITATIONS, INVITE = "requests", "claims", "invitations", "invite"
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
class InvitationForm:
    """The form with the typed values. `person` has the typed text, and the people whom it may mean; `known` are people
    to tick. `can_send_email`: the site sends e-mail messages.
    """

    roles: tuple[FormOption, ...]
    person: PersonField
    known: tuple[FormOption, ...]
    can_send_email: bool


@dataclass(frozen=True, slots=True)
class MembersPage:
    """`invitations` are open; empty for a user who may not answer them.

    `anchor` is the anchor at which the notice or the error stands, empty for the top of the page. `here` is the address
    of this page of the table, where its forms are sent. `roles` are those of an accepted request, `all_roles` explains
    those of the table.
    """

    head: GroupHeader
    people: GroupPeople
    anchor: str
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
        anchor=_notice_anchor(context, table),
        here=url_with_query(context.path, _table_pairs(context)),
        table=table,
        roles=role_choices(people.grantable_roles, Role.MEMBER, translator),
        all_roles=role_choices(Role, Role.MEMBER, translator) if table.may_manage else (),
        invitations=_invitations(people, context),
        invite=_invitation_form(context, people),
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
            return _send_invitations(context)
        case _:
            raise Invalid("The request is not a form of this site.")


def _redirect_to_member(context: RequestContext, group: Group, place: str, done: str, undo: str = "") -> Response:
    """The page again, with its notice at the place of the action, or the page from which the form was sent."""
    if back := context.form_value("next"):
        return redirect_with_flash(safe_next(back), done, undo)
    pairs = (*_table_pairs(context), ("at", place))
    return redirect_with_flash(context.addresses.group(group.slug, MEMBERS, pairs) + f"#{place}", done, undo)


def _table_pairs(context: RequestContext) -> tuple[tuple[str, str], ...]:
    """The parameters that choose a page of the table."""
    return tuple((name, context.param(name)) for name in ("q", "page") if context.param(name))


def _notice_anchor(context: RequestContext, table: PeopleTable) -> str:
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


def _invitation_form(context: RequestContext, people: GroupPeople) -> InvitationForm | None:
    """The form; None for a user who may not invite."""
    if not people.grantable_roles:
        return None
    role = next((role for role in people.grantable_roles if role.key == context.typed_value("role")), Role.MEMBER)
    others, ticked = _people_to_invite(people, context), set(_selected_logins(context))
    return InvitationForm(
        roles=role_choices(people.grantable_roles, role, context.translator),
        person=person_field(context, others, context.typed_value(_FIELD)[:LONGEST_ADDRESS_LIST]),
        known=tuple(
            FormOption(person.login, person.name, person.login, selected=person.login in ticked)
            for person in others[:MOST_SUGGESTED]
        ),
        can_send_email=can_send_email(context.library.settings),
    )


@once
def _send_invitations(context: RequestContext) -> Response:
    """Create a link to pass on, or another one for an invitation, or invite those who are typed and ticked."""
    group = require_group_permission(context.library, context.actor, Action.INVITE, context.path_params["group"])
    pending = context.addresses.group(group.slug, MEMBERS, (("at", INVITATIONS),)) + f"#{INVITATIONS}"
    if renewed := renewed_invitation(context, group.slug, partial(_link_page, context, group), pending):
        return renewed
    role = role_named(context.form_value("role"))
    if context.form_value("act") == "link":
        _, secret = invite_by_link(context.library, context.actor, group.slug, role)
        return _link_page(context, group, secret)
    return _invite_people(context, group, role)


def _invite_people(context: RequestContext, group: Group, role: Role) -> Response:
    """One person is answered as a form, several, or one after others, by a page with the outcome of each."""
    library, actor = context.library, context.actor
    others = _people_to_invite(people_of_group(library, actor, group.slug), context)
    entries = typed_addresses(context.form_value(_FIELD))
    named = {entry.address.casefold() for entry in entries}
    entries += tuple(TypedAddress(0, login, login) for login in _selected_logins(context) if login not in named)
    if not entries:
        raise Invalid("Type an address, a login or a name.")
    if len(entries) > 1 or context.form_value(EARLIER_LINKS):
        results = invite_list_to_group(library, actor, group.slug, entries, role, known=others)
        return invitation_results_page(context, _members_breadcrumb(context, group), results, role.key)
    address, done = entries[0].address, "invited"
    if "@" in address:
        _, unsent = invite_by_email(library, actor, group.slug, address, role)
        if unsent is not None:
            return _link_page(context, group, unsent, address)
        done = "letter-sent"
    else:
        login = selected_login(context, others, _FIELD) if named else address
        invite_account(library, actor, group.slug, login, role)
    return redirect_with_flash(context.addresses.group(group.slug, MEMBERS, (("at", INVITE),)) + f"#{INVITE}", done)


def _selected_logins(context: RequestContext) -> Iterator[str]:
    """The logins of the ticked people, each once."""
    yield from dict.fromkeys(value for name, value in context.fields if name == _KNOWN)


def _people_to_invite(people: GroupPeople, context: RequestContext) -> tuple[User, ...]:
    """The people whom the user may know, without the members."""
    members = {contributor.user.id for contributor in people.contributors if contributor.role is not None}
    return tuple(person for person in known_people(context.library, context.actor) if person.id not in members)


def _link_page(context: RequestContext, group: Group, secret: str, address: str | None = None) -> Response:
    translator = context.translator
    lead = translator.gettext(
        "The first person who opens this link joins “%(group)s”. It works once, for two weeks, and is shown only now.",
        group=group.name,
    )
    return invitation_link_page(context, _members_breadcrumb(context, group), lead, secret, address)


def _members_breadcrumb(context: RequestContext, group: Group) -> tuple[Link, ...]:
    members = Link(context.translator.gettext("Members"), context.addresses.group(group.slug, MEMBERS))
    return breadcrumb(context, group_link(context, group), members)
