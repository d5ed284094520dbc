"""How far the delivery of each e-mail message is, and the invitation that it brings."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("letters", sa.Column("state", sa.Text, nullable=False, server_default="queued"))
    op.add_column("letters", sa.Column("answer", sa.Text, nullable=False, server_default=""))
    op.add_column("letters", sa.Column("invitation_id", sa.Text))
    op.create_index("letters_invitation", "letters", ["invitation_id"])
