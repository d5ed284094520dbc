"""The first tables."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _items()
    _around()


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("users_login", "users", ["login"], unique=True)
    op.create_table(
        "groups",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("visible", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("groups_slug", "groups", ["slug"], unique=True)
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), primary_key=True),
        sa.Column("role", sa.SmallInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _items() -> None:
    op.create_table(
        "items",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("canonical_url", sa.Text),
        sa.Column("title", sa.Text),
        sa.Column("cut_title", sa.Boolean, nullable=False),
        sa.Column("description", sa.Text),
        sa.Column("author_id", sa.Text, sa.ForeignKey("users.id")),
        sa.Column("byline", sa.Text),
        sa.Column("added", sa.Text),
        sa.Column("updated", sa.Text),
        sa.Column("published", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("views", NUMBER, nullable=False),
    )
    op.create_index("items_id", "items", ["id"], unique=True)
    op.create_index("items_group", "items", ["group_id", "number"])
    op.create_index("items_address", "items", ["group_id", "canonical_url"])
    op.create_index("items_title", "items", ["group_id", "title"])
    is_cut = sa.column("cut_title", sa.Boolean).is_(sa.true())
    op.create_index("items_cut_title", "items", ["group_id", "number"], sqlite_where=is_cut, postgresql_where=is_cut)
    op.create_table(
        "item_tags",
        sa.Column("item", NUMBER, sa.ForeignKey("items.number"), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tag", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "annotations",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("item", NUMBER, sa.ForeignKey("items.number"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("parent_id", sa.Text, sa.ForeignKey("annotations.id")),
        sa.Column("kind", sa.Text),
        sa.Column("author_id", sa.Text, sa.ForeignKey("users.id")),
        sa.Column("added", sa.Text),
        sa.Column("quote", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("prefix", sa.Text),
        sa.Column("suffix", sa.Text),
        sa.Column("color", sa.Text),
    )
    op.create_index("annotations_item", "annotations", ["item", "position"], unique=True)
    has_parent = sa.column("parent_id", sa.Text).is_not(None)
    op.create_index(
        "annotations_parent", "annotations", ["parent_id"], sqlite_where=has_parent, postgresql_where=has_parent
    )


def _around() -> None:
    op.create_table(
        "changes",
        sa.Column("number", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("item_id", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("changes_item", "changes", ["item_id"], unique=True)
    meta = op.create_table(
        "meta",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    # Drawn once: the ids that feeds give to the world are built on it, and must outlive any change of address.
    op.bulk_insert(meta, [{"key": "authority", "value": str(uuid.uuid4())}])
    op.create_table(
        "rejects",
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
