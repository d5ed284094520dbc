"""The tables of users, accounts, credentials and requests to join. Of a secret, only its hash is stored."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, SmallInteger, Table, exists, literal, select

from kb.store.tables.table_columns import Number, StorableText, metadata

users = Table(
    "users",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("login", StorableText, nullable=False),
    Column("name", StorableText, nullable=False),
    Index("users_login", "login", unique=True),
    sqlite_with_rowid=False,
)

# `email` is folded, and confirmed by its account; `unverified_email` is not confirmed yet, and reserves nothing:
# several accounts may have the same one. `password` is the encoded argon2id hash, or null for a user who signs in
# otherwise.
accounts = Table(
    "accounts",
    metadata,
    Column("user_id", StorableText, ForeignKey("users.id"), primary_key=True),
    Column("email", StorableText),
    Column("password", StorableText),
    Column("administrator", Boolean, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("closed_at", StorableText),
    Column("unverified_email", StorableText),
    Column("active_at", StorableText),
    Column("last_visit_at", StorableText),
    Index("accounts_email", "email", unique=True),
    sqlite_with_rowid=False,
)

IS_IMPORTED = ~exists(select(literal(1)).where(accounts.c.user_id == users.c.id))
"""Whether a row of users is one of an imported author, who has no account."""

# Identities of users at an identity provider (OpenID Connect).
identities = Table(
    "identities",
    metadata,
    Column("issuer", StorableText, primary_key=True),
    Column("subject", StorableText, primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), nullable=False),
    Column("created_at", StorableText, nullable=False),
    Index("identities_user", "user_id"),
    sqlite_with_rowid=False,
)

# Logins that have started at such a provider: the expected values of its answer, and the identity that came back.
oidc_logins = Table(
    "oidc_logins",
    metadata,
    Column("hash", StorableText, primary_key=True),
    Column("nonce", StorableText, nullable=False),
    Column("verifier", StorableText, nullable=False),
    Column("next", StorableText, nullable=False),
    Column("user_id", StorableText),
    Column("created_at", StorableText, nullable=False),
    Column("invitation", StorableText),
    Column("identity_claims", StorableText),
    sqlite_with_rowid=False,
)

# `last_change` is the number of the last change made with it: the next search waits until the index has this change.
sessions = Table(
    "sessions",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("hash", StorableText, nullable=False),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), nullable=False),
    Column("agent", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("seen_at", StorableText, nullable=False),
    Column("expires_at", StorableText, nullable=False),
    Column("last_change", Number),
    Index("sessions_hash", "hash", unique=True),
    Index("sessions_user", "user_id"),
    sqlite_with_rowid=False,
)

# `default_group_id` is the group in which a program saves that names none; it may have been deleted since.
tokens = Table(
    "tokens",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("hash", StorableText, nullable=False),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), nullable=False),
    Column("name", StorableText, nullable=False),
    Column("scope", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("seen_at", StorableText),
    Column("expires_at", StorableText),
    Column("last_change", Number),
    Column("default_group_id", StorableText),
    Index("tokens_hash", "hash", unique=True),
    Index("tokens_user", "user_id"),
    sqlite_with_rowid=False,
)

# `address` is the one feed that a key opens: its path and its parameters, without the key.
feed_keys = Table(
    "feed_keys",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("hash", StorableText, nullable=False),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), nullable=False),
    Column("address", StorableText, nullable=False),
    Column("created_at", StorableText, nullable=False),
    Column("seen_at", StorableText),
    Index("feed_keys_hash", "hash", unique=True),
    Index("feed_keys_user", "user_id"),
    sqlite_with_rowid=False,
)

# One-time links, with their `purpose`. `user_id` is the user whose password is reset or whose address is confirmed,
# `group_id` and `role` are what is joined. `sent_by_email`: to `email`, and no
# other person was shown the link.
invitations = Table(
    "invitations",
    metadata,
    Column("id", StorableText, primary_key=True),
    Column("hash", StorableText, nullable=False),
    Column("purpose", StorableText, nullable=False),
    Column("user_id", StorableText, ForeignKey("accounts.user_id")),
    Column("group_id", StorableText, ForeignKey("groups.id")),
    Column("role", SmallInteger),
    Column("email", StorableText),
    Column("made_by", StorableText),
    Column("created_at", StorableText, nullable=False),
    Column("expires_at", StorableText, nullable=False),
    Column("sent_by_email", Boolean),
    Index("invitations_hash", "hash", unique=True),
    Index("invitations_group", "group_id"),
    sqlite_with_rowid=False,
)

# Requests of users to join a group.
join_requests = Table(
    "join_requests",
    metadata,
    Column("group_id", StorableText, ForeignKey("groups.id"), primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("message", StorableText),
    Column("created_at", StorableText, nullable=False),
    Index("join_requests_user", "user_id"),
    sqlite_with_rowid=False,
)

# Claims of users that what an imported author shared in a group is their own.
claims = Table(
    "claims",
    metadata,
    Column("group_id", StorableText, ForeignKey("groups.id"), primary_key=True),
    Column("author_id", StorableText, ForeignKey("users.id"), primary_key=True),
    Column("user_id", StorableText, ForeignKey("accounts.user_id"), primary_key=True),
    Column("created_at", StorableText, nullable=False),
    Index("claims_author", "author_id"),
    Index("claims_user", "user_id"),
    sqlite_with_rowid=False,
)

# Erased people: keyed hashes of their login and their name, so that no import brings these back.
# `without_texts`: their texts must not come back either.
erased_people = Table(
    "erased_people",
    metadata,
    Column("hash", StorableText, primary_key=True),
    Column("without_texts", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

# Users to whom a name of imported files was given in a group. `name` is the slug of the name; `confirmed`: the last one
# that an owner or the operator gave, which later imports use. The others only show what was imported before.
imported_names = Table(
    "imported_names",
    metadata,
    Column("group_id", StorableText, ForeignKey("groups.id"), primary_key=True),
    Column("name", StorableText, primary_key=True),
    Column("user_id", StorableText, ForeignKey("users.id"), primary_key=True),
    Column("confirmed", Boolean, nullable=False),
    Index("imported_names_user", "user_id"),
    sqlite_with_rowid=False,
)
