"""The change sequence: which items have outdated documents in the index.

A number is drawn in the transaction that makes the change, and one transaction writes at a time: numbers grow in the
order of commits, and a reader that has seen number n never sees a smaller one appear. Items that could not be indexed
are stored as index failures, so that the others can go on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, insert, select

from kb.model.items.undo import ItemChange, TagsChange
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import batches
from kb.store.database.rows import Repository, ValueColumns
from kb.store.tables.item_tables import changes, index_failures
from kb.store.transaction_events import ItemsChanged, ItemsEdited, TextWritten, events_of


@dataclass(frozen=True, slots=True)
class Change:
    """The latest change of one item, which may no longer exist."""

    number: int
    item_id: str


_CHANGES = ValueColumns(changes, Change)
_NEWEST = select(func.coalesce(func.max(changes.c.number), 0))
_FORGET = delete(changes).where(changes.c.item_id.in_(bindparam("ids", expanding=True)))
_RECORD = insert(changes)


class ChangesReading(Repository):
    """The change sequence, in one transaction."""

    def newest(self) -> int:
        """The largest number given so far; 0 if there is none."""
        return int(run_compiled_select(self.connection, _NEWEST)[0][0])

    def since(self, number: int, limit: int) -> tuple[Change, ...]:
        """At most `limit` changes after a number, ascending. An item changed again has only its latest number."""
        later = _CHANGES.select.where(changes.c.number > number)
        return _CHANGES.all(self.connection, later.order_by(changes.c.number).limit(limit))


class Changes(ChangesReading):
    """The change sequence, in a write transaction."""

    def next_version(self) -> int:
        """A version greater than that of any item, because each change of an item draws a greater change number."""
        return self.newest() + 1

    def record(self, item_ids: Sequence[str]) -> None:
        """Give each of these items, which were added, changed or removed, a new number, in this order."""
        self.record_for_index(item_ids)
        events_of(self.connection).append(ItemsChanged(tuple(item_ids)))

    def record_edits(
        self,
        user_id: str | None,
        changes: Iterable[ItemChange] = (),
        tag_changes: Iterable[TagsChange] = (),
        *,
        is_import: bool = False,
    ) -> None:
        """Tell who changed items, and from what to what. The changes themselves are recorded when they are written."""
        edited = tuple(change for change in changes if change.before and change.after)
        event = ItemsEdited(user_id, edited, tuple(tag_changes), is_import)
        if event.changes or event.tag_changes:
            events_of(self.connection).append(event)

    def record_text(self, text: TextWritten) -> None:
        """Tell that a user wrote or changed a text."""
        events_of(self.connection).append(text)

    def record_for_index(self, item_ids: Sequence[str]) -> None:
        """The same for items of which only views or the text of the page changed."""
        # Numbered here: a sequence of PostgreSQL would leave gaps after a rollback. Only one transaction writes.
        newest = self.newest()
        for batch in batches(item_ids):
            rows = [{"number": newest + place, "item_id": item_id} for place, item_id in enumerate(batch, 1)]
            newest += len(batch)
            self.connection.execute(_FORGET, {"ids": batch})
            self.connection.execute(_RECORD, rows)


@dataclass(frozen=True, slots=True)
class IndexFailure:
    """An item whose change of this number could not be indexed, and the reason."""

    item_id: str
    number: int
    reason: str


_FAILURES = ValueColumns(index_failures, IndexFailure)


class IndexFailuresReading(Repository):
    """Index failures, in one transaction."""

    def all(self) -> tuple[IndexFailure, ...]:
        """All index failures, by number."""
        chosen = _FAILURES.select.order_by(index_failures.c.number, index_failures.c.item_id)
        return _FAILURES.all(self.connection, chosen)


class IndexFailures(IndexFailuresReading):
    """Index failures, in a write transaction."""

    def put(self, item_id: str, number: int, reason: str) -> None:
        """Record a failure of an item, or replace its reason."""
        self._replace(index_failures, {"item_id": item_id, "number": number, "reason": reason})

    def clear(self, item_id: str) -> None:
        """Delete the failure of an item, if it has one."""
        self._write(delete(index_failures).where(index_failures.c.item_id == item_id))
