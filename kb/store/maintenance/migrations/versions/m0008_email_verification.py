"""E-mail addresses that their account has not confirmed yet reserve nothing; invitations that were sent by e-mail."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The addresses of before count as confirmed: messages go there already.
    op.add_column("accounts", sa.Column("unverified_email", sa.Text))
    op.add_column("invitations", sa.Column("sent", sa.Boolean))
