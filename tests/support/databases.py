"""The address of a new database that is deleted after the tests: in memory, or on the tests' PostgreSQL server."""

import os

FLEETING = "sqlite:///:memory:"


def new_database_url() -> str:
    """The address of a new database of the newest schema."""
    if os.environ.get("TEST_STORE") != "postgresql":
        return FLEETING
    from tests.support.postgres import new_database

    return new_database()
