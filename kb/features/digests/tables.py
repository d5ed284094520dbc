"""The tables of what users follow on the site, and of digests: their readers, what they follow by e-mail, digests on
their way, and requests of strangers.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import Number, StorableText, metadata

# A search that a user follows, under a name, at its place among the others. What it found first with a change after
# `seen` is new to the user. `is_counted`: the home page counts it. `group_id` is the group whose members see it too.
follows = Table(
    "follows",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), nullable=False),
    Column("search_id", StorableText, ForeignKey("followed_searches.id"), nullable=False),
    Column("group_id", StorableText),
    Column("name", StorableText, nullable=False),
    Column("place", Integer, nullable=False),
    Column("is_counted", Boolean, nullable=False),
    Column("seen", Number, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Index("follows_user", "user_id", "search_id", unique=True),
    Index("follows_search", "search_id"),
    Index("follows_group", "group_id"),
)

# Who gets digests: a user (`user_id`, at the address of the account), or a reader without an account (`email`). `key`
# opens the page of preferences. `weekday` (0 is Monday) and `hour` are those of the time zone of the site. `consent` is
# the wording to which a reader without an account agreed at `consented_at`, last renewed at `renewed_at`; they were
# asked again at `asked_at`. `refused_at` is when their mail server last refused a message for good, with `refusal`.
digest_readers = Table(
    "digest_readers",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id")),
    Column("email", StorableText),
    Column("key", StorableText, nullable=False),
    Column("language", StorableText, nullable=False),
    Column("weekday", Integer, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("consent", StorableText, nullable=False),
    Column("consented_at", StorableText),
    Column("renewed_at", StorableText),
    Column("asked_at", StorableText),
    Column("refused_at", StorableText),
    Column("refusal", StorableText, nullable=False),
    Index("digest_readers_user", "user_id", unique=True),
    Index("digest_readers_email", "email", unique=True),
    Index("digest_readers_key", "key", unique=True),
)

# A search that a reader follows by e-mail. `position` is that of the last digest in what it found, `due_at` when it
# is next asked what is new.
digest_subscriptions = Table(
    "digest_subscriptions",
    metadata,
    Column("reader_id", StorableText, ForeignKey("digest_readers.id"), primary_key=True),
    Column("search_id", StorableText, ForeignKey("followed_searches.id"), primary_key=True),
    Column("title", StorableText, nullable=False),
    Column("rhythm", StorableText, nullable=False),
    Column("position", Number, nullable=False),
    Column("due_at", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Index("digest_subscriptions_search", "search_id"),
    Index("digest_subscriptions_due", "due_at"),
)

# Digests that were not delivered yet: `content` is a JSON list of the searches and the ids of the new items, whose text
# is written when the message is sent. The id is the key of the message in the outbox.
digests = Table(
    "digests",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("reader_id", StorableText, ForeignKey("digest_readers.id"), nullable=False),
    Column("content", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Index("digests_reader", "reader_id"),
)

# What strangers asked for, which they confirm with the key that was sent to the address; `hash` is that of the key.
# `search_id` is what a reader follows since it is confirmed: a second click on the link leads there.
digest_requests = Table(
    "digest_requests",
    metadata,
    Column("hash", StorableText, primary_key=True),
    Column("email", StorableText, nullable=False),
    Column("parameters", StorableText, nullable=False),
    Column("title", StorableText, nullable=False),
    Column("rhythm", StorableText, nullable=False),
    Column("language", StorableText, nullable=False),
    Column("consent", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("search_id", StorableText),
    Index("digest_requests_created", "created_at"),
    Index("digest_requests_email", "email"),
)
