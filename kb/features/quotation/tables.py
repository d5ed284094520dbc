"""The table of what a group lets pass on of its sources."""

from sqlalchemy import Column, Table

from kb.store.tables.table_columns import StorableText, metadata

# `form` is the source as it is compared (`source_form`), `source` as it was typed; both empty for all other sources.
# `rule` is that of a QuotationRule as a text.
quotation_rules = Table(
    "quotation_rules",
    metadata,
    Column("group_id", StorableText, primary_key=True),
    Column("form", StorableText, primary_key=True),
    Column("source", StorableText, nullable=False),
    Column("rule", StorableText, nullable=False),
    sqlite_with_rowid=False,
)
