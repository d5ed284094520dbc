"""The tables of vocabularies and their concepts."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

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
