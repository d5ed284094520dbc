"""Reading lists. Only their owner ever sees one."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, delete, func, select, true

from kb.access.actor import AccessScope
from kb.model.items.reading_list import ReadingListEntry, ReadingListPart
from kb.store.database.database import is_any_of
from kb.store.database.rows import Repository, ValueColumns
from kb.store.items.orphaned_rows import is_of_lost_item
from kb.store.tables.activity_tables import reading_list
from kb.store.tables.item_tables import items

_ENTRIES = ValueColumns(reading_list, ReadingListEntry)
_ENTRY = _ENTRIES.select
_OF_ITEMS = reading_list.join(items, items.c.id == reading_list.c.item_id)


class ReadingListsReading(Repository):
    """Reading lists, in one transaction."""

    def size(self, user_id: str) -> int:
        """The number of entries of a user's list, readable or not."""
        counted = select(func.count()).select_from(reading_list).where(reading_list.c.user_id == user_id)
        return self._number(counted)

    def all(self, user_id: str) -> tuple[ReadingListEntry, ...]:
        """All entries of a user's list, the latest first."""
        chosen = _ENTRY.where(reading_list.c.user_id == user_id).order_by(*_LATEST)
        return _ENTRIES.all(self.connection, chosen)

    def of_items(self, user_id: str, item_ids: Iterable[str]) -> dict[str, ReadingListEntry]:
        """Of these items, those on a user's list, by item id."""
        rows = self._rows_with(_ENTRY.where(reading_list.c.user_id == user_id), reading_list.c.item_id, item_ids)
        return {entry.item_id: entry for entry in map(_ENTRIES.value, rows)}

    def counts(self, user_id: str, scope: AccessScope) -> tuple[int, int]:
        """How many readable items of a user's list are unread, and how many are read."""
        counted = (
            select(reading_list.c.read_at.is_(None), func.count())
            .select_from(_OF_ITEMS)
            .where(reading_list.c.user_id == user_id, _readable(scope))
            .group_by(reading_list.c.read_at.is_(None))
        )
        counts = {bool(unread): int(count) for unread, count in self.connection.execute(counted)}
        return counts.get(True, 0), counts.get(False, 0)

    def page(
        self, user_id: str, scope: AccessScope, part: ReadingListPart, start: int, limit: int
    ) -> tuple[ReadingListEntry, ...]:
        """A page of the readable entries of a user's list, the latest first."""
        chosen = _ENTRY.select_from(_OF_ITEMS).where(reading_list.c.user_id == user_id, _readable(scope), _on(part))
        return _ENTRIES.all(self.connection, chosen.order_by(*_LATEST).offset(start).limit(limit))


class ReadingLists(ReadingListsReading):
    """Reading lists, in a write transaction."""

    def put(self, user_id: str, entry: ReadingListEntry) -> None:
        """Add an item to a user's list, or replace its entry."""
        self._replace(reading_list, {"user_id": user_id, **_ENTRIES.row(entry)})

    def drop(self, user_id: str, item_id: str) -> None:
        """Remove an item from a user's list; does nothing if it is not there."""
        self._write(delete(reading_list).where(reading_list.c.user_id == user_id, reading_list.c.item_id == item_id))

    def purge(self) -> int:
        """Delete the entries of permanently deleted items; returns their number.

        Entries of items in the trash, hidden items and items that an undo can bring back stay.
        """
        return self._write(delete(reading_list).where(is_of_lost_item(reading_list.c.item_id)))


_LATEST = (reading_list.c.added_at.desc(), reading_list.c.item_id)


def _on(part: ReadingListPart) -> ColumnElement[bool]:
    match part:
        case ReadingListPart.UNREAD:
            return reading_list.c.read_at.is_(None)
        case ReadingListPart.READ:
            return reading_list.c.read_at.is_not(None)
        case ReadingListPart.ALL:
            return true()


def _readable(scope: AccessScope) -> ColumnElement[bool]:
    return true() if scope.everything else is_any_of(items.c.group_id, scope.group_ids)
