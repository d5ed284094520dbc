"""Rows of items that no longer exist and cannot be restored."""

from sqlalchemy import ColumnElement, and_, exists

from kb.store.database.database import text_position
from kb.store.tables.item_tables import items, undos
from kb.store.tables.moderation_tables import removed_content


def is_of_lost_item(item_id: ColumnElement[str]) -> ColumnElement[bool]:
    """The condition that no item has this id: in a library, in the trash, or in what an undo can bring back."""
    return and_(
        ~exists().where(items.c.id == item_id),
        ~exists().where(removed_content.c.item_id == item_id, removed_content.c.annotation_id.is_(None)),
        ~exists().where(text_position(undos.c.body, item_id) > 0),
    )
