"""The tables of groups: their members, saved searches, lists and vocabularies."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, SmallInteger, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

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


# Lists: items and passages in an order that a user chose, with words between. `private`: only the owner sees the list.
# `review` is JSON: how its press review is written.
lists = Table(
    "lists",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("group_id", StorableText, ForeignKey("groups.id"), nullable=False),
    Column("user_id", StorableText, ForeignKey("users.id")),
    Column("name", StorableText, nullable=False),
    Column("description", StorableText),
    Column("private", Boolean, nullable=False),
    Column("version", Number, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("changed_at", StorableText, nullable=False),
    Column("draft", Boolean),
    Column("review", StorableText),
    Index("lists_group", "group_id"),
    Index("lists_user", "user_id"),
    sqlite_with_rowid=False,
)

# `kind` is item, passage, heading or text; an entry of a deleted item or passage stays, and shows nothing. `chosen` are
# ids of annotations with spaces between them.
list_entries = Table(
    "list_entries",
    metadata,
    Column("list_id", StorableText, ForeignKey("lists.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("id", StorableText, nullable=False),
    Column("kind", StorableText, nullable=False),
    Column("item_id", StorableText),
    Column("annotation_id", StorableText),
    Column("text", StorableText),
    Column("added_at", StorableText),
    Column("chosen", StorableText),
    Index("list_entries_id", "id", unique=True),
    Index("list_entries_item", "item_id"),
    sqlite_with_rowid=False,
)


# `version` is drawn again with every change, so that data derived from a vocabulary can be cached by it.
vocabularies = Table(
    "vocabularies",
    metadata,
    Column("group_id", StorableText, ForeignKey("groups.id"), primary_key=True),
    Column("version", StorableText, nullable=False),
    Column("scheme", StorableText),
    sqlite_with_rowid=False,
)

concepts = Table(
    "concepts",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    Column("group_id", StorableText, ForeignKey("vocabularies.group_id"), nullable=False),
    Column("uri", StorableText, nullable=False),
    Index("concepts_uri", "group_id", "uri", unique=True),
)

concept_texts = Table(
    "concept_texts",
    metadata,
    Column("concept", Number, ForeignKey("concepts.number"), primary_key=True, autoincrement=False),
    Column("kind", StorableText, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("language", StorableText, nullable=False),
    Column("text", StorableText, nullable=False),
    sqlite_with_rowid=False,
)

# `kind` is broader or related; a concept never links to one of another group.
concept_links = Table(
    "concept_links",
    metadata,
    Column("concept", Number, ForeignKey("concepts.number"), primary_key=True, autoincrement=False),
    Column("kind", StorableText, primary_key=True),
    Column("other", Number, ForeignKey("concepts.number"), primary_key=True, autoincrement=False),
    Index("concept_links_other", "other"),
    sqlite_with_rowid=False,
)
