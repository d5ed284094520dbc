"""The tables of groups, their members and their saved searches."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, SmallInteger, Table

from kb.store.tables.table_columns import KeptText, metadata

groups = Table(
    "groups",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("slug", KeptText, nullable=False),
    Column("name", KeptText, nullable=False),
    Column("description", KeptText),
    Column("visible", KeptText, nullable=False),
    Column("changed_at", KeptText),
    Column("languages", KeptText),
    Column("joining", KeptText),
    Column("without_feeds", Boolean),
    Column("former_slugs", KeptText),
    Column("archived_at", KeptText),
    Column("deleted_at", KeptText),
    Index("groups_slug", "slug", unique=True),
    Index("groups_visible", "visible"),
    sqlite_with_rowid=False,
)

memberships = Table(
    "memberships",
    metadata,
    Column("user_id", KeptText, ForeignKey("users.id"), primary_key=True),
    Column("group_id", KeptText, ForeignKey("groups.id"), primary_key=True),
    Column("role", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("group_id", KeptText, ForeignKey("groups.id"), nullable=False),
    Column("name", KeptText, nullable=False),
    Column("parameters", KeptText, nullable=False),
    Column("created_at", KeptText, nullable=False),
    Index("saved_searches_group", "group_id", "name", unique=True),
)
