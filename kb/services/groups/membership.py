"""Membership of a group: join, leave, roles."""

from collections.abc import Mapping
from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed, require_permission, require_signed_in_user, role_of
from kb.errors import Conflict, Forbidden, NotFound, translatable
from kb.model.ids import new_id
from kb.model.items.undo import UNDO_DAYS, RoleChange, Undo
from kb.model.people.account import Account
from kb.model.people.group import Group, GroupState, JoinPolicy, Role
from kb.model.people.user import User
from kb.model.storable_text import check_text
from kb.services.accounts.account_lifecycle import has_other_owner, require_open_account, required_account
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.rights.invitation_rights import revoke_invitations_by
from kb.store import JoinRequest, ReadSnapshot, WriteTransaction
from kb.store.database.clock import timestamp_in, timestamp_now

LONGEST_MESSAGE = 1_000
"""Characters of the message in a request to join; the rest is cut."""


@dataclass(frozen=True, slots=True)
class MembershipStatus:
    """The relation of the actor to a group, and the actor's ways to join or leave it.

    `join` is how the actor may become a member now, None for a member or if it is not allowed; `asked`: the actor's
    request is open. `as_administrator`: an administrator of the site may join at once, with any role.
    """

    role: Role | None = None
    join: JoinPolicy | None = None
    asked: bool = False
    may_leave: bool = False
    as_administrator: bool = False


NO_MEMBERSHIP = MembershipStatus()
JOINED_BY_INVITATION = translatable(
    "Users join the group “%(group)s” by invitation of its owners and moderators, or of an administrator of the site."
)


def membership_status_of(library: Library, actor: Actor, group: Group) -> MembershipStatus:
    """The membership status of the actor in a readable group. It sends a query only if the actor may ask to join."""
    if actor.user_id is None or group.is_personal:
        return NO_MEMBERSHIP
    role = role_of(actor, group)
    if role is not None:
        return MembershipStatus(role, may_leave=not actor.read_only)
    if actor.administrator and is_allowed(actor, Action.JOIN, group):
        return MembershipStatus(join=JoinPolicy.OPEN, as_administrator=True)
    if group.join is JoinPolicy.INVITE or not is_allowed(actor, Action.JOIN, group):
        return NO_MEMBERSHIP
    if group.join is JoinPolicy.OPEN:
        return MembershipStatus(join=JoinPolicy.OPEN)
    with library.store.read() as reading:
        return MembershipStatus(join=JoinPolicy.REQUEST, asked=reading.invitations.has_asked(actor.user_id, group.id))


def join_group(library: Library, actor: Actor, slug: str, message: str = "") -> bool:
    """Become a member of an open group, or ask to join; return whether the actor is a member now.

    Raises NotFound, LoginNeeded, Forbidden for a group that users join by invitation only or not at all.
    """
    text = check_text(message.strip()[:LONGEST_MESSAGE]) or None
    with library.store.write() as writing:
        group = require_permission(actor, Action.READ, writing.groups.by_slug(slug))
        user_id = require_signed_in_user(actor)
        require_permission(actor, Action.JOIN, group)
        if role_in_group(writing, user_id, group.id) is not None:
            return True
        match group.join:
            case JoinPolicy.OPEN:
                writing.groups.set_role(user_id, group.id, Role.MEMBER)
                writing.invitations.remove_request(user_id, group.id)
                writing.invitations.withdraw(user_id, group.id)
                write_audit_log(writing, actor, AuditEvent.JOINED, group_id=group.id, subject=user_id)
                return True
            case JoinPolicy.REQUEST:
                if not writing.invitations.has_asked(user_id, group.id):
                    write_audit_log(writing, actor, AuditEvent.ASKED, group_id=group.id, subject=user_id)
                writing.invitations.add_request(user_id, group.id, text, timestamp_now())
                return False
            case JoinPolicy.INVITE:
                raise Forbidden(JOINED_BY_INVITATION, group=group.name)


def pending_join_requests(library: Library, actor: Actor) -> Mapping[str, int]:
    """As `join_requests_to_answer`, in a transaction of its own, if one is needed."""
    if (known := _known_join_requests(actor)) is not None:
        return known
    with library.store.read() as reading:
        return join_requests_to_answer(reading, actor)


def join_requests_to_answer(reading: ReadSnapshot, actor: Actor) -> Mapping[str, int]:
    """The number of unanswered join requests, by the slug of each group where the actor may answer them.

    A request that only reads asks the database once (`kb.access.actor.RequestMemo`).
    """
    if (known := _known_join_requests(actor)) is not None:
        return known
    counts = reading.invitations.request_counts(moderated_groups(actor))
    groups = reading.groups.by_ids(counts).values() if counts else ()
    requests = {group.slug: counts[group.id] for group in groups if is_allowed(actor, Action.INVITE, group)}
    if actor.memo is not None:
        actor.memo.join_requests = requests
    return requests


def requests_to_answer(reading: ReadSnapshot, actor: Actor, *, most: int) -> tuple[tuple[Group, JoinRequest], ...]:
    """The first unanswered join requests, by group, of the groups where the actor may answer them as a member."""
    counts = reading.invitations.request_counts(moderated_groups(actor))
    groups = reading.groups.by_ids(counts).values() if counts else ()
    allowed = [group for group in groups if is_allowed(actor, Action.INVITE, group)]
    rows: list[tuple[Group, JoinRequest]] = []
    for group in sorted(allowed, key=lambda group: group.slug):
        if len(rows) < most:
            rows += ((group, request) for request in reading.invitations.requests_of(group.id))
    return tuple(rows[:most])


def _known_join_requests(actor: Actor) -> Mapping[str, int] | None:
    if actor.memo is not None and actor.memo.join_requests is not None:
        return actor.memo.join_requests
    return None if moderated_groups(actor) else {}


def moderated_groups(actor: Actor) -> list[str]:
    """The ids of the groups of which the actor is a moderator or an owner, in whatever state they are."""
    return [membership.group_id for membership in actor.memberships if membership.role in {Role.MODERATOR, Role.OWNER}]


def pending_requests_of_group(library: Library, actor: Actor, group: Group) -> int:
    """As `pending_join_requests`, for one group: also for an administrator of the site who is no member."""
    if role_of(actor, group) is not None or not is_allowed(actor, Action.INVITE, group):
        return pending_join_requests(library, actor).get(group.slug, 0)
    with library.store.read() as reading:
        return reading.invitations.request_counts([group.id]).get(group.id, 0)


def withdraw_join_request(library: Library, actor: Actor, slug: str) -> None:
    """Withdraw the actor's request to join. Raises NotFound, LoginNeeded."""
    with library.store.write() as writing:
        group = require_permission(actor, Action.READ, writing.groups.by_slug(slug))
        writing.invitations.remove_request(require_signed_in_user(actor), group.id)


def leave_group(library: Library, actor: Actor, slug: str) -> Group:
    """End the actor's membership. Raises NotFound, LoginNeeded, Conflict for the last owner.

    The last owner may leave an archived group: administrators can still open it.
    """
    with library.store.write() as writing:
        group = require_permission(actor, Action.READ, writing.groups.by_slug(slug))
        user_id = require_signed_in_user(actor)
        _refuse_personal_library(group)
        role = role_in_group(writing, user_id, group.id)
        if role is not None:
            if group.state is not GroupState.ARCHIVED:
                _require_other_owner(writing, group, user_id, role)
            _end_membership(writing, user_id, group)
            write_audit_log(writing, actor, AuditEvent.LEFT, group_id=group.id, subject=user_id)
    return group


def is_last_owner(library: Library, actor: Actor, group: Group) -> bool:
    """Whether the actor cannot leave a group, because it would have no owner."""
    if actor.user_id is None or role_of(actor, group) is not Role.OWNER or group.state is GroupState.ARCHIVED:
        return False
    with library.store.read() as reading:
        return not has_other_owner(reading, group, actor.user_id)


def set_role(library: Library, actor: Actor, slug: str, login: str, role: Role) -> str | None:
    """Change a role; only the operator adds members. Raises NotFound, Forbidden, Conflict for the last owner.

    Returns the id that undoes it; None if nothing changes, and for a change of the actor's own role.
    """
    with library.store.write() as writing:
        group = require_shared_group(actor, Action.MANAGE, writing.groups.by_slug(slug))
        if actor.operator:
            account = required_account(writing, login)
            current_role = role_in_group(writing, account.user.id, group.id)
        else:
            account, current_role = _member_with_account(writing, group, login)
        if current_role is role:
            return None
        if current_role is not None:
            _require_other_owner(writing, group, account.user.id, current_role)
        writing.groups.set_role(account.user.id, group.id, role)
        writing.invitations.remove_request(account.user.id, group.id)
        writing.invitations.withdraw(account.user.id, group.id)
        revoke_invitations_by(writing, account.user.id)
        write_audit_log(
            writing, actor, AuditEvent.ROLE_SET, group_id=group.id, subject=account.user.id, detail=role.key
        )
        if current_role is None:
            return None
        return _save_role_undo(writing, actor, RoleChange(group.id, account.user.id, current_role, role))


def remove_member(library: Library, actor: Actor, slug: str, login: str) -> str | None:
    """End a user's membership at once; returns the id that undoes it, as `set_role` does.

    Raises NotFound, Forbidden, Conflict for the last owner.
    """
    with library.store.write() as writing:
        group = require_shared_group(actor, Action.MANAGE, writing.groups.by_slug(slug))
        user = writing.users.by_login(login)
        role = role_in_group(writing, user.id, group.id) if user else None
        if user is None or role is None:
            raise NotFound("“%(login)s” is not a member of this group.", login=login[:100])
        _require_other_owner(writing, group, user.id, role)
        _end_membership(writing, user.id, group)
        write_audit_log(writing, actor, AuditEvent.REMOVED_MEMBER, group_id=group.id, subject=user.id)
        return _save_role_undo(writing, actor, RoleChange(group.id, user.id, role, None))


def restore_role(writing: WriteTransaction, actor: Actor, change: RoleChange) -> bool:
    """Undo the change of a role, or a removal: whether it is done.

    It is not if the actor may not manage the group any more, if the role has changed since, if the account is closed or
    gone, or for the last owner.
    """
    group = writing.groups.by_id(change.group_id)
    account = writing.accounts.by_id(change.user_id)
    if group is None or account is None or account.closed_at is not None or group.is_personal:
        return False
    now = role_in_group(writing, change.user_id, group.id)
    if now is not change.after or not is_allowed(actor, Action.MANAGE, group):
        return False
    if now is Role.OWNER and not has_other_owner(writing, group, change.user_id):
        return False
    writing.groups.set_role(change.user_id, group.id, change.before)
    revoke_invitations_by(writing, change.user_id)
    write_audit_log(
        writing, actor, AuditEvent.ROLE_SET, group_id=group.id, subject=change.user_id, detail=change.before.key
    )
    return True


def transfer_ownership(library: Library, actor: Actor, slug: str, login: str) -> Account:
    """Make another member the owner, the actor a moderator. Raises NotFound, Forbidden, Conflict if closed."""
    with library.store.write() as writing:
        group = require_shared_group(actor, Action.MANAGE, writing.groups.by_slug(slug))
        user_id = require_signed_in_user(actor)
        if role_in_group(writing, user_id, group.id) is not Role.OWNER:
            raise Forbidden("Only an owner of the group can hand it over.")
        account, _ = _member_with_account(writing, group, login)
        if account.user.id == user_id:
            raise Conflict("The group is yours already.")
        require_open_account(account)
        writing.groups.set_role(account.user.id, group.id, Role.OWNER)
        writing.groups.set_role(user_id, group.id, Role.MODERATOR)
        revoke_invitations_by(writing, user_id)
        write_audit_log(writing, actor, AuditEvent.HANDED_OVER, group_id=group.id, subject=account.user.id)
    return account


def require_signed_in(actor: Actor) -> str:
    """The id of the actor's user, who may change something. Raises LoginNeeded, Forbidden."""
    return require_signed_in_user(actor)


def is_open_member(reading: ReadSnapshot, user: User, group: Group) -> bool:
    """Whether a user is a member of a group, with an open account."""
    account = reading.accounts.by_id(user.id)
    is_open = account is not None and account.closed_at is None
    return is_open and role_in_group(reading, user.id, group.id) is not None


def role_in_group(reading: ReadSnapshot, user_id: str, group_id: str) -> Role | None:
    """The current role of a user in a group."""
    return reading.groups.roles_of(user_id).get(group_id)


def require_shared_group(actor: Actor, action: Action, group: Group | None) -> Group:
    """As `require_permission`; raises Forbidden for a user's own library, which has no other members."""
    permitted = require_permission(actor, action, group)
    _refuse_personal_library(permitted)
    return permitted


def _refuse_personal_library(group: Group) -> None:
    if group.is_personal:
        raise Forbidden("This is a user's own library: nobody joins or leaves it.")


def _member_with_account(reading: ReadSnapshot, group: Group, login: str) -> tuple[Account, Role]:
    """A member with an account. Raises NotFound, with the same message for a login that does not exist."""
    account = reading.accounts.by_login(login)
    role = role_in_group(reading, account.user.id, group.id) if account else None
    if account is None or role is None:
        raise NotFound("“%(login)s” is not a member of this group.", login=login[:100])
    return account, role


def _save_role_undo(writing: WriteTransaction, actor: Actor, change: RoleChange) -> str | None:
    # Who gave up a role of their own may no longer be able to take it back.
    if actor.user_id is None or actor.user_id == change.user_id:
        return None
    undo = Undo(new_id(), actor.user_id, timestamp_in(days=UNDO_DAYS), roles=(change,))
    writing.undos.add(undo)
    return undo.id


def _require_other_owner(reading: ReadSnapshot, group: Group, user_id: str, role: Role) -> None:
    if role is Role.OWNER and not has_other_owner(reading, group, user_id):
        raise Conflict("A group has an owner: hand it over or archive it first.")


def _end_membership(writing: WriteTransaction, user_id: str, group: Group) -> None:
    """End a membership, the invitations that the member created, and those that would bring the member back."""
    writing.groups.drop_member(user_id, group.id)
    writing.invitations.withdraw(user_id, group.id)
    writing.invitations.remove_request(user_id, group.id)
    revoke_invitations_by(writing, user_id)
    account = writing.accounts.by_id(user_id)
    if account is not None and account.email is not None:
        sent = [invite.id for invite in writing.invitations.of_group(group.id) if invite.email == account.email]
        writing.invitations.remove(sent)
    for claim in writing.invitations.claims_of(group.id):
        if claim.user.id == user_id:
            writing.invitations.remove_claim(user_id, claim.author.id, group.id)
