"""Copy a whole database while others write, and check the copy. `kb.store.maintenance.database_restore` restores it."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import StatementError

from kb.errors import Invalid, Unavailable
from kb.store.database.database import open_database
from kb.store.database.driver_errors import driver_errors_translated
from kb.store.database.reserved_space import open_with_reserved_space
from kb.store.database.sqlite_database import SqliteDatabase
from kb.store.feature_store import FeatureStore
from kb.store.maintenance.migration import require_known
from kb.store.maintenance.server_database_copy import copy_to_file

_WAIT = 30.0
_OF_THE_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class NotADatabase(Unavailable):
    """A file holds no database of ours, or a damaged one."""

    def __init__(self) -> None:
        super().__init__("This file holds no database of Florilège, or a damaged one.")


@dataclass(frozen=True, slots=True)
class DatabaseContents:
    """The contents of a database: its schema, its newest change, and the number of rows of each table."""

    schema: str
    change: int
    counts: Mapping[str, int]


def database_path(url: str) -> Path | None:
    """The file of a database; None for a database of a server. Raises Invalid for a database in memory."""
    with closing(open_database(url)) as database:
        if database.fleeting:
            raise Invalid("“%(url)s” is not the address of a database in a file.", url=url)
        return database.path if isinstance(database, SqliteDatabase) else None


def copy_live_database(url: str, target: Path, features: Sequence[FeatureStore]) -> None:
    """Copy a database, as it is at one moment, into a new file, while others read and write it.

    Of a file by VACUUM INTO: writers do not wait, and deleted content is not in the copy. Raises Unavailable.
    """
    place = database_path(url)
    if place is None:
        with closing(open_database(url)) as database:
            copy_to_file(database, target, features)
        return
    if not place.exists():
        require_known(None)
    with driver_errors_translated(), closing(open_sqlite(place)) as connection:
        require_known(_schema_of(connection))
        connection.execute("VACUUM INTO ?", (str(target),))


def is_base(path: Path) -> bool:
    """Whether a file says that it is an SQLite database; OSError if it cannot be read."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def copy_database_file(path: Path, target: Path) -> None:
    """Copy a database file with the rest of its log. Raises NotADatabase, and Unavailable for a full disk."""
    with sqlite_errors_translated(), closing(open_sqlite(path)) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("VACUUM INTO ?", (str(target),))


def examine_database(path: Path) -> DatabaseContents:
    """Check all of a database that no other process uses, and return its contents; the file is not changed.

    Raises NotADatabase for a file that is no database or is damaged, and for one with triggers or views: no database
    of ours has any, and they would act on later writes.
    """
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with sqlite_errors_translated(), closing(sqlite3.connect(address, uri=True)) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        strange = "type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"
        if first_value(connection, f"SELECT count(*) FROM sqlite_schema WHERE {strange}"):  # noqa: S608 - our own text
            raise NotADatabase
        if first_value(connection, "PRAGMA integrity_check(1)") != "ok":
            raise NotADatabase
        if first_value(connection, "PRAGMA foreign_key_check") is not None:
            raise NotADatabase
        return database_contents(connection)


def files_named_by(path: Path) -> dict[str, int]:
    """The files that a database names which no other process uses: their sizes by their SHA-256.

    A database that is not migrated yet may have no table of files.
    """
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with sqlite_errors_translated(), closing(sqlite3.connect(address, uri=True)) as connection:
        if not first_value(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'item_files'"):
            return {}
        chosen = "SELECT sha256, max(size) FROM item_files GROUP BY sha256 ORDER BY sha256"
        return dict(connection.execute(chosen).fetchall())


def open_sqlite(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """A connection of our own, without a transaction."""
    return open_with_reserved_space(path, lambda: _connected(path, create=create))


def _connected(path: Path, *, create: bool) -> sqlite3.Connection:
    address = f"{path.resolve().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(address, uri=True, timeout=_WAIT, isolation_level=None)
    try:
        if create:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA schema_version")
    except BaseException:
        connection.close()
        raise
    return connection


def database_contents(connection: sqlite3.Connection) -> DatabaseContents:
    """The contents of a database. Raises NotADatabase, and SQLite's error for a missing table."""
    schema = _schema_of(connection)
    if schema is None:
        raise NotADatabase
    change = first_value(connection, "SELECT coalesce(max(number), 0) FROM changes")
    return DatabaseContents(schema, int(change), row_counts(connection))


def row_counts(connection: sqlite3.Connection) -> dict[str, int]:
    """The number of rows of each table, whatever tables there are."""
    named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
    names = sorted(name for (name,) in connection.execute(named) if name != "alembic_version")
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in names}
    return {name: int(first_value(connection, f"SELECT count(*) FROM {quoted[name]}")) for name in names}  # noqa: S608


def _schema_of(connection: sqlite3.Connection) -> str | None:
    if not first_value(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'alembic_version'"):
        return None
    schema = first_value(connection, "SELECT version_num FROM alembic_version")
    return None if schema is None else str(schema)


def first_value(connection: sqlite3.Connection, statement: str) -> Any:
    """The first value of a statement's result; None if the result is empty."""
    row = connection.execute(statement).fetchone()
    return row[0] if row else None


@contextmanager
def sqlite_errors_translated() -> Iterator[None]:
    """Convert SQLite's errors on an untrusted file to one sentence; errors of the disk are converted as usual."""
    with driver_errors_translated():
        try:
            yield
        except (StatementError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, StatementError) else error
            if getattr(cause, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK:
                raise
            raise NotADatabase from error
