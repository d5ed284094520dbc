"""The first schema that is migrated: version 0.2.0."""

revision = "0022"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A new database gets the tables of today at once, and the newest revision.
    pass
