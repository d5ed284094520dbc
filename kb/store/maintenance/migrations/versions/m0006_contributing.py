"""What people do with items: versions, likes, reading lists, mentions, lists, undoing; fetched pages; files."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("items", sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite")))
    op.add_column("items", sa.Column("linked_url", sa.Text))
    linked = sa.text("linked_url IS NOT NULL")
    op.create_index("items_linked", "items", ["group_id", "linked_url"], sqlite_where=linked, postgresql_where=linked)
    op.create_index("item_tags_tag", "item_tags", ["tag"], postgresql_using="hash")
    _merged()
    _people()
    _pages()
    _lists()
    _work()


def _merged() -> None:
    op.create_table(
        "item_sharers",
        sa.Column(
            "item",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("items.number"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("added", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("item_sharers_user", "item_sharers", ["user_id"])
    op.create_table(
        "merged_items",
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("into_id", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("merged_items_into", "merged_items", ["into_id"])


def _people() -> None:
    op.create_table(
        "likes",
        sa.Column("subject_id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), primary_key=True),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("likes_item", "likes", ["item_id"])
    op.create_index("likes_user", "likes", ["user_id"])
    op.create_table(
        "reading_list",
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), primary_key=True),
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("added_at", sa.Text, nullable=False),
        sa.Column("read_at", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("reading_list_item", "reading_list", ["item_id"])
    op.create_table(
        "mentions",
        sa.Column("annotation_id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), primary_key=True),
        sa.Column("item_id", sa.Text, nullable=False),
        sa.Column("by_id", sa.Text, sa.ForeignKey("users.id")),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("mentions_user", "mentions", ["user_id", "at"])
    op.create_index("mentions_item", "mentions", ["item_id"])
    op.create_table(
        "mention_letters",
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), primary_key=True),
        sqlite_with_rowid=False,
    )


def _pages() -> None:
    op.create_table(
        "fetches",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id")),
        sa.Column("item_id", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("facts", sa.Text),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("fetches_next", "fetches", ["next_at"])
    op.create_index("fetches_item", "fetches", ["item_id"])
    op.create_index("fetches_user", "fetches", ["user_id"])
    op.create_table(
        "page_texts",
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("fetched_at", sa.Text, nullable=False),
    )

    op.create_table(
        "link_checks",
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("checked_at", sa.Text, nullable=False),
        sa.Column("failure", sa.Text),
        sa.Column("failing_since", sa.Text),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Text, nullable=False),
        sa.Column("asked_at", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("link_checks_checked", "link_checks", ["checked_at"])
    op.create_index("link_checks_next", "link_checks", ["next_at"])
    op.create_index("link_checks_asked", "link_checks", ["asked_at"])
    op.create_index("link_checks_failing", "link_checks", ["failing_since"])


def _lists() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "lists",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), nullable=False),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id")),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("version", number, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("lists_group", "lists", ["group_id"])
    op.create_index("lists_user", "lists", ["user_id"])
    op.create_table(
        "list_entries",
        sa.Column("list_id", sa.Text, sa.ForeignKey("lists.id"), primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("item_id", sa.Text),
        sa.Column("annotation_id", sa.Text),
        sa.Column("words", sa.Text),
        sqlite_with_rowid=False,
    )
    op.create_index("list_entries_id", "list_entries", ["id"], unique=True)
    op.create_index("list_entries_item", "list_entries", ["item_id"])


def _work() -> None:
    op.create_table(
        "intakes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), nullable=False),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("total", sa.Integer),
        sa.Column("mine", sa.Text, nullable=False),
        sa.Column("report", sa.Text),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("intakes_user", "intakes", ["user_id"])
    op.create_index("intakes_group", "intakes", ["group_id"])
    op.create_index("intakes_state", "intakes", ["state"])
    op.create_table(
        "undos",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
    )
    op.create_index("undos_user", "undos", ["user_id"])
    op.create_index("undos_expires", "undos", ["expires_at"])
    op.create_table(
        "answered",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("accounts.user_id"), primary_key=True),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("answered_created", "answered", ["created_at"])
