"""The tables of groups, their members and their saved searches."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, SmallInteger, Table

from kb.store.tables.table_columns import StorableText, metadata

groups = Table(
    "groups",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("slug", StorableText, nullable=False),
    Column("name", StorableText, nullable=False),
    Column("description", StorableText),
    Column("visible", StorableText, nullable=False),
    Column("changed_at", StorableText),
    Column("languages", StorableText),
    Column("joining", StorableText),
    Column("without_feeds", Boolean),
    Column("former_slugs", StorableText),
    Column("archived_at", StorableText),
    Column("deleted_at", StorableText),
    Index("groups_slug", "slug", unique=True),
    Index("groups_visible", "visible"),
    sqlite_with_rowid=False,
)

memberships = Table(
    "memberships",
    metadata,
    Column("user_id", StorableText, ForeignKey("users.id"), primary_key=True),
    Column("group_id", StorableText, ForeignKey("groups.id"), primary_key=True),
    Column("role", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("group_id", StorableText, ForeignKey("groups.id"), nullable=False),
    Column("name", StorableText, nullable=False),
    Column("parameters", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Index("saved_searches_group", "group_id", "name", unique=True),
)
