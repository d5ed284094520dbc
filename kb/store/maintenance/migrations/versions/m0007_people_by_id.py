"""The log and the e-mail that waits refer to people by id, so that erasing a person changes no text of others."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_PERSON_OF_NAME = """
UPDATE acts SET person_id = (
    SELECT MIN(users.id) FROM users
    WHERE users.name = acts.detail AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.user_id = users.id)
    HAVING COUNT(*) = 1
)
WHERE act = 'attributed'
"""
_PERSON_OF_LOGIN = """
UPDATE acts SET person_id = (SELECT users.id FROM users WHERE users.login = acts.detail), detail = NULL
WHERE act = 'declined'
"""


def upgrade() -> None:
    op.add_column("acts", sa.Column("person_id", sa.Text))
    op.add_column("letters", sa.Column("recipient_id", sa.Text))
    op.add_column("letters", sa.Column("about_id", sa.Text))
    op.execute(_PERSON_OF_NAME)
    op.execute(_PERSON_OF_LOGIN)
