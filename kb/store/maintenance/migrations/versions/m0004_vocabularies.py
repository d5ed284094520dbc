"""Vocabularies of groups."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vocabularies",
        sa.Column("group_id", sa.Text, sa.ForeignKey("groups.id"), primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("scheme", sa.Text),
        sqlite_with_rowid=False,
    )
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "concepts",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("group_id", sa.Text, sa.ForeignKey("vocabularies.group_id"), nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
    )
    op.create_index("concepts_uri", "concepts", ["group_id", "uri"], unique=True)
    op.create_table(
        "concept_texts",
        sa.Column("concept", number, sa.ForeignKey("concepts.number"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "concept_links",
        sa.Column("concept", number, sa.ForeignKey("concepts.number"), primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("other", number, sa.ForeignKey("concepts.number"), primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_index("concept_links_other", "concept_links", ["other"])
