"""The tables of webhooks, of their deliveries, and of the passages that wait for one."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

# The webhook of a group follows the search `search_id`: what it found up to the change `position` is queued already.
# `secret` signs the messages; the owners see it. `failure` says why the site has switched it off, else it is empty.
# `name` is what its owners call it, or empty.
webhooks = Table(
    "webhooks",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("group_id", StorableText, nullable=False),
    Column("search_id", StorableText, ForeignKey("followed_searches.id"), nullable=False),
    Column("address", StorableText, nullable=False),
    Column("shape", StorableText, nullable=False),
    Column("language", StorableText, nullable=False),
    Column("with_passages", Boolean, nullable=False),
    Column("secret", StorableText, nullable=False),
    Column("position", Number, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("failure", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("name", StorableText, nullable=False),
    Index("webhooks_group", "group_id"),
    Index("webhooks_search", "search_id"),
)

# A message: `item_ids` and `passage_ids` are JSON lists, whose texts are read when it is sent; `others` counts further
# new items. `next_at` is when it is tried next, null once it is done; `status` is then what became of it.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("webhook_id", StorableText, nullable=False),
    Column("group_id", StorableText, nullable=False),
    Column("is_test", Boolean, nullable=False),
    Column("item_ids", StorableText, nullable=False),
    Column("passage_ids", StorableText, nullable=False),
    Column("others", Integer, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", StorableText),
    Column("status", StorableText, nullable=False),
    Column("tried_at", StorableText),
    Index("webhook_deliveries_webhook", "webhook_id", "created_at"),
    Index("webhook_deliveries_next", "next_at"),
    Index("webhook_deliveries_group", "group_id"),
)

# New passages of a group that wait for the next message of a webhook.
webhook_passages = Table(
    "webhook_passages",
    metadata,
    Column("webhook_id", StorableText, primary_key=True),
    Column("annotation_id", StorableText, primary_key=True),
    Column("group_id", StorableText, nullable=False),
    Column("item_id", StorableText, nullable=False),
    Index("webhook_passages_group", "group_id"),
    sqlite_with_rowid=False,
)
