"""The members page of a group: contributors and members, requests to join, and invitations."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.errors import Invalid, NotFound
from kb.model.people.group import Group, Role, role_named
from kb.model.people.user import User
from kb.model.search_request import SearchRequest, View
from kb.services.email.outbox import can_send_email
from kb.services.groups.author_links import decline_claim
from kb.services.groups.group_views import Contributor, GroupPeople, people_of_group, readable_group
from kb.services.groups.invitation_lists import LONGEST_ADDRESS_LIST, invite_list_to_group, typed_addresses
from kb.services.groups.invitations import (
    answer_join_request,
    invite_account,
    invite_by_email,
    invite_by_link,
    revoke_invitation,
)
from kb.services.groups.known_people import known_people
from kb.web.http.context import RequestContext
from kb.web.http.form_requests import redirect_with_flash
from kb.web.http.idempotent_forms import once
from kb.web.http.listing_scope import ListingScope
from kb.web.ui.display_text import Link, facts_line
from kb.web.ui.form_errors import FormRow, handle_form
from kb.web.ui.form_options import FormOption, role_choices, role_name
from kb.web.ui.group_header import MEMBERS, GroupHeader, header_of_group
from kb.web.ui.invitation_results import invitation_results_page
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.new_secret import new_secret_page
from kb.web.ui.person_field import PersonField, chosen_login, person_field
from kb.web.ui.rendering import render


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`link` leads to the person's items, otherwise to their texts; `manage` to the actions on them."""

    link: Link
    manage: Link | None


@dataclass(frozen=True, slots=True)
class InvitationForms:
    """The forms to invite, with the typed values. `can_send_email`: the site sends e-mail messages."""

    roles: tuple[FormOption, ...]
    person: PersonField
    email: str
    can_send_email: bool


@dataclass(frozen=True, slots=True)
class MembersPage:
    """`leave` is the link to leave, for a member. `requests`, `claims` and `invitations` are open; empty for a user who
    may not answer them.
    """

    head: GroupHeader
    summary: str
    people: tuple[PersonRow, ...]
    leave: str
    roles: tuple[FormOption, ...]
    requests: tuple[FormRow, ...]
    claims: tuple[FormRow, ...]
    invitations: tuple[FormRow, ...]
    invitation_forms: InvitationForms | None


def members_page(context: RequestContext) -> Response:
    """All contributors and members of a group, the most active first."""
    people = people_of_group(context.library, context.actor, context.path_params["group"])
    group, words = people.group, context.words
    wanted = next((one for one in people.grantable_roles if one.key == context.form_value("role")), Role.MEMBER)
    roles = role_choices(people.grantable_roles, wanted, words)
    page = MembersPage(
        head=header_of_group(context, group, MEMBERS),
        summary=words.plural("%(count)s person", "%(count)s people", len(people.contributors)),
        people=tuple(_row(one, people, context) for one in people.contributors),
        leave=context.addresses.group(group.slug, "leave") if people.membership_status.may_leave else "",
        roles=roles,
        requests=_requests(people, context),
        claims=_claims(people, context),
        invitations=_invitations(people, context),
        invitation_forms=InvitationForms(
            roles,
            person_field(
                context,
                _people_to_invite(people, context),
                context.form_value("login")[:200] if context.form_value("act") == "invite" else "",
            ),
            context.form_value("email")[:LONGEST_ADDRESS_LIST],
            can_send_email(context.library.settings),
        )
        if people.grantable_roles
        else None,
    )
    return render(context, "groups/members.html", page)


@handle_form(members_page, {NotFound: 400})
def handle_members_post(context: RequestContext) -> Response:
    """Answer a request to join, invite, or withdraw an invitation."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    library, actor, field = context.library, context.actor, context.form_value
    match field("act"):
        case "approve":
            answer_join_request(library, actor, group.slug, field("login"), role_named(field("role")))
            done = "approved"
        case "decline":
            answer_join_request(library, actor, group.slug, field("login"), None)
            done = "declined"
        case "decline-claim":
            author, _, login = field("login").partition(" ")
            decline_claim(library, actor, group.slug, author, login)
            done = "declined"
        case "revoke":
            revoke_invitation(library, actor, group.slug, field("id"))
            done = "invitation-revoked"
        case "invite":
            people = people_of_group(library, actor, group.slug)
            login = chosen_login(context, _people_to_invite(people, context))
            invite_account(library, actor, group.slug, login, role_named(field("role")))
            done = "invited"
        case "link" | "email":
            return _send_invitations(context)
        case _:
            raise Invalid("What was sent is not a form of this site.")
    return redirect_with_flash(context.addresses.group(group.slug, MEMBERS), done)


def _people_to_invite(people: GroupPeople, context: RequestContext) -> tuple[User, ...]:
    """The people whom the user may know, without the members."""
    members = {one.user.id for one in people.contributors if one.role is not None}
    return tuple(one for one in known_people(context.library, context.actor) if one.id not in members)


@once
def _send_invitations(context: RequestContext) -> Response:
    """Create a link to pass on, or send links to the typed addresses."""
    group = readable_group(context.library, context.actor, context.path_params["group"])
    if context.form_value("act") == "email":
        return _invite_addresses(context, group)
    _, secret = invite_by_link(context.library, context.actor, group.slug, role_named(context.form_value("role")))
    return _link_page(context, group, secret)


def _invite_addresses(context: RequestContext, group: Group) -> Response:
    """Invite the typed addresses: one is answered as a form, more by a page with the outcome of each."""
    library, actor, typed = context.library, context.actor, context.form_value("email")
    role, entries = role_named(context.form_value("role")), typed_addresses(typed)
    if len(entries) > 1 or (entries and "@" not in entries[0].address):
        results = invite_list_to_group(library, actor, group.slug, entries, role)
        return invitation_results_page(context, _members_breadcrumb(context, group), results, role.key)
    _, unsent = invite_by_email(library, actor, group.slug, entries[0].address if entries else typed, role)
    if unsent is not None:
        return _link_page(context, group, unsent)
    return redirect_with_flash(context.addresses.group(group.slug, MEMBERS), "letter-sent")


def member_address(context: RequestContext, slug: str, login: str) -> str:
    """The page of one person of a group."""
    return context.addresses.group(slug, f"{MEMBERS}/{login}")


def member_facts(one: Contributor, context: RequestContext) -> str:
    """The role and the contributions of a person in a group, in a line."""
    words = context.words
    return facts_line(
        role_name(one.role, words) if one.role else "",
        words.plural("%(count)s item", "%(count)s items", one.shared) if one.shared else "",
        words.plural("%(count)s annotation", "%(count)s annotations", one.annotated) if one.annotated else "",
        words.say("last on %(day)s", day=words.instant(one.last)) if one.last else "",
    )


def _row(one: Contributor, people: GroupPeople, context: RequestContext) -> PersonRow:
    place = ListingScope(people.group.slug)
    seen = place.cleared(SearchRequest(view=View.ITEMS if one.shared else View.PASSAGES))
    href = context.addresses.listing(place, seen.with_value("author", one.user.login))
    link = Link(one.user.name, href if one.shared or one.annotated else "", member_facts(one, context))
    return PersonRow(link, _manage(one, people, context))


def _manage(one: Contributor, people: GroupPeople, context: RequestContext) -> Link | None:
    words, is_member = context.words, one.role is not None and not people.group.is_personal
    if people.may_manage and is_member:
        label = words.say("change")
    elif people.may_manage and one.imported:
        label = words.say("attribute")
    elif people.may_claim and one.imported:
        label = words.say("that is me")
    else:
        return None
    return Link(label, member_address(context, people.group.slug, one.user.login), one.user.name)


def _requests(people: GroupPeople, context: RequestContext) -> tuple[FormRow, ...]:
    words = context.words
    return tuple(
        FormRow(
            one.user.login,
            one.user.name,
            words.say("on %(day)s", day=words.instant(one.created_at)),
            one.message or "",
        )
        for one in people.requests
    )


def _claims(people: GroupPeople, context: RequestContext) -> tuple[FormRow, ...]:
    words = context.words
    return tuple(
        FormRow(
            f"{one.author.login} {one.user.login}",
            words.say("%(name)s says: I am “%(author)s”", name=one.user.name, author=one.author.name),
            words.say("on %(day)s", day=words.instant(one.created_at)),
            href=member_address(context, people.group.slug, one.author.login),
        )
        for one in people.claims
    )


def _invitations(people: GroupPeople, context: RequestContext) -> tuple[FormRow, ...]:
    words = context.words
    rows = []
    for invitation, user in people.invitations:
        name = user.name if user else invitation.email or words.say("A link to pass on")
        role = role_name(invitation.role, words) if invitation.role else ""
        until = words.say("until %(day)s", day=words.instant(invitation.expires_at))
        rows.append(FormRow(invitation.id, name, facts_line(role, until)))
    return tuple(rows)


def _link_page(context: RequestContext, group: Group, secret: str) -> Response:
    words, addresses = context.words, context.addresses
    lead = words.say(
        "The first person who opens this link joins “%(group)s”. It works once, for two weeks, and is shown only now.",
        group=group.name,
    )
    return new_secret_page(
        context,
        words.say("A link to pass on"),
        _members_breadcrumb(context, group),
        lead,
        address=addresses.welcome(secret),
    )


def _members_breadcrumb(context: RequestContext, group: Group) -> tuple[Link, ...]:
    members = Link(context.words.say("Members"), context.addresses.group(group.slug, MEMBERS))
    return breadcrumb(context, group_link(context, group), members)
