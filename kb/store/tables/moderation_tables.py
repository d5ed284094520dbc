"""The tables of reports, removed content and the audit log."""

from sqlalchemy import Column, ForeignKey, Index, Table

from kb.store.tables.table_columns import KeptText, Number, metadata

# Reports to the moderators of a group: on an item, or one of its annotations or replies.
reports = Table(
    "reports",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("group_id", KeptText, ForeignKey("groups.id"), nullable=False),
    Column("item_id", KeptText, nullable=False),
    Column("annotation_id", KeptText),
    Column("user_id", KeptText),
    Column("reason", KeptText, nullable=False),
    Column("created_at", KeptText, nullable=False),
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
    Column("id", KeptText, primary_key=True),
    Column("group_id", KeptText, ForeignKey("groups.id"), nullable=False),
    Column("kind", KeptText, nullable=False),
    Column("item_id", KeptText, nullable=False),
    Column("annotation_id", KeptText),
    Column("title", KeptText, nullable=False),
    Column("body", KeptText, nullable=False),
    Column("user_id", KeptText),
    Column("reason", KeptText),
    Column("at", KeptText, nullable=False),
    Column("expires_at", KeptText),
    Column("number", Number),
    Column("canonical_url", KeptText),
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
    Column("at", KeptText, nullable=False),
    Column("user_id", KeptText),
    Column("action", KeptText, nullable=False),
    Column("group_id", KeptText),
    Column("subject", KeptText),
    Column("detail", KeptText),
    Column("person_id", KeptText),
    Index("audit_log_group", "group_id", "number"),
    Index("audit_log_at", "at"),
)
