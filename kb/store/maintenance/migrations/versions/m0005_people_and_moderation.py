"""Accounts, what they sign in with, who joins which group; what is set aside, reported, logged and sent."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("groups", sa.Column("joining", sa.Text))
    op.add_column("groups", sa.Column("without_feeds", sa.Boolean))
    op.create_index("groups_visible", "groups", ["visible"])
    _people()
    _moderation()


def _people() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "accounts",
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("email", sa.Text),
        sa.Column("password", sa.Text),
        sa.Column("administrator", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("accounts_email", "accounts", ["email"], unique=True)
    op.create_table(
        "identities",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("identities_user", "identities", ["user_id"])
    op.create_table(
        "sign_ins",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("verifier", sa.Text, nullable=False),
        sa.Column("next", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("invitation", sa.Text),
        sa.Column("arrived", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("written", number),
        sqlite_with_rowid=False,
    )
    op.create_index("sessions_hash", "sessions", ["hash"], unique=True)
    op.create_index("sessions_user", "sessions", ["user_id"])
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Text),
        sa.Column("expires_at", sa.Text),
        sa.Column("written", number),
        sqlite_with_rowid=False,
    )
    op.create_index("tokens_hash", "tokens", ["hash"], unique=True)
    op.create_index("tokens_user", "tokens", ["user_id"])
    op.create_table(
        "feed_keys",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("feed_keys_hash", "feed_keys", ["hash"], unique=True)
    op.create_index("feed_keys_user", "feed_keys", ["user_id"])
    op.create_table(
        "invitations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id")),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id")),
        sa.Column("role", sa.SmallInteger),
        sa.Column("email", sa.Text),
        sa.Column("made_by", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("invitations_hash", "invitations", ["hash"], unique=True)
    op.create_index("invitations_group", "invitations", ["group_id"])
    op.create_table(
        "join_requests",
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), primary_key=True),
        sa.Column("message", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("join_requests_user", "join_requests", ["user_id"])
    op.create_table(
        "claims",
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), primary_key=True),
        sa.Column("author_id", sa.Text, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), primary_key=True),
        sa.Column("created_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("claims_author", "claims", ["author_id"])
    op.create_index("claims_user", "claims", ["user_id"])
    op.create_table(
        "limits",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("full_at", sa.Float, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("limits_full_at", "limits", ["full_at"])
    op.create_table(
        "forgotten",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("without_words", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )


def _moderation() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "flags",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("annotation_id", sa.Text),
        sa.Column("user_id", sa.Text),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("flags_group", "flags", ["group_id"])
    op.create_index("flags_item", "flags", ["item_id"])
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("annotation_id", sa.Text),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("why", sa.Text),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text),
        sa.Column("number", number),
        sa.Column("canonical_url", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("set_aside_group", "set_aside", ["group_id", "at"])
    op.create_index("set_aside_item", "set_aside", ["item_id"])
    op.create_index("set_aside_expires", "set_aside", ["expires_at"])
    op.create_index("set_aside_number", "set_aside", ["number"])
    op.create_table(
        "acts",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text),
        sa.Column("subject", sa.Text),
        sa.Column("detail", sa.Text),
    )
    op.create_index("acts_group", "acts", ["group_id", "number"])
    op.create_index("acts_at", "acts", ["at"])
    op.create_table(
        "letters",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("next_at", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("letters_next", "letters", ["next_at"])
    op.create_table(
        "views_seen",
        sa.Column("hash", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("views_seen_day", "views_seen", ["day"])
