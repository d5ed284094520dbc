"""Which account a name of imported files means in a group."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "imported_names",
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("confirmed", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("imported_names_user", "imported_names", ["user_id"])
