"""When a user was last active, and when their visit before the present one ended."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("active_at", sa.Text))
    op.add_column("accounts", sa.Column("last_visit_at", sa.Text))
