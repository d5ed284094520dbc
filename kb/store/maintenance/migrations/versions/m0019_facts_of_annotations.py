"""When an annotation was changed, its own tags, and where its passage is."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("updated", "tags", "selectors"):
        op.add_column("annotations", sa.Column(name, sa.Text))
