"""The connections of a SQLite file for reads. Each is kept for the next snapshot.

SQLAlchemy takes longer to lend a connection, and to begin and end a transaction, than SQLite to answer a small read; a
page of results reads three times.
"""

import sqlite3
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

from sqlalchemy import Connection, Engine

_MOST_IDLE = 8
_OF_PARENTS: list[Connection] = []
"""Connections that a child process has inherited: it neither uses nor closes them."""


class SnapshotConnections:
    """Snapshots of an engine, one for each connection at a time. Threads may share it."""

    __slots__ = ("_engine", "_generation", "_idle")

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: deque[Connection] = deque()
        self._generation = 0

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One snapshot."""
        generation = self._generation
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
        try:
            driver_connection_of(connection).execute("BEGIN").close()
            yield connection
        finally:
            self._end(connection, generation)

    def _end(self, connection: Connection, generation: int) -> None:
        """End a snapshot; keep its connection, unless it failed or belongs to a file that was replaced."""
        if generation != self._generation:
            # The pool that lent it is gone, and would not close it.
            connection.invalidate()
        if connection.closed or connection.invalidated:
            connection.close()
            return
        try:
            connection.rollback()
            if (driver := driver_connection_of(connection)).in_transaction:
                driver.execute("ROLLBACK").close()
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def close_idle(self) -> None:
        """Close the idle connections, and those in use as soon as their snapshot ends."""
        self._generation += 1
        while self._idle:
            with suppress(IndexError):
                self._idle.pop().close()

    def leave_to_parent(self) -> None:
        """Forget the idle connections of the parent process, without closing them."""
        _OF_PARENTS.extend(self._idle)
        self._idle.clear()


def begin(statement: str, connection: Connection) -> None:
    """Begin a transaction of the driver, unless the connection has one: that of a snapshot."""
    driver = driver_connection_of(connection)
    if not driver.in_transaction:
        driver.execute(statement).close()


def driver_connection_of(connection: Connection) -> sqlite3.Connection:
    """The connection of the driver."""
    return cast("sqlite3.Connection", connection.connection.driver_connection)
