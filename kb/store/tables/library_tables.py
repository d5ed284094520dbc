"""The tables of the library itself. Migrations create them; a test compares both definitions."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, SmallInteger, Table, true

from kb.store.tables.table_columns import KeptText, Number, metadata

users = Table(
    "users",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("login", KeptText, nullable=False),
    Column("name", KeptText, nullable=False),
    Index("users_login", "login", unique=True),
    sqlite_with_rowid=False,
)

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
    Column("cut_title", Boolean, nullable=False),
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
IS_LINKED = items.c.linked_url.is_not(None)
# A partial index: with a full one, SQLite may walk through a group with it where another index would do better.
Index("items_linked", items.c.group_id, items.c.linked_url, sqlite_where=IS_LINKED, postgresql_where=IS_LINKED)
Index("items_title", items.c.group_id, items.c.title)
# The time first: the activity of a period is counted from it, whatever the groups.
Index("items_added", items.c.added, items.c.group_id, items.c.author_id)
IS_CUT = items.c.cut_title.is_(true())
"""The title ends in an ellipsis. Written once: an index serves a query only when both say it in the same words."""
Index("items_cut_title", items.c.group_id, items.c.number, sqlite_where=IS_CUT, postgresql_where=IS_CUT)

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

meta = Table(
    "meta",
    metadata,
    Column("key", KeptText, primary_key=True),
    Column("value", KeptText, nullable=False),
    sqlite_with_rowid=False,
)

rejects = Table(
    "rejects",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("number", Number, nullable=False),
    Column("why", KeptText, nullable=False),
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

pages = Table(
    "pages",
    metadata,
    Column("name", KeptText, primary_key=True),
    Column("language", KeptText, primary_key=True),
    Column("body", KeptText, nullable=False),
    Column("changed_at", KeptText, nullable=False),
    sqlite_with_rowid=False,
)

# `version` is drawn again with every change, so that data derived from a vocabulary can be cached by it.
vocabularies = Table(
    "vocabularies",
    metadata,
    Column("group_id", KeptText, ForeignKey("groups.id"), primary_key=True),
    Column("version", KeptText, nullable=False),
    Column("scheme", KeptText),
    sqlite_with_rowid=False,
)

concepts = Table(
    "concepts",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("group_id", KeptText, ForeignKey("vocabularies.group_id"), nullable=False),
    Column("uri", KeptText, nullable=False),
    Index("concepts_uri", "group_id", "uri", unique=True),
)

concept_texts = Table(
    "concept_texts",
    metadata,
    Column("concept", Number, ForeignKey("concepts.number"), primary_key=True, autoincrement=False),
    Column("kind", KeptText, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("language", KeptText, nullable=False),
    Column("text", KeptText, nullable=False),
    sqlite_with_rowid=False,
)

# `kind` is broader or related; a concept never links to one of another group.
concept_links = Table(
    "concept_links",
    metadata,
    Column("concept", Number, ForeignKey("concepts.number"), primary_key=True, autoincrement=False),
    Column("kind", KeptText, primary_key=True),
    Column("other", Number, ForeignKey("concepts.number"), primary_key=True, autoincrement=False),
    Index("concept_links_other", "other"),
    sqlite_with_rowid=False,
)
