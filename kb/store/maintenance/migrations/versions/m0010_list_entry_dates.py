"""When an entry was added to a list, for the feed of the list; unknown for the entries of before."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("list_entries", sa.Column("added_at", sa.Text))
