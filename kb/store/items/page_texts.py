"""The readable text of the items' pages, as it was fetched."""

from collections.abc import Iterable

from sqlalchemy import bindparam, delete, insert, select

from kb.store.database.clock import timestamp_now
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import in_savepoint
from kb.store.database.rows import Repository
from kb.store.groups.groups import mark_groups_changed
from kb.store.items.change_sequence import Changes
from kb.store.items.orphaned_rows import is_of_lost_item
from kb.store.tables.item_tables import items
from kb.store.tables.web_page_tables import page_texts

_TEXT = select(page_texts.c.text).where(page_texts.c.item_id == bindparam("item"))
_PRESENT = select(page_texts.c.item_id).where(page_texts.c.item_id.in_(bindparam("ids", expanding=True)))


class PageTextsReading(Repository):
    """Page texts, in one transaction. The caller checks that the user may read the item."""

    def present(self, item_ids: Iterable[str]) -> set[str]:
        """Of some items, those whose page has a text."""
        return {item_id for (item_id,) in self._rows_of(_PRESENT, item_ids)}

    def of_item(self, item_id: str) -> str | None:
        """The text of an item's page; None if there is none."""
        rows = run_compiled_select(self.connection, _TEXT, {"item": item_id})
        return str(rows[0][0]) if rows else None


class PageTexts(PageTextsReading):
    """Page texts, in a write transaction."""

    def put(self, item_id: str, text: str) -> None:
        """Replace the text of an item's page; an empty text deletes it."""
        if text == (self.of_item(item_id) or ""):
            return
        with in_savepoint(self.connection):
            self.connection.execute(delete(page_texts).where(page_texts.c.item_id == item_id))
            if text:
                row = {"item_id": item_id, "text": text, "fetched_at": timestamp_now()}
                self.connection.execute(insert(page_texts), [row])
            group_id = self._text(select(items.c.group_id).where(items.c.id == item_id))
            if group_id is not None:
                Changes(self.connection).record_for_index([item_id])
                mark_groups_changed(self.connection, [group_id], timestamp_now())

    def copy(self, from_id: str, to_id: str) -> None:
        """Give an item the text of another, unless it has its own: for copies and for merged items."""
        text = self.of_item(from_id)
        if text and self.of_item(to_id) is None:
            self.put(to_id, text)

    def purge(self) -> int:
        """Delete the texts of items that no longer exist and cannot be restored; returns their number."""
        return self._write(delete(page_texts).where(is_of_lost_item(page_texts.c.item_id)))
