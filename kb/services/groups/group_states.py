"""Archive a group, open it again, delete it, restore it, and purge it when nobody has restored it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from kb.access.actor import OPERATOR, Action, Actor
from kb.access.permissions import is_allowed, require_permission
from kb.errors import NotFound
from kb.model.dates import instant_of
from kb.model.people.group import Group, Role
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.store import WriteTransaction
from kb.store.database.clock import timestamp_now, timestamp_of

DELETED_GROUP_DAYS = 30
"""How long a deleted group can be restored."""
_BATCH = 100
"""Items of a deleted group that are removed in one transaction: other writers wait only this long."""


def archive_group(library: Library, actor: Actor, slug: str, *, archived: bool = True) -> Group:
    """Archive a group, which is read and no longer changed; or open it again. Raises NotFound, Forbidden."""
    with library.store.write() as writing:
        group = require_permission(actor, Action.CLOSE, writing.groups.by_slug(slug))
        if (group.archived_at is not None) == archived:
            return group
        event = AuditEvent.GROUP_ARCHIVED if archived else AuditEvent.GROUP_UNARCHIVED
        return _change(writing, actor, replace(group, archived_at=timestamp_now() if archived else None), event)


def closable_group(library: Library, actor: Actor, slug: str) -> Group:
    """A group that the actor may delete, or restore if it is deleted. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug)
        if group is not None and _may_restore(actor, group):
            return group
        return require_permission(actor, Action.CLOSE, group)


def delete_group(library: Library, actor: Actor, slug: str) -> Group:
    """Delete a group: nobody reads or finds it, and it can be restored for DELETED_GROUP_DAYS.

    Raises NotFound, Forbidden.
    """
    with library.store.write() as writing:
        group = require_permission(actor, Action.CLOSE, writing.groups.by_slug(slug))
        return _change(writing, actor, replace(group, deleted_at=timestamp_now()), AuditEvent.GROUP_DELETED)


def restore_group(library: Library, actor: Actor, slug: str) -> Group:
    """Restore a deleted group as it was. Raises NotFound unless the actor may, or the group is not deleted."""
    with library.store.write() as writing:
        group = writing.groups.by_slug(slug)
        if group is None or not _may_restore(actor, group):
            raise NotFound("This group does not exist, or you may not read it.")
        return _change(writing, actor, replace(group, deleted_at=None), AuditEvent.GROUP_RESTORED)


def deleted_groups(library: Library, actor: Actor, *, own: bool = False) -> tuple[Group, ...]:
    """The deleted groups that the actor may restore; with `own`, of which the actor is an owner. By slug."""
    owned = {membership.group_id for membership in actor.memberships if membership.role is Role.OWNER}
    with library.store.read() as reading:
        groups: Iterable[Group]
        groups = reading.groups.deleted() if not own and (actor.administrator or actor.operator) else ()
        groups = groups or reading.groups.by_ids(owned).values()
    restorable = (group for group in groups if _may_restore(actor, group))
    return tuple(sorted(restorable, key=lambda group: group.slug))


def purge_date(group: Group) -> str:
    """The time until which a deleted group can be restored."""
    return timestamp_of(instant_of(group.deleted_at or timestamp_now()) + timedelta(days=DELETED_GROUP_DAYS))


def purge_deleted_groups(library: Library, moment: datetime) -> int:
    """Delete permanently the groups that were deleted long ago; their number.

    Each portion is a transaction: after a kill between two, the next call goes on.
    """
    before = timestamp_of(moment - timedelta(days=DELETED_GROUP_DAYS))
    purged = 0
    while True:
        with library.store.write() as writing:
            expired = next((group for group in writing.groups.deleted() if (group.deleted_at or "") < before), None)
            if expired is None:
                return purged
            if writing.erasure.items_of_group(expired.id, _BATCH) == 0:
                writing.erasure.library(expired.id)
                write_audit_log(writing, OPERATOR, AuditEvent.GROUP_DELETED_PERMANENTLY, subject=expired.id)
                purged += 1


def _may_restore(actor: Actor, group: Group) -> bool:
    """Whether the actor may restore a group. After its time a part of it may be purged already."""
    return is_allowed(actor, Action.RESTORE, group) and purge_date(group) > timestamp_now()


def _change(writing: WriteTransaction, actor: Actor, group: Group, event: AuditEvent) -> Group:
    writing.groups.update(group)
    write_audit_log(writing, actor, event, group_id=group.id, subject=group.id)
    return group
