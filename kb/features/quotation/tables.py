"""The tables of what a group lets pass on of its sources, and of what it has sent."""

from sqlalchemy import Column, Index, Integer, Table

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

# How many articles of a source were sent on a day, and to how many recipients. `distribution` is the id of an issue of
# a newsletter, or of what a user has recorded of a press review, whose list is `item_list`.
sent_articles = Table(
    "sent_articles",
    metadata,
    Column("distribution", StorableText, primary_key=True),
    Column("form", StorableText, primary_key=True),
    Column("source", StorableText, nullable=False),
    Column("articles", Integer, nullable=False),
    Column("group_id", StorableText, nullable=False),
    Column("day", StorableText, nullable=False),
    Column("title", StorableText, nullable=False),
    Column("recipients", Integer, nullable=False),
    Column("item_list", StorableText),
    Index("sent_articles_group", "group_id", "day"),
    Index("sent_articles_list", "item_list"),
    sqlite_with_rowid=False,
)
