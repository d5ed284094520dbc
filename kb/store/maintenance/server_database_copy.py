"""Copy a database of a server to a file and back, table by table: the file is the same as a backup of SQLite.

The names and types of the columns are those of `kb.store.tables`, so both databases hold the same values.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, select, text

from kb.errors import Conflict, counted
from kb.store.database.database import Database
from kb.store.database.reserved_space import lock_file_path
from kb.store.database.rows import bulk_load
from kb.store.database.sqlite_database import SqliteDatabase
from kb.store.feature_store import FeatureStore
from kb.store.maintenance.feature_tables import require_no_removed_features
from kb.store.maintenance.migration import check_schema, migrate_database
from kb.store.tables.item_tables import annotations, items
from kb.store.tables.table_columns import metadata

_ROWS = 2_000
"""Rows that are read at once."""


def copy_to_file(database: Database, target: Path, features: Sequence[FeatureStore]) -> None:
    """Write the content of a database, as it is at one moment, into a new SQLite file. Raises Unavailable."""
    check_schema(database, features)
    with _sqlite_file(target, create=True) as file, database.reading() as source:
        require_no_removed_features(source, features)
        migrate_database(file, features)
        with file.writing() as connection:
            _replace_rows(source, connection)


def copy_from_file(
    database: Database,
    path: Path,
    features: Sequence[FeatureStore],
    *,
    replace: bool,
    keep: Callable[[Path], None],
) -> dict[str, int]:
    """Replace the content of a database by that of a SQLite file of the newest schema, in one transaction.

    Returns the number of rows of each table. `path` lies in a folder of its own: the former content, if there is any,
    is first written to a file there, which `keep` moves. Raises Conflict if the database holds items and `replace` is
    False.
    """
    with _sqlite_file(path) as file, file.reading() as source, database.writing() as connection:
        row_counts = count_rows(connection)
        require_replaceable(row_counts.get("items", 0), replace=replace)
        require_no_removed_features(connection, features)
        if any(number for table, number in row_counts.items() if table != "meta"):
            draft = path.with_name("kept")
            with _sqlite_file(draft, create=True) as former:
                migrate_database(former, features)
                with former.writing() as target:
                    _replace_rows(connection, target)
            keep(draft)
        _replace_rows(source, connection)
        _continue_numbers(connection)
        return count_rows(connection)


def require_replaceable(item_count: int, *, replace: bool) -> None:
    """Raise Conflict for a database that holds items, unless it is to be replaced."""
    if item_count and not replace:
        message = counted(
            "The database holds %(count)s item: --replace keeps a copy of it and puts the backup in its place.",
            "The database holds %(count)s items: --replace keeps a copy of it and puts the backup in its place.",
            item_count,
        )
        raise Conflict(message, count=item_count)


def count_rows(connection: Connection) -> dict[str, int]:
    """The number of rows of each table, sorted by name."""
    tables = sorted(metadata.sorted_tables, key=lambda table: table.name)
    return {table.name: connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


@contextmanager
def _sqlite_file(path: Path, *, create: bool = False) -> Iterator[SqliteDatabase]:
    file = SqliteDatabase(path, create=create)
    try:
        yield file
    finally:
        file.close()
    if create:
        # One file, without a log beside it.
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
        lock_file_path(path).unlink(missing_ok=True)


def _replace_rows(source: Connection, target: Connection) -> None:
    for table in reversed(metadata.sorted_tables):
        target.execute(delete(table))
    for table in metadata.sorted_tables:
        for rows in _rows(source, table):
            bulk_load(target, table, rows)


def _rows(source: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    chosen = select(table).order_by(*table.primary_key)
    if table is annotations:
        # A reply comes after the annotation to which it belongs.
        chosen = select(table).order_by(table.c.parent_id.is_not(None), table.c.item, table.c.position)
    with source.execute(chosen, execution_options={"yield_per": _ROWS}) as result:
        yield from result.partitions()


def _continue_numbers(connection: Connection) -> None:
    """Let the sequences of a server go on after the largest numbers."""
    for table in metadata.sorted_tables:
        column = table.autoincrement_column
        if connection.dialect.name == "postgresql" and column is not None and table is not items:
            sequence = f"pg_get_serial_sequence('{table.name}', '{column.name}')"
            newest = f"(SELECT max({column.name}) FROM {table.name})"  # noqa: S608 - our own names
            connection.execute(text(f"SELECT setval({sequence}, coalesce({newest}, 1), {newest} IS NOT NULL)"))
