"""Openings of web pages by day, and indexes by which the activity of a period is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "daily_views",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("administrators", sa.Boolean, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("daily_views_item", "daily_views", ["item_id"])
    op.create_index("items_added", "items", ["added", "group_id", "author_id"])
    op.create_index("annotations_added", "annotations", ["added", "item", "author_id", "kind"])
