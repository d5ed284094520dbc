"""Move what belongs to items to the item with which they are merged, and redirect their old addresses to it."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Table, delete, exists, insert, select, text, update

from kb.model.items.item import Item
from kb.model.storable_text import is_storable
from kb.store.database.database import batches, in_savepoint
from kb.store.database.rows import Repository
from kb.store.items.daily_views import DailyViews
from kb.store.items.item_files import ItemFiles
from kb.store.items.items import Items
from kb.store.items.page_texts import PageTextsReading
from kb.store.tables.activity_tables import likes, reading_list
from kb.store.tables.group_tables import list_entries
from kb.store.tables.item_tables import merged_items
from kb.store.tables.moderation_tables import removed_content, reports
from kb.store.tables.web_page_tables import page_texts
from kb.store.transaction_events import ItemsMerged, PageTextMoved, events_of

# No columns other than those of the indexes, so that neither part reads a row of the table.
_SAME = """
SELECT address FROM (
  SELECT canonical_url AS address, number FROM items WHERE group_id = :group AND canonical_url IS NOT NULL
  UNION
  SELECT linked_url, number FROM items WHERE group_id = :group AND linked_url IS NOT NULL
) AS declared GROUP BY address HAVING count(*) > 1 ORDER BY address LIMIT :limit OFFSET :start
"""
_COUNTED = f"SELECT count(*) FROM ({_SAME.partition(' ORDER BY')[0]}) AS shared"  # noqa: S608 - our own words


class ItemMergesReading(Repository):
    """Duplicates and merged items, in one transaction."""

    def duplicates(self, group_id: str, start: int, limit: int) -> tuple[tuple[Item, ...], ...]:
        """Sets of two or more items of a group that have one address, or whose pages declare one address."""
        parameters = {"group": group_id, "start": start, "limit": limit}
        addresses = list(self.connection.execute(text(_SAME), parameters).scalars())
        item_sets = (Items(self.connection).at_address(address, [group_id], 50) for address in addresses)
        return tuple(tuple(items) for items in item_sets)

    def count_duplicates(self, group_id: str) -> int:
        """How many such sets there are."""
        return self._number(text(_COUNTED).bindparams(group=group_id))

    def merged_into(self, item_id: str) -> str | None:
        """The item into which an item was merged, or None."""
        if not is_storable(item_id):
            return None
        chosen = select(merged_items.c.into_id).where(merged_items.c.item_id == item_id)
        return self._text(chosen)


class ItemMerges(ItemMergesReading):
    """Duplicates and merged items, in a write transaction."""

    def move_references(self, from_ids: Iterable[str], to_id: str, same_parts: Mapping[str, str]) -> None:
        """Move likes, lists and the like from some items to another one, and redirect their addresses to it.

        `same_parts` maps annotations to the equal annotation of the other item. A user who liked both likes one.
        """
        merged = tuple(from_ids)
        with in_savepoint(self.connection):
            for item_id in merged:
                self._follow(item_id, to_id)
            for part_id, twin in same_parts.items():
                self._move(likes, "subject_id", part_id, {"subject_id": twin})
                for table in (reports, list_entries):
                    known = update(table).where(table.c.annotation_id == part_id)
                    self.connection.execute(known.values(annotation_id=twin))
            events_of(self.connection).append(ItemsMerged(merged, to_id))

    def _follow(self, from_id: str, to_id: str) -> None:
        self._move(likes, "subject_id", from_id, {"subject_id": to_id, "item_id": to_id})
        for table in (likes, reports, removed_content, list_entries):
            self.connection.execute(update(table).where(table.c.item_id == from_id).values(item_id=to_id))
        texts = PageTextsReading(self.connection)
        if texts.present([from_id, to_id]) == {from_id}:
            events_of(self.connection).append(PageTextMoved(from_id, to_id))
        for table in (reading_list, page_texts):
            # If a user has both items on the reading list, one entry stays; if it was read, it keeps its text.
            self._move(table, "item_id", from_id, {"item_id": to_id})
        # The row stays with the merged item too, which an undo of the merge brings back.
        ItemFiles(self.connection).copy(from_id, to_id)
        DailyViews(self.connection).move(from_id, to_id)
        self.connection.execute(update(merged_items).where(merged_items.c.into_id == from_id).values(into_id=to_id))
        self.connection.execute(delete(merged_items).where(merged_items.c.item_id.in_((from_id, to_id))))
        self.connection.execute(insert(merged_items), [{"item_id": from_id, "into_id": to_id}])

    def _move(self, table: Table, name: str, from_id: str, values: Mapping[str, str]) -> None:
        """Give rows of one thing to another one, except those of which that one has the like: these are deleted."""
        existing = table.alias()
        same = [existing.c[column.name] == column for column in table.primary_key if column.name != name]
        is_held = exists().where(existing.c[name] == values[name], *same)
        self._write(
            update(table).where(table.c[name] == from_id, ~is_held).values(**values),
            delete(table).where(table.c[name] == from_id),
        )

    def return_references(self, item_id: str, parts: Iterable[str]) -> None:
        """Undo what `follow` did for an item that exists again: what belongs to these parts is the item's own again."""
        with in_savepoint(self.connection):
            for batch in batches(list(parts)):
                known = update(likes).where(likes.c.subject_id.in_(batch))
                self.connection.execute(known.values(item_id=item_id))
                for table in (reports, list_entries, removed_content):
                    named = update(table).where(table.c.annotation_id.in_(batch))
                    self.connection.execute(named.values(item_id=item_id))
            self.connection.execute(delete(merged_items).where(merged_items.c.item_id == item_id))
