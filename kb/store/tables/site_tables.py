"""The tables of the site: metadata, written pages, the outbox, import jobs, stored answers, and rate limits."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import StorableText, metadata

meta = Table(
    "meta",
    metadata,
    Column("key", StorableText, primary_key=True),
    Column("value", StorableText, nullable=False),
    sqlite_with_rowid=False,
)

pages = Table(
    "pages",
    metadata,
    Column("name", StorableText, primary_key=True),
    Column("language", StorableText, primary_key=True),
    Column("body", StorableText, nullable=False),
    Column("changed_at", StorableText, nullable=False),
    sqlite_with_rowid=False,
)

# E-mail messages to send, and those that could not be delivered, without subject and text. `recipient_id` is the user
# who gets one, if the user has an account; `about_id` is the user whom its text names; `invitation_id` the invitation
# whose link it brings. `answer` is the last answer of the mail server. `kind` names the part of the program that asks
# for the rights again when the message is sent; its author asks for the result by `author_key`, and so a message with
# one stays when it was sent. `html` is the same content once more; the last two are header fields.
outbox = Table(
    "outbox",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("recipient", StorableText, nullable=False),
    Column("subject", StorableText, nullable=False),
    Column("body", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("next_at", StorableText, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("recipient_id", StorableText),
    Column("about_id", StorableText),
    Column("state", StorableText, nullable=False),
    Column("answer", StorableText, nullable=False),
    Column("invitation_id", StorableText),
    Column("kind", StorableText, nullable=False, server_default="site"),
    Column("author_key", StorableText),
    Column("html", StorableText, nullable=False, server_default=""),
    Column("unsubscribe_url", StorableText, nullable=False, server_default=""),
    Column("list_id", StorableText, nullable=False, server_default=""),
    Index("outbox_next", "next_at"),
    Index("outbox_invitation", "invitation_id"),
    Index("outbox_author_key", "kind", "author_key"),
    sqlite_with_rowid=False,
)

# Import jobs: the files that users upload, their settings, and their progress.
import_jobs = Table(
    "import_jobs",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), nullable=False),
    Column("group_id", StorableText, ForeignKey("groups.id"), nullable=False),
    Column("name", StorableText, nullable=False),
    Column("format", StorableText, nullable=False),
    Column("state", StorableText, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    Column("own_names", StorableText, nullable=False),
    Column("report", StorableText),
    Column("created_at", StorableText, nullable=False),
    Column("changed_at", StorableText, nullable=False),
    Index("import_jobs_user", "user_id"),
    Index("import_jobs_group", "group_id"),
    Index("import_jobs_state", "state"),
    sqlite_with_rowid=False,
)

# Answers to programs, for a program that repeats a request because it did not get the answer (`Idempotency-Key`).
idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("key", StorableText, primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("request_hash", StorableText, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", StorableText, nullable=False),
    Column("body", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Index("idempotent_answers_created", "created_at"),
    sqlite_with_rowid=False,
)

# Counters of attempts: the theoretical arrival time of the generic cell rate algorithm, in seconds since 1970.
rate_limits = Table(
    "rate_limits",
    metadata,
    Column("key", StorableText, primary_key=True),
    Column("full_at", Float, nullable=False),
    Index("rate_limits_full_at", "full_at"),
    sqlite_with_rowid=False,
)
