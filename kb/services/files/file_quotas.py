"""File quotas: what the files of a group may take, with those in its trash."""

from dataclasses import dataclass

from kb.access.actor import Action, Actor
from kb.access.permissions import require_administrator, require_permission
from kb.errors import Conflict, Invalid
from kb.model.people.group import Group
from kb.services.core.audit_log import AuditEvent, write_audit_log
from kb.services.core.library import Library
from kb.store import ReadSnapshot

MEGABYTE = 10**6
LARGEST_QUOTA = 100_000_000
"""Megabytes."""
_NO_SPACE = "The files of this group take %(used)s MB of the %(most)s MB that they may take: this one does not fit."


@dataclass(frozen=True, slots=True)
class FileQuota:
    """Bytes that the files of a group take, and may take: None for no limit. `is_default`: as the settings say."""

    used: int
    most: int | None
    is_default: bool


def file_quota(library: Library, reading: ReadSnapshot, group_id: str) -> FileQuota:
    """The quota of a group. The caller has checked the rights."""
    own = reading.item_files.quota_of_group(group_id)
    most = library.settings.group_files * MEGABYTE if own is None else own
    return FileQuota(library.store.used_by_group(reading, group_id), most or None, is_default=own is None)


def quota_of_group(library: Library, actor: Actor, slug: str) -> FileQuota:
    """The quota of a group, for those who may add files to it. Raises NotFound, LoginNeeded, Forbidden."""
    with library.store.read() as reading:
        group = require_permission(actor, Action.CONTRIBUTE, reading.groups.by_slug(slug))
        return file_quota(library, reading, group.id)


def file_quota_of_managed_group(library: Library, actor: Actor, group: Group) -> FileQuota:
    """The quota of a group, archived or not, for those who may close it. Raises NotFound, Forbidden."""
    with library.store.read() as reading:
        return file_quota(library, reading, require_permission(actor, Action.CLOSE, group).id)


def has_space(library: Library, reading: ReadSnapshot, group_id: str, size: int) -> bool:
    """Whether a file of `size` bytes fits into the quota of a group."""
    quota = file_quota(library, reading, group_id)
    return quota.most is None or quota.used + size <= quota.most


def require_space_for_item(library: Library, reading: ReadSnapshot, group: Group, item_id: str) -> None:
    """Raise Conflict unless the files of an item of another group fit into the quota of a group."""
    if size := sum(file.size for file in reading.item_files.of_items([item_id])):
        message = (
            "The files of “%(group)s” take %(used)s MB of the %(most)s MB that they may take: those of this item do"
            " not fit."
        )
        require_space(library, reading, group, size, message)


def require_space(library: Library, reading: ReadSnapshot, group: Group, size: int, message: str = _NO_SPACE) -> None:
    """Raise Conflict unless a file of `size` bytes fits into the quota of a group."""
    quota = file_quota(library, reading, group.id)
    if quota.most is not None and quota.used + size > quota.most:
        values = {"used": -(-quota.used // MEGABYTE), "most": quota.most // MEGABYTE}
        raise Conflict(message, group=group.name, **values)


def set_file_quota(library: Library, actor: Actor, slug: str, megabytes: int | None) -> Group:
    """Set what the files of a group may take, 0 for no limit, None for the default. Raises NotFound, Forbidden,
    Invalid.
    """
    require_administrator(actor)
    if megabytes is not None and not 0 <= megabytes <= LARGEST_QUOTA:
        raise Invalid("The quota is a whole number of MB; 0 sets no limit.")
    with library.store.write() as writing:
        group = require_permission(actor, Action.READ, writing.groups.by_slug(slug))
        writing.item_files.set_quota(group.id, megabytes)
        detail = None if megabytes is None else str(megabytes)
        write_audit_log(writing, actor, AuditEvent.FILE_QUOTA_SET, group_id=group.id, subject=group.id, detail=detail)
    return group
