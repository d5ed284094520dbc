"""Saved searches, pages that the administrator writes, and when items and groups last changed."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("items", sa.Column("changed_at", sa.Text))
    op.add_column("groups", sa.Column("changed_at", sa.Text))
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    op.execute(sa.text("UPDATE items SET changed_at = coalesce(updated, added, :now)").bindparams(now=now))
    op.execute(sa.text("UPDATE groups SET changed_at = :now").bindparams(now=now))
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
    )
    op.create_index("saved_searches_group", "saved_searches", ["group_id", "name"], unique=True)
    op.create_table(
        "pages",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("language", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("changed_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
