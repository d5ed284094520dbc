"""The feature of notices keeps what the tables of mentions hold: they are its first schema, which it migrates."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    meta = sa.table("meta", sa.column("key"), sa.column("value"))
    op.execute(sa.insert(meta).values(key="schema:notices", value="0 mentions mention_emails"))
