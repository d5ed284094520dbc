"""Files of items, and what the files of a group may take."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "item_files",
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("pages", sa.Integer),
        sa.Column("text_state", sa.Text, nullable=False),
        sa.Column("added_at", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("item_files_sha256", "item_files", ["sha256"])
    op.create_table(
        "file_quotas",
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), primary_key=True),
        sa.Column("megabytes", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
