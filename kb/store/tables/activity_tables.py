"""The tables of what users do with items: likes, reading lists, and views."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import StorableText, metadata

# Likes: `subject_id` is an item, an annotation or a reply of `item_id`.
likes = Table(
    "likes",
    metadata,
    Column("subject_id", StorableText, primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("item_id", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Index("likes_item", "item_id"),
    Index("likes_user", "user_id"),
    sqlite_with_rowid=False,
)

# Reading lists: the items that a user means to read, or has read.
reading_list = Table(
    "reading_list",
    metadata,
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("item_id", StorableText, primary_key=True),
    Column("added_at", StorableText, nullable=False),
    Column("read_at", StorableText),
    Index("reading_list_item", "item_id"),
    sqlite_with_rowid=False,
)

# How often the web page of an item was opened on a day, by administrators of the site and by all others. No reader is
# stored, and `item_id` is no foreign key, so that the counts of an item in the trash are still there after it.
daily_views = Table(
    "daily_views",
    metadata,
    Column("day", StorableText, primary_key=True),
    Column("item_id", StorableText, primary_key=True),
    Column("administrators", Boolean, primary_key=True),
    Column("count", Integer, nullable=False),
    Index("daily_views_item", "item_id"),
    sqlite_with_rowid=False,
)

# Today's views by user: a hash that is meaningless with tomorrow's salt.
views_seen = Table(
    "views_seen",
    metadata,
    Column("hash", StorableText, primary_key=True),
    Column("day", StorableText, nullable=False),
    Index("views_seen_day", "day"),
    sqlite_with_rowid=False,
)
