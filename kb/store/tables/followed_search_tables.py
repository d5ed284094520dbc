"""The tables of followed searches, and of what they found."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

# Searches and lists that somebody follows. `digest` is that of the parameters, which are too long for an index. Tables
# of features refer to `id`: a search that no row refers to is deleted.
followed_searches = Table(
    "followed_searches",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("digest", StorableText, nullable=False),
    Column("parameters", StorableText, nullable=False),
    Column("began_at", StorableText, nullable=False),
    Index("followed_searches_digest", "digest", unique=True),
    sqlite_with_rowid=False,
)

# The items of a group that a search found when it began, as a compressed set of their numbers: see `followed_searches`
# in `kb.store.items`.
followed_search_baselines = Table(
    "followed_search_baselines",
    metadata,
    Column("search_id", StorableText, ForeignKey("followed_searches.id"), primary_key=True),
    Column("group_id", StorableText, primary_key=True),
    Column("item_numbers", LargeBinary, nullable=False),
    Index("followed_search_baselines_group", "group_id"),
    sqlite_with_rowid=False,
)

# What a search found since, a row for each group in which it found the item. `number` is that of the change with which
# it found the item there first; 0 if it did so when it began; of a list, that of the last entry that was added.
# `matched_at` is the time of it, of a list that of the entry. Not `is_found`: the search finds it there no more.
# `item_id` is no foreign key: an item that comes back is not new.
search_matches = Table(
    "search_matches",
    metadata,
    Column("search_id", StorableText, ForeignKey("followed_searches.id"), primary_key=True),
    Column("item_id", StorableText, primary_key=True),
    Column("group_id", StorableText, primary_key=True),
    Column("number", Number, nullable=False),
    Column("matched_at", StorableText, nullable=False),
    Column("is_found", Boolean, nullable=False),
    Index("search_matches_number", "search_id", "number"),
    Index("search_matches_item", "item_id"),
    Index("search_matches_group", "group_id"),
    sqlite_with_rowid=False,
)
