"""The tables of reports, removed content and the audit log."""

from sqlalchemy import Column, ForeignKey, Index, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

# Reports to the moderators of a group: on an item, or one of its annotations or replies.
reports = Table(
    "reports",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("group_id", StorableText, ForeignKey("groups.id"), nullable=False),
    Column("item_id", StorableText, nullable=False),
    Column("annotation_id", StorableText),
    Column("user_id", StorableText),
    Column("reason", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Index("reports_group", "group_id"),
    Index("reports_item", "item_id"),
    sqlite_with_rowid=False,
)

# Removed content that can be restored: hidden by a moderator, or removed by a user and permanently deleted at
# `expires_at`. It is in no other table meanwhile, so that no search, count or feed can show it. `body` is all of it.
# `number` is the order of an item, which no other item takes meanwhile.
removed_content = Table(
    "removed_content",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("group_id", StorableText, ForeignKey("groups.id"), nullable=False),
    Column("kind", StorableText, nullable=False),
    Column("item_id", StorableText, nullable=False),
    Column("annotation_id", StorableText),
    Column("title", StorableText, nullable=False),
    Column("body", StorableText, nullable=False),
    Column("user_id", StorableText),
    Column("reason", StorableText),
    Column("at", StorableText, nullable=False),
    Column("expires_at", StorableText),
    Column("number", Number),
    Column("canonical_url", StorableText),
    Index("removed_content_group", "group_id", "at"),
    Index("removed_content_item", "item_id"),
    Index("removed_content_expires", "expires_at"),
    Index("removed_content_number", "number"),
    sqlite_with_rowid=False,
)

# The audit log. `user_id` is no foreign key: the log outlives accounts, without their names. `person_id` is the
# imported author whom `detail` names.
audit_log = Table(
    "audit_log",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("at", StorableText, nullable=False),
    Column("user_id", StorableText),
    Column("action", StorableText, nullable=False),
    Column("group_id", StorableText),
    Column("subject", StorableText),
    Column("detail", StorableText),
    Column("person_id", StorableText),
    Index("audit_log_group", "group_id", "number"),
    Index("audit_log_at", "at"),
)
