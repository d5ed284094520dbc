"""Create and upgrade a database."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from kb.errors import Unavailable
from kb.store.database.database import Database, open_database
from kb.store.maintenance.canonical_addresses import refresh_canonical_addresses
from kb.store.tables.table_columns import metadata

MIGRATIONS = Path(__file__).parent / "migrations"
SCHEMA = max(path.name[1:5] for path in (MIGRATIONS / "versions").glob("m*.py"))
"""The schema that this program reads and writes: the revision of the newest migration."""

_ABSENT = "There is no database here yet: “kb migrate” creates it."
_OLDER = "The database is older than this program: “kb migrate” brings it up to date."
_NEWER = "The database is newer than this program: install the version that wrote it, or a later one."
_WITHOUT_VERSION = (
    "The database holds tables with names of ours, but no version of Florilège: name an empty database, or one that"
    " “kb migrate” made."
)


def migrate(url: str, migrations: Path = MIGRATIONS) -> None:
    """Create a database, or upgrade it to the newest schema; do nothing if it is up to date.

    Each migration is one transaction: one that fails leaves no trace. Programs that start together wait for each other.
    A file is copied first. Raises Unavailable for a database that is newer than the program, and for a full disk.
    """
    database = open_database(url, create=True)
    try:
        if not database.fleeting:
            database.prepare()
            migrate_database(database, migrations, is_copied=True)
    finally:
        database.close()


def migrate_database(database: Database, migrations: Path = MIGRATIONS, *, is_copied: bool = False) -> None:
    """Migrate an open database. `is_copied`: keep a copy of an older one beside it."""
    with database.locked() as connection:
        with connection.begin():
            version = _schema_version(connection)
            if version is None:
                _require_no_tables(connection)
        if version != SCHEMA or migrations != MIGRATIONS:
            if version is not None and version not in _known_versions(migrations):
                raise Unavailable(_NEWER)
            if version is not None and is_copied:
                database.keep_before_migration(version)
            _upgrade(connection, migrations)
        if migrations == MIGRATIONS:
            with connection.begin():
                refresh_canonical_addresses(connection)
        database.finish_schema(connection)


def _upgrade(connection: Connection, migrations: Path) -> None:
    # Alembic is slow to import, and a database seldom needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    # If there was nothing to do, Alembic has only read.
    connection.commit()


def is_known(schema: str) -> bool:
    """Whether this program can migrate and read a database of this schema; False if a newer program made it."""
    return schema in _known_versions(MIGRATIONS)


def require_known(schema: str | None) -> None:
    """Raise Unavailable for a database that does not exist or is newer than this program; an older one is accepted."""
    if schema is None:
        raise Unavailable(_ABSENT)
    if not is_known(schema):
        raise Unavailable(_NEWER)


def is_empty(database: Database) -> bool:
    """Whether nothing was migrated here yet. Raises Unavailable for tables of ours without a version."""
    with database.reading() as connection:
        if _schema_version(connection) is not None:
            return False
        _require_no_tables(connection)
    return True


def check_schema(database: Database, newest: str = SCHEMA) -> None:
    """Raise Unavailable, with advice, unless the database is at the newest schema."""
    if not database.exists():
        raise Unavailable(_ABSENT)
    with database.reading() as connection:
        version = _schema_version(connection)
    if version == newest:
        return
    if version is None:
        raise Unavailable(_ABSENT)
    raise Unavailable(_OLDER if version in _known_versions(MIGRATIONS) else _NEWER)


def _require_no_tables(connection: Connection) -> None:
    if not metadata.tables.keys().isdisjoint(inspect(connection).get_table_names()):
        raise Unavailable(_WITHOUT_VERSION)


def _schema_version(connection: Connection) -> str | None:
    """The schema of the database; None if it has none."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


def _known_versions(migrations: Path) -> frozenset[str]:
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    return frozenset(script.revision for script in ScriptDirectory(str(migrations)).walk_revisions())
