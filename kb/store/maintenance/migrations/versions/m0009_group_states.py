"""The former slugs of groups, separated by spaces; since when a group is archived, and when it was deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("former_slugs", "archived_at", "deleted_at"):
        op.add_column("groups", sa.Column(name, sa.Text))
