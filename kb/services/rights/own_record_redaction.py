"""Leave out of a user's own records the names of groups and facts of items that the user may not read now."""

from collections.abc import Collection
from urllib.parse import parse_qsl, unquote, urlsplit

from kb.access.actor import Action, Actor
from kb.access.permissions import is_allowed
from kb.model.items.moderation import AuditLogEntry, Removal
from kb.model.people.account import Invitation
from kb.model.people.group import Group
from kb.services.core.audit_log import AuditEvent
from kb.services.rights.invitation_rights import maker_may_invite
from kb.services.trash.content_removal import is_own_removal
from kb.store import ReadSnapshot
from kb.store.database.clock import timestamp_now

_ABOUT_ITEMS = frozenset(
    {
        *(AuditEvent.REPORTED, AuditEvent.DISMISSED, AuditEvent.HIDDEN, AuditEvent.REMOVED),
        *(AuditEvent.RESTORED, AuditEvent.DELETED_PERMANENTLY, AuditEvent.MOVED, AuditEvent.MERGED),
        *(AuditEvent.COPY_REPLACED, AuditEvent.COPY_DELETED, AuditEvent.EDITED),
    }
)
"""Audit log events whose detail is the title of an item."""


class ReadableFacts:
    """What one actor may read, in one snapshot. Groups are loaded when they are first named."""

    def __init__(self, reading: ReadSnapshot, actor: Actor) -> None:
        self._reading = reading
        self._actor = actor
        self._groups: dict[str, Group | None] = {}

    def group(self, group_id: str | None) -> Group | None:
        """The group, if the actor may read it."""
        if group_id is None:
            return None
        if group_id not in self._groups:
            group = self._reading.groups.by_id(group_id)
            self._groups[group_id] = group if group and is_allowed(self._actor, Action.READ, group) else None
        return self._groups[group_id]

    def slug(self, group_id: str | None) -> str | None:
        """The slug of a group, if the actor may read it."""
        group = self.group(group_id)
        return group.slug if group is not None else None

    def invitation_slug(self, invitation: Invitation) -> str | None:
        """The slug of the group of an invitation: the recipient of a valid one may read the group's name."""
        works = invitation.expires_at > timestamp_now() and maker_may_invite(self._reading, invitation)
        if works and invitation.group_id is not None:
            group = self._reading.groups.by_id(invitation.group_id)
            return group.slug if group is not None else None
        return self.slug(invitation.group_id)

    def detail(self, entry: AuditLogEntry) -> str | None:
        """The detail of an audit log entry by the actor, if it names nothing that the actor may not read."""
        if entry.group_id is not None and self.group(entry.group_id) is None:
            return None
        if entry.action in _ABOUT_ITEMS and entry.subject is not None and not self._is_readable(entry.subject):
            return None
        return entry.detail

    def may_see_removed_item(self, removal: Removal) -> bool:
        """Whether the actor still sees a hidden or removed item: as a moderator, or as the user who removed it."""
        group = self.group(removal.group_id)
        if group is None:
            return False
        action = Action.CONTRIBUTE if is_own_removal(self._actor, removal) else Action.MODERATE
        return is_allowed(self._actor, action, group)

    def feed(self, address: str) -> str | None:
        """The address of a feed, unless it names a group that the actor may not read."""
        return address if names_readable_groups(self._reading, self._actor, address) else None

    def readable_items(self, item_ids: Collection[str]) -> frozenset[str]:
        """Those of these items that are in the library, in groups that the actor may read."""
        rows = self._reading.tag_assignments.tags_of(item_ids)
        return frozenset(item_id for item_id, row in rows.items() if self.group(row[0]) is not None)

    def _is_readable(self, subject: str) -> bool:
        """Whether an item, an annotation or a reply is in the library, in a group that the actor may read."""
        return bool(self.readable_items([self._reading.items.taken_annotation_ids([subject]).get(subject, subject)]))


def names_readable_groups(reading: ReadSnapshot, actor: Actor, address: str) -> bool:
    """Whether the actor may read each group that the address of a feed names by its slug."""
    parts = urlsplit(address)
    slugs = [value for name, value in parse_qsl(parts.query) if name == "group"]
    path = unquote(parts.path)
    if path.startswith("/g/"):
        slugs.append(path.removeprefix("/g/").partition("/")[0].partition(".")[0])
    groups = (reading.groups.by_slug(slug) for slug in slugs)
    return all(group is not None and is_allowed(actor, Action.READ, group) for group in groups)
