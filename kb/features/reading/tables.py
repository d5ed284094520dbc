"""The tables of the earlier texts of pages, and of the places of passages."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

# Earlier texts of pages, by their SHA-256: equal texts are stored once. `content` is compressed: see `records.py`.
version_contents = Table(
    "version_contents",
    metadata,
    Column("sha256", StorableText, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

# The earlier versions of the text of an item's page. The present one is in `page_texts`, and has the next number.
# `made_at` is when the text was stored, `size` the bytes of its content. `item_id` is no foreign key, so that the
# versions of an item in the trash are still there after it.
page_versions = Table(
    "page_versions",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sha256", StorableText, ForeignKey("version_contents.sha256"), nullable=False),
    Column("size", Number, nullable=False),
    Column("made_at", StorableText, nullable=False),
    Index("page_versions_sha256", "sha256"),
    sqlite_with_rowid=False,
)

# Where each passage is. `digest` is that of the words that were looked for. `found_in` is the latest version in which
# the passage was found, between `begins` and `ends`; null if it never was. `state` says how, or that it is lost;
# `checked_in` is the version that this was found out for. `changed_in` is the version in which the words at the place
# were changed, or were gone; null if they are as quoted.
passage_anchors = Table(
    "passage_anchors",
    metadata,
    Column("annotation_id", StorableText, primary_key=True),
    Column("item_id", StorableText, nullable=False),
    Column("digest", StorableText, nullable=False),
    Column("found_in", Integer),
    Column("begins", Integer),
    Column("ends", Integer),
    Column("state", StorableText, nullable=False),
    Column("checked_in", Integer, nullable=False),
    Column("changed_in", Integer),
    Index("passage_anchors_item", "item_id"),
    sqlite_with_rowid=False,
)

# When the page of an item was read again by itself, to find out whether it has changed.
page_checks = Table(
    "page_checks",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("checked_at", StorableText, nullable=False),
    sqlite_with_rowid=False,
)

# Items whose passages wait to be anchored.
anchor_queue = Table(
    "anchor_queue",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    sqlite_with_rowid=False,
)
