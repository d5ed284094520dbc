"""A press review is a list: how it is written, the passages chosen of each item, and lists that are drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lists", sa.Column("draft", sa.Boolean()))
    op.add_column("lists", sa.Column("review", sa.Text()))
    op.add_column("list_entries", sa.Column("chosen", sa.Text()))
