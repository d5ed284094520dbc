"""E-mail messages of features: a kind, an HTML part, header fields, and a result that the author asks for by a key."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("kind", sa.Text(), nullable=False, server_default="site"))
    op.add_column("outbox", sa.Column("author_key", sa.Text()))
    for name in ("html", "unsubscribe_url", "list_id"):
        op.add_column("outbox", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_index("outbox_author_key", "outbox", ["kind", "author_key"])
