"""The members of a group, and the actions that the current user may do on each."""

from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.errors import NotFound
from kb.model.people.account import Invitation
from kb.model.people.group import Group, Role
from kb.model.people.user import User
from kb.services.core.library import Library
from kb.services.groups.group_views import Contributor, contributors, readable_group
from kb.services.groups.membership import MembershipStatus, membership_status_of, role_in_group
from kb.services.rights.invitation_rights import grantable_roles_of
from kb.store import AuthorClaim, JoinRequest
from kb.store.database.clock import timestamp_now


@dataclass(frozen=True, slots=True)
class GroupPeople:
    """`gives` are the roles that the actor may give; if there are none, the following lists are empty.

    `manages`: the actor may change roles and link imported authors; `may_claim`: the actor may claim to be one.
    """

    group: Group
    membership_status: MembershipStatus
    contributors: tuple[Contributor, ...]
    grantable_roles: tuple[Role, ...] = ()
    may_manage: bool = False
    may_claim: bool = False
    requests: tuple[JoinRequest, ...] = ()
    invitations: tuple[tuple[Invitation, User | None], ...] = ()
    claims: tuple[AuthorClaim, ...] = ()


def people_of_group(library: Library, actor: Actor, slug: str) -> GroupPeople:
    """All members and contributors of a group, the most active first. Raises NotFound if the actor may not read the
    group.
    """
    group = readable_group(library, actor, slug)
    tie = membership_status_of(library, actor, group)
    gives, manages = grantable_roles_of(actor, group), is_allowed(actor, Action.MANAGE, group)
    everybody = contributors(library, actor, slug)
    now = timestamp_now()
    with library.store.read() as reading:
        waiting = [one for one in reading.invitations.of_group(group.id) if one.expires_at > now] if gives else []
        known = reading.users.by_ids(one.user_id for one in waiting if one.user_id)
        return GroupPeople(
            group,
            tie,
            everybody,
            gives,
            manages,
            may_claim=tie.role is not None and not manages and not actor.read_only,
            requests=reading.invitations.requests_of(group.id) if gives else (),
            invitations=tuple((one, known.get(one.user_id or "")) for one in waiting),
            claims=reading.invitations.claims_of(group.id) if manages else (),
        )


@dataclass(frozen=True, slots=True)
class GroupPerson:
    """One member or contributor of a group, for an actor who may act on them.

    `manages`: as in `GroupPeople`. `may_hand_over`: the actor may make them the owner in the actor's place; `claimed`:
    the actor claims to be this imported author.
    """

    group: Group
    person: Contributor
    may_manage: bool
    may_hand_over: bool
    is_self: bool
    claimed: bool


def person_of_group(library: Library, actor: Actor, slug: str, login: str) -> GroupPerson:
    """One member or contributor of a group. Raises NotFound if there is none, or none that the actor may act on."""
    group = readable_group(library, actor, slug)
    manages, may_claim = (
        is_allowed(actor, Action.MANAGE, group),
        membership_status_of(library, actor, group).role is not None,
    )
    found = next((one for one in contributors(library, actor, slug) if one.user.login == login), None)
    is_member = found is not None and found.role is not None and not group.is_personal
    if found is None or not ((manages and (is_member or found.imported)) or (may_claim and found.imported)):
        raise NotFound("There is nothing at this address.")
    with library.store.read() as reading:
        mine = role_in_group(reading, actor.user_id, group.id) if actor.user_id else None
        claimed = any(
            (one.user.id, one.author.id) == (actor.user_id, found.user.id)
            for one in reading.invitations.claims_of(group.id)
        )
    is_self = found.user.id == actor.user_id
    return GroupPerson(
        group, found, manages, mine is Role.OWNER and is_member and not is_self and not found.imported, is_self, claimed
    )
