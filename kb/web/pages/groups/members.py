"""The members page of a group: contributors, members and requests to join."""

from dataclasses import dataclass

from starlette.responses import Response

from kb.model.people.group import Role
from kb.model.search_request import SearchRequest, View
from kb.services.email.outbox import can_send_email
from kb.services.groups.group_views import Contributor
from kb.services.groups.member_views import GroupPeople, people_of_group
from kb.web.http.context import RequestContext
from kb.web.http.listing_scope import ListingScope
from kb.web.ui.display_text import Link
from kb.web.ui.group_choices import FormOption, role_choices, role_name
from kb.web.ui.group_header import MEMBERS, GroupHeader, header_of_group
from kb.web.ui.rendering import render
from kb.web.ui.search_form import SearchForm, search_form_of


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`link` leads to the person's items, otherwise to their texts; `manage` to the actions on them."""

    link: Link
    manage: Link | None


@dataclass(frozen=True, slots=True)
class PendingRow:
    """An open request, claim or invitation: `key` is what the form sends back."""

    key: str
    name: str
    facts: str
    message: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class InvitationForms:
    """The forms to invite, with the typed values. `can_send_email`: the site sends e-mail messages."""

    roles: tuple[FormOption, ...]
    login: str
    email: str
    can_send_email: bool


@dataclass(frozen=True, slots=True)
class MembersPage:
    """`leave` is the link to leave, for a member. `requests`, `claims` and `invitations` are open; empty for a user who
    may not answer them.
    """

    title: str
    form_token: str
    action: str
    head: GroupHeader
    form: SearchForm
    summary: str
    wrong: str
    people: tuple[PersonRow, ...]
    leave: str
    roles: tuple[FormOption, ...]
    requests: tuple[PendingRow, ...]
    claims: tuple[PendingRow, ...]
    invitations: tuple[PendingRow, ...]
    invitation_forms: InvitationForms | None


def members_page(context: RequestContext) -> Response:
    """All contributors and members of a group, the most active first."""
    return members_response(context)


def members_response(
    context: RequestContext, *, wrong: str = "", status: int = 200, login: str = "", email: str = "", role: str = ""
) -> Response:
    """The page, with the typed values after an error."""
    people = people_of_group(context.library, context.actor, context.path_params["group"])
    group, words, place = people.group, context.words, ListingScope(people.group.slug)
    head = header_of_group(context, group, MEMBERS)
    bare = place.cleared(SearchRequest())
    wanted = next((one for one in people.grantable_roles if one.key == role), Role.MEMBER)
    roles = role_choices(people.grantable_roles, wanted, words)
    page = MembersPage(
        title=f"{head.title} – {group.name}",
        form_token=context.form_token,
        action=context.addresses.group(group.slug, MEMBERS),
        head=head,
        form=search_form_of(bare, words, lang=context.choice.url_language, place=place, scope=group.name),
        summary=words.plural("%(count)s person", "%(count)s people", len(people.contributors)),
        wrong=wrong,
        people=tuple(_row(one, people, context, place) for one in people.contributors),
        leave=context.addresses.group(group.slug, "leave") if people.membership_status.may_leave else "",
        roles=roles,
        requests=_requests(people, context),
        claims=_claims(people, context),
        invitations=_invitations(people, context),
        invitation_forms=InvitationForms(roles, login, email, can_send_email(context.library.settings))
        if people.grantable_roles
        else None,
    )
    return render(context, "groups/members.html", page, status)


def member_address(context: RequestContext, slug: str, login: str) -> str:
    """The page of one person of a group."""
    return context.addresses.group(slug, f"{MEMBERS}/{login}")


def member_facts(one: Contributor, context: RequestContext) -> str:
    """The role and the contributions of a person in a group, in a line."""
    words = context.words
    facts = (
        role_name(one.role, words) if one.role else "",
        words.plural("%(count)s item", "%(count)s items", one.shared) if one.shared else "",
        words.plural("%(count)s annotation", "%(count)s annotations", one.annotated) if one.annotated else "",
        words.say("last on %(day)s", day=words.instant(one.last)) if one.last else "",
    )
    return " · ".join(fact for fact in facts if fact)


def _row(one: Contributor, people: GroupPeople, context: RequestContext, place: ListingScope) -> PersonRow:
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


def _requests(people: GroupPeople, context: RequestContext) -> tuple[PendingRow, ...]:
    words = context.words
    return tuple(
        PendingRow(
            one.user.login,
            one.user.name,
            words.say("on %(day)s", day=words.instant(one.created_at)),
            one.message or "",
        )
        for one in people.requests
    )


def _claims(people: GroupPeople, context: RequestContext) -> tuple[PendingRow, ...]:
    words = context.words
    return tuple(
        PendingRow(
            f"{one.author.login} {one.user.login}",
            words.say("%(name)s says: I am “%(author)s”", name=one.user.name, author=one.author.name),
            words.say("on %(day)s", day=words.instant(one.created_at)),
            href=member_address(context, people.group.slug, one.author.login),
        )
        for one in people.claims
    )


def _invitations(people: GroupPeople, context: RequestContext) -> tuple[PendingRow, ...]:
    words = context.words
    rows = []
    for invitation, user in people.invitations:
        name = user.name if user else invitation.email or words.say("A link to pass on")
        role = role_name(invitation.role, words) if invitation.role else ""
        until = words.say("until %(day)s", day=words.instant(invitation.expires_at))
        rows.append(PendingRow(invitation.id, name, " · ".join(fact for fact in (role, until) if fact)))
    return tuple(rows)
