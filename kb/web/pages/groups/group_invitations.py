"""The form that invites people to a group: addresses, logins and names in one field, or a link to pass on."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from kb.access.actor import Action
from kb.errors import Invalid
from kb.model.people.group import Group, Role, role_named
from kb.model.people.user import User
from kb.services.email.outbox import can_send_email
from kb.services.groups.bulk_invitations import (
    LONGEST_ADDRESS_LIST,
    TypedAddress,
    invite_list_to_group,
    typed_addresses,
)
from kb.services.groups.group_views import GroupPeople, people_of_group, require_group_permission
from kb.services.groups.invitations import (
    invite_account,
    invite_by_email,
    invite_by_link,
)
from kb.services.groups.known_people import MOST_SUGGESTED, known_people
from kb.web.http.context import RequestContext
from kb.web.http.forms.form_requests import redirect_with_flash
from kb.web.http.writes.idempotent_forms import once
from kb.web.ui.display_text import Link
from kb.web.ui.form_options import FormOption, role_choices
from kb.web.ui.group_header import MEMBERS
from kb.web.ui.invitation_results import (
    EARLIER_LINKS,
    invitation_link_page,
    invitation_results_page,
    renewed_invitation,
)
from kb.web.ui.item_links import breadcrumb, group_link
from kb.web.ui.person_field import PersonField, chosen_login, person_field

INVITE = "invite"
"""The anchor of the form."""
_PENDING = "invitations"
"""The anchor of the open invitations."""
_FIELD, _KNOWN = "people", "known"


@dataclass(frozen=True, slots=True)
class InvitationForm:
    """The form with the typed values. `person` has the typed text, and the people whom it may mean; `known` are people
    to tick. `can_send_email`: the site sends e-mail messages.
    """

    roles: tuple[FormOption, ...]
    person: PersonField
    known: tuple[FormOption, ...]
    can_send_email: bool


def invitation_form(context: RequestContext, people: GroupPeople) -> InvitationForm | None:
    """The form; None for a user who may not invite."""
    if not people.grantable_roles:
        return None
    role = next((role for role in people.grantable_roles if role.key == context.typed_value("role")), Role.MEMBER)
    others, ticked = _people_to_invite(people, context), set(_ticked(context))
    return InvitationForm(
        roles=role_choices(people.grantable_roles, role, context.translator),
        person=person_field(context, others, context.typed_value(_FIELD)[:LONGEST_ADDRESS_LIST]),
        known=tuple(
            FormOption(person.login, person.name, person.login, chosen=person.login in ticked)
            for person in others[:MOST_SUGGESTED]
        ),
        can_send_email=can_send_email(context.library.settings),
    )


@once
def send_invitations(context: RequestContext) -> Response:
    """Create a link to pass on, or another one for an invitation, or invite those who are typed and ticked."""
    group = require_group_permission(context.library, context.actor, Action.INVITE, context.path_params["group"])
    pending = context.addresses.group(group.slug, MEMBERS, (("at", _PENDING),)) + f"#{_PENDING}"
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
    entries += tuple(TypedAddress(0, login, login) for login in _ticked(context) if login not in named)
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
        login = chosen_login(context, others, _FIELD) if named else address
        invite_account(library, actor, group.slug, login, role)
    return redirect_with_flash(context.addresses.group(group.slug, MEMBERS, (("at", INVITE),)) + f"#{INVITE}", done)


def _ticked(context: RequestContext) -> Iterator[str]:
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
