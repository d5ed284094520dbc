"""The tables of lists and their entries."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import KeptText, Number, metadata

# Lists: items and passages in an order that a user chose, with words between. `private`: only the owner sees the list.
lists = Table(
    "lists",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("group_id", KeptText, ForeignKey("groups.id"), nullable=False),
    Column("user_id", KeptText, ForeignKey("users.id")),
    Column("name", KeptText, nullable=False),
    Column("description", KeptText),
    Column("private", Boolean, nullable=False),
    Column("version", Number, nullable=False),
    Column("created_at", KeptText, nullable=False),
    Column("changed_at", KeptText, nullable=False),
    Index("lists_group", "group_id"),
    Index("lists_user", "user_id"),
    sqlite_with_rowid=False,
)

# `kind` is item, passage, heading or text; an entry of a deleted item or passage stays, and shows nothing.
list_entries = Table(
    "list_entries",
    metadata,
    Column("list_id", KeptText, ForeignKey("lists.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", KeptText, nullable=False),
    Column("kind", KeptText, nullable=False),
    Column("item_id", KeptText),
    Column("annotation_id", KeptText),
    Column("text", KeptText),
    Column("added_at", KeptText),
    Index("list_entries_id", "id", unique=True),
    Index("list_entries_item", "item_id"),
    sqlite_with_rowid=False,
)
