"""The table of the sites whose pages may show a frame of a group."""

from sqlalchemy import Column, Table

from kb.store.tables.table_columns import StorableText, metadata

# `origins` are separated by spaces, as in the header. A group without a row has none: only this site shows its frames.
embed_origins = Table(
    "embed_origins",
    metadata,
    Column("group_id", StorableText, primary_key=True),
    Column("origins", StorableText, nullable=False),
    sqlite_with_rowid=False,
)
