"""What each line of a page text is: a heading, a list item, a row. Older texts are paragraphs."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("page_texts", sa.Column("layout", sa.Text()))
