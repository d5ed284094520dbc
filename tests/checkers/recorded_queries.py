"""The statements that the database driver receives, from any caller; those of SQLite contain their values."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, Pool, event

from kb.store.database.sqlite_database import _OPEN


@contextmanager
def recorded_queries() -> Iterator[list[str]]:
    """The statements of all connections that are opened in the block, in order."""
    queries: list[str] = []

    def listen(connection: Any, *_: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(queries.append)
        else:
            connection.cursor_factory = _recording(connection.cursor_factory, queries)

    def leave(connection: Any, *_: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.set_trace_callback(None)
        elif connection is not None:
            connection.cursor_factory = connection.cursor_factory.__base__

    def take_up_anew() -> None:
        """SQLite's connections for reads stay open: close them, so that the block opens new ones."""
        for database in tuple(_OPEN):
            database._snapshots.close_idle()

    take_up_anew()
    event.listen(Pool, "checkout", listen)
    event.listen(Pool, "checkin", leave)
    try:
        yield queries
    finally:
        take_up_anew()
        event.remove(Pool, "checkout", listen)
        event.remove(Pool, "checkin", leave)


@contextmanager
def executed_statements() -> Iterator[list[str]]:
    """The statements that SQLAlchemy sends in the block, in order; one with many rows is one."""
    statements: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def _recording(cursor: Any, queries: list[str]) -> Any:
    """A cursor class of psycopg that also records its statements."""

    class Recording(cursor):  # type: ignore[misc]
        def execute(self, query: object, *arguments: object, **options: object) -> object:
            queries.append(str(query))
            return super().execute(query, *arguments, **options)

    return Recording


def selects(statements: list[str]) -> list[str]:
    """The statements that only read."""
    return [statement for statement in statements if statement.lstrip().upper().startswith("SELECT")]
