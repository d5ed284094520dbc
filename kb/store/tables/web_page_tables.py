"""The tables of the web pages of items: fetches, texts, and checks of links."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import StorableText, metadata

# Pages to fetch. `facts` is the result (JSON), `failure` the reason of a failure; `item_id` is the item that waits.
# `next_at` is null when the fetch is over. One page of a `host` is fetched at a time.
page_fetches = Table(
    "page_fetches",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("address", StorableText, nullable=False),
    Column("host", StorableText, nullable=False),
    Column("user_id", StorableText, ForeignKey("accounts.user_id")),
    Column("item_id", StorableText),
    Column("state", StorableText, nullable=False),
    Column("failure", StorableText),
    Column("facts", StorableText),
    Column("tries", Integer, nullable=False),
    Column("next_at", StorableText),
    Column("created_at", StorableText, nullable=False),
    Index("page_fetches_next", "next_at"),
    Index("page_fetches_item", "item_id"),
    Index("page_fetches_user", "user_id"),
    sqlite_with_rowid=False,
)

# The readable text of the page of an item, as it was fetched. `layout` says what each line is
# (`kb.model.web_pages.text_layout`); null for texts of version 0.2.0, and for texts without any structure.
page_texts = Table(
    "page_texts",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("text", StorableText, nullable=False),
    Column("fetched_at", StorableText, nullable=False),
    Column("layout", StorableText),
)

# Link checks. `failing_since` is when the address first failed, `next_at` when it is checked again; `requested_at`
# is when a user requested a check.
link_checks = Table(
    "link_checks",
    metadata,
    Column("item_id", StorableText, primary_key=True),
    Column("address", StorableText, nullable=False),
    Column("checked_at", StorableText, nullable=False),
    Column("failure", StorableText),
    Column("failing_since", StorableText),
    Column("failures", Integer, nullable=False),
    Column("next_at", StorableText, nullable=False),
    Column("requested_at", StorableText),
    Index("link_checks_checked", "checked_at"),
    Index("link_checks_next", "next_at"),
    Index("link_checks_requested", "requested_at"),
    Index("link_checks_failing", "failing_since"),
    sqlite_with_rowid=False,
)
