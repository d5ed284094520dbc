"""The tables of the site: metadata, written pages, the outbox, import jobs, stored answers, and rate limits."""

from sqlalchemy import Column, Float, ForeignKey, Index, Integer, Table

from kb.store.tables.table_columns import KeptText, metadata

meta = Table(
    "meta",
    metadata,
    Column("key", KeptText, primary_key=True),
    Column("value", KeptText, nullable=False),
    sqlite_with_rowid=False,
)

pages = Table(
    "pages",
    metadata,
    Column("name", KeptText, primary_key=True),
    Column("language", KeptText, primary_key=True),
    Column("body", KeptText, nullable=False),
    Column("changed_at", KeptText, nullable=False),
    sqlite_with_rowid=False,
)

# E-mail messages to send, and those that could not be delivered, without subject and text. `recipient_id` is the user
# who gets one, if the user has an account; `about_id` is the user whom its text names; `invitation_id` the invitation
# whose link it brings. `answer` is the last answer of the mail server.
outbox = Table(
    "outbox",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("recipient", KeptText, nullable=False),
    Column("subject", KeptText, nullable=False),
    Column("body", KeptText, nullable=False),
    Column("created_at", KeptText, nullable=False),
    Column("next_at", KeptText, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("recipient_id", KeptText),
    Column("about_id", KeptText),
    Column("state", KeptText, nullable=False, server_default="queued"),
    Column("answer", KeptText, nullable=False, server_default=""),
    Column("invitation_id", KeptText),
    Index("outbox_next", "next_at"),
    Index("outbox_invitation", "invitation_id"),
    sqlite_with_rowid=False,
)

# Import jobs: the files that users upload, their settings, and their progress.
import_jobs = Table(
    "import_jobs",
    metadata,
    Column("id", KeptText, primary_key=True),
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), nullable=False),
    Column("group_id", KeptText, ForeignKey("groups.id"), nullable=False),
    Column("name", KeptText, nullable=False),
    Column("format", KeptText, nullable=False),
    Column("state", KeptText, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    Column("own_names", KeptText, nullable=False),
    Column("report", KeptText),
    Column("created_at", KeptText, nullable=False),
    Column("changed_at", KeptText, nullable=False),
    Index("import_jobs_user", "user_id"),
    Index("import_jobs_group", "group_id"),
    Index("import_jobs_state", "state"),
    sqlite_with_rowid=False,
)

# Answers to programs, for a program that repeats a request because it did not get the answer (`Idempotency-Key`).
idempotent_answers = Table(
    "idempotent_answers",
    metadata,
    Column("key", KeptText, primary_key=True),
    Column("user_id", KeptText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("request_hash", KeptText, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", KeptText, nullable=False),
    Column("body", KeptText, nullable=False),
    Column("created_at", KeptText, nullable=False),
    Index("idempotent_answers_created", "created_at"),
    sqlite_with_rowid=False,
)

# Counters of attempts: the theoretical arrival time of the generic cell rate algorithm, in seconds since 1970.
rate_limits = Table(
    "rate_limits",
    metadata,
    Column("key", KeptText, primary_key=True),
    Column("full_at", Float, nullable=False),
    Index("rate_limits_full_at", "full_at"),
    sqlite_with_rowid=False,
)
