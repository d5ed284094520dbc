"""The readable text of the items' pages, as it was fetched."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, insert, select, update

from kb.model.web_pages.text_layout import TextLayout, layout_json, layout_of
from kb.store.database.clock import timestamp_now
from kb.store.database.compiled_selects import run_compiled_select
from kb.store.database.database import in_savepoint
from kb.store.database.rows import Repository
from kb.store.groups.groups import mark_groups_changed
from kb.store.items.change_sequence import Changes
from kb.store.items.orphaned_rows import is_of_lost_item
from kb.store.tables.item_tables import items
from kb.store.tables.web_page_tables import page_texts
from kb.store.transaction_events import PageTextChanged, events_of

_TEXT = select(page_texts.c.text).where(page_texts.c.item_id == bindparam("item"))
_WHOLE = select(page_texts.c.text, page_texts.c.layout).where(page_texts.c.item_id == bindparam("item"))
_FETCHED_AT = select(page_texts.c.fetched_at).where(page_texts.c.item_id == bindparam("item"))
_PRESENT = select(page_texts.c.item_id).where(page_texts.c.item_id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class PageText:
    """The text of an item's page, and what each of its lines is; None for lines that are all paragraphs."""

    text: str
    layout: TextLayout | None = None


class PageTextsReading(Repository):
    """Page texts, in one transaction. The caller checks that the user may read the item."""

    def present(self, item_ids: Iterable[str]) -> set[str]:
        """Of some items, those whose page has a text."""
        return {item_id for (item_id,) in self._rows_of(_PRESENT, item_ids)}

    def of_item(self, item_id: str) -> str | None:
        """The text of an item's page; None if there is none."""
        rows = run_compiled_select(self.connection, _TEXT, {"item": item_id})
        return str(rows[0][0]) if rows else None

    def with_layout(self, item_id: str) -> PageText | None:
        """The text of an item's page, with its layout; None if there is none."""
        rows = run_compiled_select(self.connection, _WHOLE, {"item": item_id})
        return PageText(str(rows[0][0]), layout_of(rows[0][1], str(rows[0][0]))) if rows else None

    def fetched_at(self, item_id: str) -> str | None:
        """When the text of an item's page was stored; None if there is none."""
        rows = run_compiled_select(self.connection, _FETCHED_AT, {"item": item_id})
        return str(rows[0][0]) if rows else None


class PageTexts(PageTextsReading):
    """Page texts, in a write transaction."""

    def put(self, item_id: str, text: str, layout: TextLayout | None = None) -> None:
        """Replace the text of an item's page; an empty text deletes it. `layout` is that of this text, or of a longer
        one that begins with it.
        """
        fitting = layout_of(layout_json(layout), text) if layout is not None else None
        written = layout_json(fitting) if fitting is not None else None
        if text == (self.of_item(item_id) or ""):
            if written is not None:
                self._write(update(page_texts).where(page_texts.c.item_id == item_id).values(layout=written))
            return
        with in_savepoint(self.connection):
            before = self.connection.execute(
                select(page_texts.c.text, page_texts.c.layout, page_texts.c.fetched_at).where(
                    page_texts.c.item_id == item_id
                )
            ).first()
            earlier, its_layout, fetched_at = before or (None, None, "")
            changed = PageTextChanged(item_id, earlier, its_layout, fetched_at, is_deleted=not text)
            events_of(self.connection).append(changed)
            self.connection.execute(delete(page_texts).where(page_texts.c.item_id == item_id))
            if text:
                row = {"item_id": item_id, "text": text, "fetched_at": timestamp_now(), "layout": written}
                self.connection.execute(insert(page_texts), [row])
            group_id = self._text(select(items.c.group_id).where(items.c.id == item_id))
            if group_id is not None:
                Changes(self.connection).record_for_index([item_id])
                mark_groups_changed(self.connection, [group_id], timestamp_now())

    def copy(self, from_id: str, to_id: str) -> None:
        """Give an item the text of another, unless it has its own: for copies and for merged items."""
        page = self.with_layout(from_id)
        if page and self.of_item(to_id) is None:
            self.put(to_id, page.text, page.layout)

    def purge(self) -> int:
        """Delete the texts of items that no longer exist and cannot be restored; returns their number."""
        return self._write(delete(page_texts).where(is_of_lost_item(page_texts.c.item_id)))
