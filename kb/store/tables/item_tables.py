"""The tables of items: the items with their tags, sharers and annotations, their changes, merges and undos."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, true

from kb.store.tables.table_columns import KeptText, Number, metadata

# `number` is the item's order and the row's id, so that tags and annotations of items imported together lie together.
# `linked_url` is the canonical form of the address that the page itself declares (`<link rel=canonical>`).
items = Table(
    "items",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("id", KeptText, nullable=False),
    Column("group_id", KeptText, ForeignKey("groups.id"), nullable=False),
    Column("url", KeptText),
    Column("canonical_url", KeptText),
    Column("title", KeptText),
    Column("truncated_title", Boolean, nullable=False),
    Column("description", KeptText),
    Column("author_id", KeptText, ForeignKey("users.id")),
    Column("byline", KeptText),
    Column("added", KeptText),
    Column("updated", KeptText),
    Column("published", KeptText),
    Column("source", KeptText),
    Column("language", KeptText),
    Column("views", Number, nullable=False),
    Column("changed_at", KeptText),
    Column("language_decided", Boolean),
    Column("version", Number),
    Column("linked_url", KeptText),
    Column("pieces", KeptText),
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
    Column("tag", KeptText, nullable=False),
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
    Column("user_id", KeptText, ForeignKey("users.id"), nullable=False),
    Column("added", KeptText),
    Index("item_sharers_user", "user_id"),
    sqlite_with_rowid=False,
)

# Annotations and replies share one table, because their ids must be distinct. A reply has a parent and no kind;
# `reply_to` is the reply of the same parent that it answers, or answered before that one was deleted.
# `tags` is a JSON list of texts, `selectors` one of objects.
# `position` counts through the whole item: an annotation, its replies, the next annotation.
annotations = Table(
    "annotations",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("item", Number, ForeignKey("items.number"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("parent_id", KeptText, ForeignKey("annotations.id")),
    Column("kind", KeptText),
    Column("author_id", KeptText, ForeignKey("users.id")),
    Column("added", KeptText),
    Column("quote", KeptText),
    Column("body", KeptText),
    Column("prefix", KeptText),
    Column("suffix", KeptText),
    Column("color", KeptText),
    Column("reply_to", KeptText),
    Column("updated", KeptText),
    Column("tags", KeptText),
    Column("selectors", KeptText),
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
    Column("item_id", KeptText, nullable=False),
    Index("changes_item", "item_id", unique=True),
    sqlite_autoincrement=True,
)

index_failures = Table(
    "index_failures",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("number", Number, nullable=False),
    Column("reason", KeptText, nullable=False),
    sqlite_with_rowid=False,
)

# Items that were merged into others, so that their old addresses redirect.
merged_items = Table(
    "merged_items",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("into_id", KeptText, nullable=False),
    Index("merged_items_into", "into_id"),
    sqlite_with_rowid=False,
)

# Undo records: the items before and after an action. Its user can undo it until `expires_at`.
undos = Table(
    "undos",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), nullable=False),
    Column("body", KeptText, nullable=False),
    Column("expires_at", KeptText, nullable=False),
    Index("undos_user", "user_id"),
    Index("undos_expires", "expires_at"),
)
