"""Reports, removed items, and the audit log."""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, exists, or_, select, update

from kb.model.items.moderation import AuditLogEntry, Removal, RemovalKind, RemovedContent, Report
from kb.model.storable_text import is_storable
from kb.store.database.database import is_any_of
from kb.store.database.json_values import json_of, user_ids_in, value_of
from kb.store.database.rows import Repository, ValueColumns
from kb.store.people.users import Users
from kb.store.tables.item_tables import annotations, items
from kb.store.tables.moderation_tables import audit_log, removed_content, reports
from kb.store.transaction_events import ContentHidden, ContentReported, CorrectionShown, ItemsErased, events_of

_REPORTS = ValueColumns(reports, Report)
_REMOVALS = ValueColumns(removed_content, Removal, order="number", address="canonical_url")
_LOG = ValueColumns(audit_log, AuditLogEntry)
_NUMBERED_LOG = _LOG.select.add_columns(audit_log.c.number)


def removed_content_text(content: RemovedContent) -> str:
    """The JSON text in which removed content is stored, with the ids of users instead of their names."""
    return json.dumps(json_of(content), ensure_ascii=False)


class ModerationReading(Repository):
    """Reports, removed items, and the audit log, in one transaction."""

    def reports_of(self, group_id: str) -> tuple[Report, ...]:
        """The reports of a group, the oldest first."""
        chosen = _REPORTS.select.where(reports.c.group_id == group_id).order_by(reports.c.created_at, reports.c.id)
        return _REPORTS.all(self.connection, chosen)

    def has_reported(self, user_id: str, item_id: str, annotation_id: str | None) -> bool:
        mine = select(reports.c.id).where(reports.c.user_id == user_id, *_of(reports, item_id, annotation_id))
        return self.connection.execute(mine.limit(1)).first() is not None

    def removals_of_group(self, group_id: str, kind: RemovalKind, limit: int = 1000) -> tuple[Removal, ...]:
        """The removed content of a group's library, the latest first."""
        chosen = _REMOVALS.select.where(removed_content.c.group_id == group_id, removed_content.c.kind == kind.value)
        return self._removals(chosen.order_by(removed_content.c.at.desc(), removed_content.c.id).limit(limit))

    def removal(self, removal_id: str) -> Removal | None:
        """One removed content."""
        return self.removals_by_ids([removal_id]).get(removal_id)

    def removals_by_ids(self, ids: Iterable[str]) -> dict[str, Removal]:
        """Removed content by id; unknown ids are left out."""
        return {
            removal.id: removal
            for removal in self._removals(_REMOVALS.select.where(is_any_of(removed_content.c.id, ids)))
        }

    def hidden_parts(self, group_id: str, part_ids: Iterable[str]) -> tuple[Removal, ...]:
        """Of these annotations and replies, those that are hidden in a group."""
        here = (removed_content.c.group_id == group_id, removed_content.c.kind == RemovalKind.HIDDEN.value)
        return self._removals(_REMOVALS.select.where(*here, is_any_of(removed_content.c.annotation_id, part_ids)))

    def removals_of_items(self, item_ids: Iterable[str]) -> tuple[Removal, ...]:
        """The removed content of these items: the whole item, or parts of it."""
        return self._removals(
            _REMOVALS.select.where(is_any_of(removed_content.c.item_id, item_ids)).order_by(removed_content.c.at)
        )

    def removals_like(
        self, group_id: str, ids: Iterable[str], addresses: Iterable[str], titles: Iterable[str]
    ) -> tuple[Removal, ...]:
        """The removed items of a group that have one of these ids, canonical addresses or titles."""
        alike = or_(
            is_any_of(removed_content.c.item_id, ids),
            is_any_of(removed_content.c.canonical_url, addresses),
            is_any_of(removed_content.c.title, titles),
        )
        whole = removed_content.c.annotation_id.is_(None)
        return self._removals(
            _REMOVALS.select.where(removed_content.c.group_id == group_id, whole, alike).order_by(removed_content.c.at)
        )

    def has_removals(self) -> bool:
        """Whether any library has removed content."""
        return self.connection.execute(select(removed_content.c.id).limit(1)).first() is not None

    def partly_removed_items(self, group_ids: Iterable[str]) -> frozenset[str]:
        """The items of some groups of which an annotation or a reply is removed."""
        parts = select(removed_content.c.item_id).where(
            is_any_of(removed_content.c.group_id, group_ids), removed_content.c.annotation_id.is_not(None)
        )
        return frozenset(self.connection.execute(parts.distinct()).scalars())

    def removed_ids(self, ids: Iterable[str]) -> dict[str, str]:
        """Of these ids of items, annotations and replies, the removed ones, with their group."""
        chosen = list(ids)
        whole = select(removed_content.c.item_id, removed_content.c.group_id).where(
            removed_content.c.annotation_id.is_(None), is_any_of(removed_content.c.item_id, chosen)
        )
        parts = select(removed_content.c.annotation_id, removed_content.c.group_id).where(
            is_any_of(removed_content.c.annotation_id, chosen)
        )
        return {id_: group_id for statement in (whole, parts) for id_, group_id in self.connection.execute(statement)}

    def removed_content(self, removal: Removal) -> RemovedContent:
        """The removed content itself, with the present names of users."""
        return self.removed_contents([removal])[0]

    def removed_contents(self, removals: Sequence[Removal]) -> list[RemovedContent]:
        """As `removed_content`, for each of these."""
        records = [json.loads(removal.body) for removal in removals]
        people = Users(self.connection).by_ids(set(user_ids_in(records)))
        return [value_of(RemovedContent, record, people) for record in records]

    def last_log_entry(self, group_id: str, subject: str) -> AuditLogEntry | None:
        """The latest entry about one subject of a group."""
        chosen = _NUMBERED_LOG.where(audit_log.c.group_id == group_id, audit_log.c.subject == subject)
        latest = chosen.order_by(audit_log.c.number.desc()).limit(1)
        row = self.connection.execute(latest).first() if is_storable(subject) else None
        if row is None:
            return None
        *values, _ = row
        return AuditLogEntry(*values)

    def log_entries(
        self,
        group_id: str | None = None,
        *,
        user_id: str | None = None,
        events: Collection[str] = (),
        before: int | None = None,
        limit: int = 100,
    ) -> tuple[tuple[int, AuditLogEntry], ...]:
        """The log entries with their numbers, the latest first: of one group or all, of one user or all.

        `events` limits them to these events, if there are any.
        """
        chosen = _NUMBERED_LOG.order_by(audit_log.c.number.desc()).limit(limit)
        if group_id is not None:
            chosen = chosen.where(audit_log.c.group_id == group_id)
        if user_id is not None:
            chosen = chosen.where(audit_log.c.user_id == user_id)
        if events:
            chosen = chosen.where(audit_log.c.action.in_(sorted(events)))
        if before is not None:
            chosen = chosen.where(audit_log.c.number < before)
        return tuple((number, AuditLogEntry(*values)) for *values, number in self.connection.execute(chosen))

    def _removals(self, chosen: Any) -> tuple[Removal, ...]:
        return _REMOVALS.all(self.connection, chosen)


class Moderation(ModerationReading):
    """Reports, in a write transaction."""

    def add_report(self, report: Report) -> None:
        """Insert a report."""
        self._insert(reports, _REPORTS.row(report))
        events_of(self.connection).append(ContentReported(report))

    def dismiss_reports(self, item_id: str, annotation_id: str | None) -> int:
        """Delete the reports on this item or annotation; returns their number."""
        return self._write(delete(reports).where(*_of(reports, item_id, annotation_id)))

    def settle_reports(self, item_ids: Iterable[str], annotation_ids: Iterable[str] | None = None) -> None:
        """Delete the reports on items and all that is in them, or only on these annotations and replies of them."""
        chosen = delete(reports).where(is_any_of(reports.c.item_id, item_ids))
        if annotation_ids is not None:
            chosen = chosen.where(is_any_of(reports.c.annotation_id, annotation_ids))
        self._write(chosen)

    def expired_removals(self, now: str, limit: int) -> tuple[Removal, ...]:
        """The content whose time in the trash is over, the oldest first."""
        return self._removals(
            _REMOVALS.select.where(removed_content.c.expires_at < now)
            .order_by(removed_content.c.expires_at)
            .limit(limit)
        )

    def purge_orphans(self) -> None:
        """Delete removed parts of items that no longer exist, and reports on those items and on lost parts."""
        existing = select(items.c.id)
        whole = select(removed_content.c.item_id).where(removed_content.c.annotation_id.is_(None))
        part = removed_content.c.annotation_id.is_not(None)
        self._write(
            delete(removed_content).where(
                part, removed_content.c.item_id.not_in(existing), removed_content.c.item_id.not_in(whole)
            ),
            delete(reports).where(reports.c.item_id.not_in(existing)),
            delete(reports).where(
                reports.c.annotation_id.is_not(None),
                reports.c.annotation_id.not_in(select(annotations.c.id)),
                ~exists().where(removed_content.c.annotation_id == reports.c.annotation_id),
            ),
        )

    def add_removals(self, things: Iterable[Removal]) -> None:
        """Store content that was removed from the library."""
        self._insert(removed_content, *map(_REMOVALS.row, things))

    def change_removed(self, removal_id: str, content: RemovedContent) -> None:
        """Store removed content in place of what it was."""
        here = removed_content.c.id == removal_id
        self._write(update(removed_content).where(here).values(body=removed_content_text(content)))

    def record_correction_shown(self, removal: Removal, author_id: str | None, user_id: str | None) -> None:
        """Tell that a moderator showed a hidden text as its author corrected it."""
        events_of(self.connection).append(CorrectionShown(removal, author_id, user_id))

    def record_hidden(self, removal: Removal, author_id: str | None) -> None:
        """Tell that a moderator hid what this author wrote."""
        events_of(self.connection).append(ContentHidden(removal, author_id))

    def erase_removed_item(self, item_id: str) -> None:
        """Delete a removed item permanently, with the parts that were removed from it before."""
        self._write(delete(removed_content).where(removed_content.c.item_id == item_id))
        events_of(self.connection).append(ItemsErased((item_id,)))

    def delete_removals(self, ids: Iterable[str]) -> None:
        """Delete the records of content that was restored, and of parts of an item that are permanently deleted, with
        the corrections that wait.
        """
        parts = select(removed_content.c.annotation_id).where(
            is_any_of(removed_content.c.id, ids), removed_content.c.annotation_id.is_not(None)
        )
        self._write(delete(reports).where(reports.c.annotation_id.in_(parts)))
        self._write(delete(removed_content).where(is_any_of(removed_content.c.id, ids)))

    def log(self, *entries: AuditLogEntry) -> None:
        """Add entries to the audit log, in this order."""
        self._insert(audit_log, *map(_LOG.row, entries))

    def purge_log(self, before: str) -> int:
        """Delete the entries from before a time; returns their number."""
        return self._write(delete(audit_log).where(audit_log.c.at < before))


def _of(table: Table, item_id: str, annotation_id: str | None) -> tuple[ColumnElement[bool], ...]:
    """The conditions for the rows about an item itself, or about one annotation of it."""
    here = table.c.annotation_id.is_(None) if annotation_id is None else table.c.annotation_id == annotation_id
    return table.c.item_id == item_id, here
