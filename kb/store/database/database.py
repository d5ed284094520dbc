"""What the repositories need of a database, and the parts of statements that all of them use.

Two classes fulfil `Database`: `SqliteDatabase` and `PostgresDatabase`. They give the same promises: a read is one
snapshot, and one transaction writes at a time, over all threads, processes and machines.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, Connection, bindparam
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from kb.errors import Invalid, Unavailable
from kb.model.storable_text import is_storable
from kb.store.database.commit_signal import Listener
from kb.store.database.driver_errors import driver_errors_translated
from kb.store.database.sqlite_database import SqliteDatabase
from kb.store.transaction_events import events_of

if TYPE_CHECKING:
    from kb.store.database.postgres_database import PostgresDatabase

BATCH = 500
"""How many values one statement compares with: well under SQLite's limit on variables."""

_SEVERAL_HOSTS = re.compile(
    r"(?P<before>postgresql\+psycopg://(?:[^/]*@)?)(?P<hosts>[^/@?]*,[^/@?]*)(?P<name>/[^?]*)(?:\?(?P<more>.*))?"
)
_ADDRESS = (
    "“%(url)s” is not the address of a database: sqlite:///path or postgresql+psycopg://user@host/name was expected."
)


class Database(Protocol):
    """A database of the store."""

    fleeting: bool
    """The database is deleted when it is closed."""

    @property
    def generation(self) -> str:
        """A name that changes when another server is promoted; empty for a database without several servers."""

    def reading(self) -> AbstractContextManager[Connection]:
        """One snapshot; writing through it is refused."""

    def writing(self, *, is_durable: bool = True) -> AbstractContextManager[Connection]:
        """One write transaction, committed at the end, rolled back by an exception.

        `is_durable` False: a crash of the machine or a failover in the next second may lose it, and nobody waits.
        """

    def locked(self) -> AbstractContextManager[Connection]:
        """The write connection without a transaction, while no other thread, process or machine writes."""

    def alone(self) -> AbstractContextManager[None]:
        """Exclude all other writers; the content of the database does not matter yet."""

    def leadership(self) -> AbstractContextManager[Callable[[], bool] | None]:
        """Lead all machines that use this database, for the duration of the block.

        Yields None if another one leads; otherwise a function that says whether this one still does.
        """

    def exists(self) -> bool:
        """Whether there is a database at the address. Raises Unavailable if that cannot be known."""

    def prepare(self) -> None:
        """Make what must exist before the first migration. Raises Unavailable."""

    def keep_before_migration(self, schema: str) -> None:
        """Keep a copy of the database of an older schema, if it is a file. Raises Unavailable for a full disk."""

    def finish_schema(self, connection: Connection) -> None:
        """After a migration, make what migrations do not say."""

    def listen(self) -> Listener:
        """A listener for commits, of this process and of others."""

    def wake_listeners(self) -> None:
        """End the wait of all listeners."""

    def cut_log(self) -> bool:
        """Remove deleted content from the log that lies beside the database; False while others read it."""

    def close(self) -> None:
        """Close the connections; a fleeting database is deleted."""


def open_database(url: str, *, create: bool = False) -> Database:
    """The database of an address: `sqlite:///path`, `sqlite:///:memory:` or `postgresql+psycopg://user@host/name`.

    Several hosts may be separated by commas, each with a port, as in addresses of libpq. Raises Invalid for another
    address.
    """
    try:
        parsed = make_url(_with_hosts_apart(url))
    except (ArgumentError, ValueError):
        raise Invalid(_ADDRESS, url=url) from None
    if parsed.drivername == "postgresql+psycopg" and parsed.database:
        try:
            return _postgres_database()(parsed)
        except ArgumentError:
            # A port that is no number.
            raise Invalid(_ADDRESS, url=parsed.render_as_string(hide_password=True)) from None
    if parsed.get_backend_name() != "sqlite" or parsed.host or parsed.query:
        raise Invalid(_ADDRESS, url=parsed.render_as_string(hide_password=True))
    path = None if parsed.database in (None, "", ":memory:") else Path(str(parsed.database))
    return SqliteDatabase(path, create=create)


def import_driver(url: str) -> None:
    """Import what `open_database` imports for this address, so that processes which are forked later share it. What is
    missing is told by `open_database`.
    """
    if url.startswith("postgresql"):
        with suppress(Unavailable):
            _postgres_database()


def _postgres_database() -> "type[PostgresDatabase]":
    try:
        from kb.store.database.postgres_database import PostgresDatabase  # noqa: PLC0415 - few installations have it
    except ImportError as error:
        raise Unavailable("PostgreSQL needs a driver: install florilege[postgres].") from error
    return PostgresDatabase


def _with_hosts_apart(url: str) -> str:
    """`//user@one:1,two:2/name?more` in SQLAlchemy's form, `//user@/name?host=one:1&host=two:2&more`."""
    read = _SEVERAL_HOSTS.fullmatch(url)
    if read is None:
        return url
    hosts = "&".join(f"host={host}" for host in read["hosts"].split(","))
    return f"{read['before']}{read['name']}?{hosts}{'&' if read['more'] else ''}{read['more'] or ''}"


@contextmanager
def in_savepoint(connection: Connection) -> Iterator[None]:
    """Roll back the whole block if a part of it fails, so that the transaction can go on without it.

    On a full disk SQLite ends the transaction itself. Later statements would then be committed one by one, so the
    connection is closed instead, and `Database.writing` reports the reason.
    """
    with driver_errors_translated():
        events = events_of(connection)
        number = len(events)
        savepoint = connection.begin_nested()
        try:
            yield
        except BaseException:
            del events[number:]
            # A server that vanished has rolled back; SQLAlchemy has then invalidated the connection.
            if not connection.invalidated:
                if _is_in_transaction(connection):
                    savepoint.rollback()
                else:
                    connection.invalidate()
            raise
        savepoint.commit()


def _is_in_transaction(connection: Connection) -> bool:
    """Whether a savepoint can be rolled back: PostgreSQL keeps a failed transaction open while it is connected."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        return driver.in_transaction
    return driver is not None and not driver.closed


class text_position(FunctionElement[int]):  # noqa: N801 - a function of SQL
    """The place of a text in another one, from 1; 0 if it is not there: `text_position(column, other column)`."""

    inherit_cache = True


@compiles(text_position, "sqlite")
def _sqlite_position(element: text_position, compiler: Any, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(text_position, "postgresql")
def _postgres_position(element: text_position, compiler: Any, **options: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Distinct texts, in batches for one statement. Texts that cannot be stored are left out: they match no row."""
    distinct = iter(dict.fromkeys(text for text in texts if is_storable(text)))
    while batch := list(islice(distinct, BATCH)):
        yield batch


def is_any_of(column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    """The condition that a column holds one of some values. Many values are written into the statement itself."""
    chosen = sorted(value for value in values if is_storable(value))
    many = len(chosen) > BATCH
    return column.in_(bindparam(None, chosen, type_=column.type, expanding=True, literal_execute=many))
