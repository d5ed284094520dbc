"""The tables of embeddings."""

from sqlalchemy import Column, Index, LargeBinary, SmallInteger, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

# The vector of each text of an item, by the digest of the text: as the index holds it, or empty for a text that the
# service refuses. `model` is the digest of the model; all rows of an item are of one.
embeddings = Table(
    "embeddings",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("text_digest", StorableText, primary_key=True),
    Column("model", StorableText, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Index("embeddings_text", "text_digest"),
)

# The items whose texts wait for vectors. `stage` says which: 0 all, 1 only the text of the page. `number` is the order
# of the item.
embedding_queue = Table(
    "embedding_queue",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("stage", SmallInteger, nullable=False),
    Column("number", Number, nullable=False),
    Index("embedding_queue_next", "stage", "number"),
    sqlite_with_rowid=False,
)
