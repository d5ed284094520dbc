"""Who added a file, or kept a copy of a page."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item_files", sa.Column("added_by", sa.Text))
