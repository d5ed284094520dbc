"""Followed searches, and what they found."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "followed_searches",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("parameters", sa.Text(), nullable=False),
        sa.Column("began_at", sa.Text(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("followed_searches_digest", "followed_searches", ["digest"], unique=True)
    op.create_table(
        "followed_search_baselines",
        sa.Column("search_id", sa.Text(), sa.ForeignKey("followed_searches.id"), primary_key=True),
        sa.Column("group_id", sa.Text(), primary_key=True),
        sa.Column("item_numbers", sa.LargeBinary(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("followed_search_baselines_group", "followed_search_baselines", ["group_id"])
    op.create_table(
        "search_matches",
        sa.Column("search_id", sa.Text(), sa.ForeignKey("followed_searches.id"), primary_key=True),
        sa.Column("item_id", sa.Text(), primary_key=True),
        sa.Column("group_id", sa.Text(), primary_key=True),
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("matched_at", sa.Text(), nullable=False),
        sa.Column("is_found", sa.Boolean(), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("search_matches_number", "search_matches", ["search_id", "number"])
    op.create_index("search_matches_item", "search_matches", ["item_id"])
    op.create_index("search_matches_group", "search_matches", ["group_id"])
