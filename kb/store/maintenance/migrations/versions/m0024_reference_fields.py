"""What only references have: the type of a document, its publisher, volume, issue and pages."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("document_type", "publisher", "volume", "issue", "page_range"):
        op.add_column("items", sa.Column(name, sa.Text()))
