"""Archive a group, open it again, delete it, and restore it."""

from dataclasses import replace

from kb.access.actor import Action, Actor
from kb.access.permissions import require_permission
from kb.model.people.group import Group
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.store import WriteTransaction
from kb.store.database.clock import timestamp_now


def archive_group(library: Library, actor: Actor, slug: str) -> Group:
    """Archive a group: it is read, and no longer changed. Raises NotFound, Forbidden."""
    with library.store.write() as writing:
        group = require_permission(actor, Action.CLOSE, writing.groups.by_slug(slug))
        if group.archived_at is not None:
            return group
        return _change(writing, actor, replace(group, archived_at=timestamp_now()), AuditEvent.GROUP_ARCHIVED)


def unarchive_group(library: Library, actor: Actor, slug: str) -> Group:
    """Open an archived group again. Raises NotFound, Forbidden."""
    with library.store.write() as writing:
        group = require_permission(actor, Action.CLOSE, writing.groups.by_slug(slug))
        if group.archived_at is None:
            return group
        return _change(writing, actor, replace(group, archived_at=None), AuditEvent.GROUP_UNARCHIVED)


def _change(writing: WriteTransaction, actor: Actor, group: Group, event: AuditEvent) -> Group:
    writing.groups.update(group)
    write_audit_log(writing, actor, event, group_id=group.id, subject=group.id)
    return group
