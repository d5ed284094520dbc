"""The tables of the files of items, and of what they may take."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

# The files of items. `role` is file or copy, `sha256` names the content in the store of files. `item_id` is no
# foreign key, so that the files of an item in the trash are still there after it.
item_files = Table(
    "item_files",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("role", StorableText, primary_key=True),
    Column("sha256", StorableText, nullable=False),
    Column("size", Number, nullable=False),
    Column("media_type", StorableText, nullable=False),
    Column("name", StorableText, nullable=False),
    Column("pages", Integer),
    Column("text_state", StorableText, nullable=False),
    Column("added_at", StorableText, nullable=False),
    Column("added_by", StorableText),
    Index("item_files_sha256", "sha256"),
    sqlite_with_rowid=False,
)

# What the files of a group may take, in MB, where an administrator has changed it; 0 sets no limit.
file_quotas = Table(
    "file_quotas",
    metadata,
    Column("group_id", StorableText, ForeignKey("groups.id"), primary_key=True),
    Column("megabytes", Integer, nullable=False),
    sqlite_with_rowid=False,
)
