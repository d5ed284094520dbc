"""Membership of the administrators of the site, who may act in every group without being a member."""

from kb.access.actor import Action, Actor
from kb.access.permissions import require_administrator, require_signed_in_user
from kb.errors import Conflict
from kb.model.people.group import Group, Role
from kb.services.accounts.account_lifecycle import has_other_owner
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.services.groups.membership import require_shared_group, role_in_group


def join_as_administrator(library: Library, actor: Actor, slug: str, role: Role) -> None:
    """Make an administrator of the site a member of a group, whatever its join policy; the group's audit log says so.

    Raises NotFound, LoginNeeded, Forbidden for others than administrators and in an archived group, Conflict for a
    member.
    """
    require_administrator(actor)
    user_id = require_signed_in_user(actor)
    with library.store.write() as writing:
        group = require_shared_group(actor, Action.JOIN, writing.groups.by_slug(slug))
        if role_in_group(writing, user_id, group.id) is not None:
            raise Conflict("You are a member of this group already.")
        writing.groups.set_role(user_id, group.id, role)
        writing.invitations.remove_request(user_id, group.id)
        writing.invitations.withdraw(user_id, group.id)
        write_audit_log(
            writing, actor, AuditEvent.ADMINISTRATOR_JOINED, group_id=group.id, subject=user_id, detail=role.key
        )


def has_inviter(library: Library, group: Group) -> bool:
    """Whether a group has an owner or a moderator with an open account."""
    with library.store.read() as reading:
        ids = [user.id for user, role in reading.groups.members(group.id) if role >= Role.MODERATOR]
        return any(account.closed_at is None for account in reading.accounts.by_ids(ids).values())


def has_owner(library: Library, group: Group) -> bool:
    """Whether a group has an owner with an open account."""
    with library.store.read() as reading:
        return has_other_owner(reading, group, "")
