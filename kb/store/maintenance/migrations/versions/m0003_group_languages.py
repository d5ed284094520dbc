"""The languages in which a group reads, and whether an item's language was decided from its words."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("groups", sa.Column("languages", sa.Text))
    # Nobody knows of the items that are there: they count as given, which is never overruled.
    op.add_column("items", sa.Column("language_decided", sa.Boolean))
