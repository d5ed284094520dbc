"""The tables of items: the items with their tags, sharers and annotations, their changes, merges and undos."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, true

from kb.store.tables.table_columns import Number, StorableText, metadata

# `number` is the item's order and the row's id, so that tags and annotations of items imported together lie together.
# `linked_url` is the canonical form of the address that the page itself declares (`<link rel=canonical>`).
items = Table(
    "items",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("id", StorableText, nullable=False),
    Column("group_id", StorableText, ForeignKey("groups.id"), nullable=False),
    Column("url", StorableText),
    Column("canonical_url", StorableText),
    Column("title", StorableText),
    Column("truncated_title", Boolean, nullable=False),
    Column("description", StorableText),
    Column("author_id", StorableText, ForeignKey("users.id")),
    Column("byline", StorableText),
    Column("added", StorableText),
    Column("updated", StorableText),
    Column("published", StorableText),
    Column("source", StorableText),
    Column("language", StorableText),
    Column("views", Number, nullable=False),
    Column("changed_at", StorableText),
    Column("language_decided", Boolean),
    Column("version", Number),
    Column("linked_url", StorableText),
    Column("document_type", StorableText),
    Column("publisher", StorableText),
    Column("volume", StorableText),
    Column("issue", StorableText),
    Column("page_range", StorableText),
)
Index("items_id", items.c.id, unique=True)
Index("items_group", items.c.group_id, items.c.number)
Index("items_address", items.c.group_id, items.c.canonical_url)
Index("items_title", items.c.group_id, items.c.title)
HAS_TRUNCATED_TITLE = items.c.truncated_title.is_(true())
"""The title ends in an ellipsis. Written once: an index serves a query only when both say it in the same words."""
Index(
    "items_truncated_title",
    items.c.group_id,
    items.c.number,
    sqlite_where=HAS_TRUNCATED_TITLE,
    postgresql_where=HAS_TRUNCATED_TITLE,
)
IS_LINKED = items.c.linked_url.is_not(None)
# A partial index: with a full one, SQLite may walk through a group with it where another index would do better.
Index("items_linked", items.c.group_id, items.c.linked_url, sqlite_where=IS_LINKED, postgresql_where=IS_LINKED)
# The time first: the activity of a period is counted from it, whatever the groups.
Index("items_added", items.c.added, items.c.group_id, items.c.author_id)

item_tags = Table(
    "item_tags",
    metadata,
    Column("item", Number, ForeignKey("items.number"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("tag", StorableText, nullable=False),
    # A tag of an operator's import may be longer than a row of a B-tree of PostgreSQL.
    Index("item_tags_tag", "tag", postgresql_using="hash"),
    sqlite_with_rowid=False,
)

# Other users who shared the page, beside the author of the item: their own items of it were merged with this one.
item_sharers = Table(
    "item_sharers",
    metadata,
    Column("item", Number, ForeignKey("items.number"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("user_id", StorableText, ForeignKey("users.id"), nullable=False),
    Column("added", StorableText),
    Index("item_sharers_user", "user_id"),
    sqlite_with_rowid=False,
)

# The files of a library from which an item was imported (`ImportSource`).
import_sources = Table(
    "import_sources",
    metadata,
    Column("item", Number, ForeignKey("items.number"), primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("format", StorableText, nullable=False),
    Column("added", StorableText),
    Column("day", StorableText),
    sqlite_with_rowid=False,
)

# Annotations and replies share one table, because their ids must be distinct. A reply has a parent and no kind;
# `reply_to` is the reply of the same parent that it answers, or answered before that one was deleted.
# `tags` is a JSON list of texts, `selectors` one of objects.
# `position` counts through the whole item: an annotation, its replies, the next annotation.
annotations = Table(
    "annotations",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("item", Number, ForeignKey("items.number"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("parent_id", StorableText, ForeignKey("annotations.id")),
    Column("kind", StorableText),
    Column("author_id", StorableText, ForeignKey("users.id")),
    Column("added", StorableText),
    Column("quote", StorableText),
    Column("body", StorableText),
    Column("prefix", StorableText),
    Column("suffix", StorableText),
    Column("color", StorableText),
    Column("reply_to", StorableText),
    Column("updated", StorableText),
    Column("tags", StorableText),
    Column("selectors", StorableText),
)
Index("annotations_item", annotations.c.item, annotations.c.position, unique=True)
HAS_PARENT = annotations.c.parent_id.is_not(None)
Index("annotations_parent", annotations.c.parent_id, sqlite_where=HAS_PARENT, postgresql_where=HAS_PARENT)
Index("annotations_added", annotations.c.added, annotations.c.item, annotations.c.author_id, annotations.c.kind)

# `item_id` is no foreign key: a deleted item keeps its row, so that the index removes it.
changes = Table(
    "changes",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("item_id", StorableText, nullable=False),
    Index("changes_item", "item_id", unique=True),
    sqlite_autoincrement=True,
)

index_failures = Table(
    "index_failures",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("number", Number, nullable=False),
    Column("reason", StorableText, nullable=False),
    sqlite_with_rowid=False,
)

# Items that were merged into others, so that their old addresses redirect.
merged_items = Table(
    "merged_items",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("into_id", StorableText, nullable=False),
    Index("merged_items_into", "into_id"),
    sqlite_with_rowid=False,
)

# Undo records: the items before and after an action. Its user can undo it until `expires_at`.
undos = Table(
    "undos",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), nullable=False),
    Column("body", StorableText, nullable=False),
    Column("expires_at", StorableText, nullable=False),
    Index("undos_user", "user_id"),
    Index("undos_expires", "expires_at"),
)
