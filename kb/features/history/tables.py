"""The table of what users changed in items."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import StorableText, metadata

# What one user changed in an item at once, or in one of its annotations and replies (`part_id`, else empty). `number`
# counts the changes of an item. `changes` is JSON: for each field the value before and after. `part_author_id` is who
# wrote the annotation, whose earlier words `changes` has; it is no foreign key, because the row goes with its author.
# Rows go with the group in which the item was (`group_id`); `moved_to_id` is the one that it was moved to. `user_id` is
# null for the operator, and for who was erased.
item_history = Table(
    "item_history",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("group_id", StorableText, nullable=False),
    Column("moved_to_id", StorableText),
    Column("part_id", StorableText, nullable=False),
    Column("part_author_id", StorableText, nullable=False),
    Column("user_id", StorableText, ForeignKey("users.id")),
    Column("changed_at", StorableText, nullable=False),
    Column("changes", StorableText, nullable=False),
    Column("size", Integer, nullable=False),
    Index("item_history_group", "group_id"),
    Index("item_history_user", "user_id"),
    Index("item_history_part_author", "part_author_id"),
    sqlite_with_rowid=False,
)
