"""New in-memory databases: the first of a process runs the migrations, the others are copies of it."""

import uuid
from collections.abc import Sequence
from functools import cache

from sqlalchemy import update

from kb.store.database.sqlite_database import SqliteDatabase
from kb.store.feature_store import FeatureStore
from kb.store.maintenance.migration import migrate_database
from kb.store.tables.site_tables import meta


def fill_in_memory_database(database: SqliteDatabase, features: Sequence[FeatureStore], content: bytes = b"") -> None:
    """Bring an in-memory database to the newest schema, as a migration does. It must not have been used yet.

    `content` is the file of another one, to copy.
    """
    database.path.write_bytes(content or _migrated(tuple(features)))
    with database.writing() as connection:
        connection.execute(update(meta).where(meta.c.key == "authority").values(value=str(uuid.uuid4())))


@cache
def _migrated(features: tuple[FeatureStore, ...]) -> bytes:
    """The file of a newly migrated database."""
    database = SqliteDatabase(None)
    try:
        migrate_database(database, features)
        if not database.cut_log():
            raise RuntimeError("another connection reads the new database")
        return database.path.read_bytes()
    finally:
        database.close()
