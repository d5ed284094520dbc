"""Whole bases, copied while others write, and examined: `kb.store.maintenance.database_restore` puts them in place."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.exc import StatementError

from kb.errors import Invalid, Unavailable
from kb.store.database.database import database_of
from kb.store.database.driver_errors import in_our_words
from kb.store.database.reserved_space import open_in_room
from kb.store.maintenance.migration import require_known

_WAIT = 30.0
_OF_THE_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class NoBase(Unavailable):
    """A file holds no base of ours, or a damaged one."""

    def __init__(self) -> None:
        super().__init__("This file holds no base of Florilège, or a damaged one.")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a base holds: its schema, its newest change, and how many rows each of its tables has."""

    schema: str
    change: int
    counts: Mapping[str, int]


def place_of(url: str) -> Path:
    """The file where a base lies. Raises Invalid for a base that is in no file."""
    database = database_of(url)
    try:
        if database.fleeting:
            raise Invalid("“%(url)s” is not the address of a base in a file.", url=url)
        return database.path
    finally:
        database.close()


def copy_out(url: str, target: Path) -> None:
    """Copy a base, as it is at one moment, into a new file, while others read and write it.

    VACUUM INTO: writers do not wait, and what was removed from the base is not in the copy. Raises Unavailable.
    """
    place = place_of(url)
    if not place.exists():
        require_known(None)
    with in_our_words(), closing(opened(place)) as connection:
        require_known(_schema_of(connection))
        connection.execute("VACUUM INTO ?", (str(target),))


def is_base(path: Path) -> bool:
    """Whether a file says that it is one of SQLite's; OSError when it cannot be read."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def copy_of(path: Path, target: Path) -> None:
    """Copy a base that lies somewhere, with what is still in its log. Raises NoBase, and Unavailable of the disk."""
    with checked(), closing(opened(path)) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("VACUUM INTO ?", (str(target),))


def examine(path: Path) -> Contents:
    """What a base holds that nobody else uses, once all of it was checked; the file is not changed.

    Raises NoBase for a file that is no base or a damaged one, and for one with triggers or views, which no base
    of ours has and which would act on what is written later.
    """
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    with checked(), closing(sqlite3.connect(address, uri=True)) as connection:
        connection.execute("PRAGMA trusted_schema=OFF")
        connection.execute("PRAGMA cell_size_check=ON")
        strange = "type NOT IN ('table', 'index') OR sql LIKE 'CREATE VIRTUAL%'"
        if first(connection, f"SELECT count(*) FROM sqlite_schema WHERE {strange}"):  # noqa: S608 - our own text
            raise NoBase
        if first(connection, "PRAGMA integrity_check(1)") != "ok":
            raise NoBase
        if first(connection, "PRAGMA foreign_key_check") is not None:
            raise NoBase
        return contents_of(connection)


def opened(path: Path, *, create: bool = False) -> sqlite3.Connection:
    """A connection of our own, no transaction begun."""
    return open_in_room(path, lambda: _connected(path, create=create))


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


def contents_of(connection: sqlite3.Connection) -> Contents:
    """What a base holds. Raises NoBase, and what SQLite says of a table that is not there."""
    schema = _schema_of(connection)
    if schema is None:
        raise NoBase
    change = first(connection, "SELECT coalesce(max(number), 0) FROM changes")
    return Contents(schema, int(change), rows_of(connection))


def rows_of(connection: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table has, whatever tables there are."""
    named = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@'"
    names = sorted(name for (name,) in connection.execute(named) if name != "alembic_version")
    quoted = {name: '"' + name.replace('"', '""') + '"' for name in names}
    return {name: int(first(connection, f"SELECT count(*) FROM {quoted[name]}")) for name in names}  # noqa: S608


def _schema_of(connection: sqlite3.Connection) -> str | None:
    if not first(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'alembic_version'"):
        return None
    schema = first(connection, "SELECT version_num FROM alembic_version")
    return None if schema is None else str(schema)


def first(connection: sqlite3.Connection, statement: str) -> Any:
    """The first value that a statement gives; None when it gives none."""
    row = connection.execute(statement).fetchone()
    return row[0] if row else None


@contextmanager
def checked() -> Iterator[None]:
    """What a file that may hold anything makes SQLite say, as one sentence; what the disk makes it say, as ever."""
    with in_our_words():
        try:
            yield
        except (StatementError, sqlite3.Error) as error:
            said = error.orig if isinstance(error, StatementError) else error
            if getattr(said, "sqlite_errorcode", 0) & 0xFF in _OF_THE_DISK:
                raise
            raise NoBase from error
