"""The tables of the web pages of items: fetches, texts, and checks of links."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import KeptText, metadata

# Pages to fetch. `facts` is the result (JSON), `failure` the reason of a failure; `item_id` is the item that waits.
# `next_at` is null when the fetch is over. One page of a `host` is fetched at a time.
page_fetches = Table(
    "page_fetches",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("address", KeptText, nullable=False),
    Column("host", KeptText, nullable=False),
    Column("user_id", KeptText, ForeignKey("accounts.user_id")),
    Column("item_id", KeptText),
    Column("state", KeptText, nullable=False),
    Column("failure", KeptText),
    Column("facts", KeptText),
    Column("tries", Integer, nullable=False),
    Column("next_at", KeptText),
    Column("created_at", KeptText, nullable=False),
    Index("page_fetches_next", "next_at"),
    Index("page_fetches_item", "item_id"),
    Index("page_fetches_user", "user_id"),
    sqlite_with_rowid=False,
)

# The readable text of the page of an item, as it was fetched.
page_texts = Table(
    "page_texts",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("text", KeptText, nullable=False),
    Column("fetched_at", KeptText, nullable=False),
)

# Link checks. `failing_since` is when the address first failed, `next_at` when it is checked again; `requested_at`
# is when a user requested a check.
link_checks = Table(
    "link_checks",
    metadata,
    Column("item_id", KeptText, primary_key=True),
    Column("address", KeptText, nullable=False),
    Column("checked_at", KeptText, nullable=False),
    Column("failure", KeptText),
    Column("failing_since", KeptText),
    Column("failures", Integer, nullable=False),
    Column("next_at", KeptText, nullable=False),
    Column("requested_at", KeptText),
    Index("link_checks_checked", "checked_at"),
    Index("link_checks_next", "next_at"),
    Index("link_checks_requested", "requested_at"),
    Index("link_checks_failing", "failing_since"),
    sqlite_with_rowid=False,
)
