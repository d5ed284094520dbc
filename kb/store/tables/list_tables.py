"""The tables of lists and their entries."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

# Lists: items and passages in an order that a user chose, with words between. `private`: only the owner sees the list.
lists = Table(
    "lists",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("group_id", StorableText, ForeignKey("groups.id"), nullable=False),
    Column("user_id", StorableText, ForeignKey("users.id")),
    Column("name", StorableText, nullable=False),
    Column("description", StorableText),
    Column("private", Boolean, nullable=False),
    Column("version", Number, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("changed_at", StorableText, nullable=False),
    Index("lists_group", "group_id"),
    Index("lists_user", "user_id"),
    sqlite_with_rowid=False,
)

# `kind` is item, passage, heading or text; an entry of a deleted item or passage stays, and shows nothing.
list_entries = Table(
    "list_entries",
    metadata,
    Column("list_id", StorableText, ForeignKey("lists.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", StorableText, nullable=False),
    Column("kind", StorableText, nullable=False),
    Column("item_id", StorableText),
    Column("annotation_id", StorableText),
    Column("text", StorableText),
    Column("added_at", StorableText),
    Index("list_entries_id", "id", unique=True),
    Index("list_entries_item", "item_id"),
    sqlite_with_rowid=False,
)
