"""The items that everyone may read, or could read, with the dates by which portals harvest them (OAI-PMH)."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_PUBLIC_ITEMS = """
INSERT INTO harvest_records (item_id, public_group_id, stamp, withdrawn)
SELECT items.id, items.group_id, :now, :no FROM items JOIN groups ON groups.id = items.group_id
WHERE groups.visible = 'everyone' AND groups.deleted_at IS NULL
"""


def upgrade() -> None:
    op.create_table(
        "harvest_records",
        sa.Column("item_id", sa.Text, primary_key=True),
        sa.Column("public_group_id", sa.Text, nullable=False),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    # The dates of the items are those of their sources, which no harvest has seen.
    now = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    op.execute(sa.text(_PUBLIC_ITEMS).bindparams(now=now, no=False))
    op.create_index("harvest_records_stamp", "harvest_records", ["stamp", "item_id"])
    op.create_index("harvest_records_group", "harvest_records", ["public_group_id", "stamp", "item_id"])
