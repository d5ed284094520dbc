"""The store in a database of a PostgreSQL server, from version 15 on.

A read is a transaction of the isolation level REPEATABLE READ, READ ONLY. A write transaction takes an advisory lock of
the database first, so that one transaction writes at a time, over all machines: numbers then grow in the order of
commits, as they do on SQLite, and no transaction fails because of another one. The server releases the lock after
the commit is visible, and when the connection of a dead program ends.
"""

import os
import select
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Lock
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import IsolationLevel, sql
from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from kb.errors import Unavailable
from kb.store.database import postgres_servers
from kb.store.database.commit_signal import Stop
from kb.store.database.driver_errors import driver_errors_translated
from kb.store.database.postgres_servers import Servers
from kb.store.database.standby_key import IS_STANDBY
from kb.store.database.write_lock import write_lock_of

_LOCK = 0x666C6F72
"""The key of the advisory lock: any number that no other program uses in this database."""
_LEADER = _LOCK + 1
"""The key of the leader's lock."""
_LEADER_SILENCE = "8s"
_LOCKED = text("SELECT pg_advisory_xact_lock(:key)")
_LOCKED_WITHOUT_WAIT = text("SELECT pg_advisory_xact_lock(:key), set_config('synchronous_commit', 'off', true)")
_CHANNEL = "florilege_commits"
_STANDBY_SECONDS = 5.0
_REFUSED_SECONDS = 5.0
_RECONNECT_PAUSE = 1.0
"""Seconds, at most, until a listener without a connection tries again."""
_SETTINGS = {
    # A writer gives up after as long as a program would wait for SQLite's lock.
    "lock_timeout": "30s",
    # A machine that stops in the middle of a write must not keep the others from writing.
    "idle_in_transaction_session_timeout": "30s",
    # The server, too, notices after 10 seconds that a machine has vanished, and releases its locks.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_PATIENT = "SET idle_in_transaction_session_timeout = '1h'"
_CONNECT: dict[str, Any] = {
    # A server that vanishes from the network is noticed after 10 seconds.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "florilege",
    "options": " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items()),
    "client_encoding": "utf8",
}


class PostgresDatabase:
    """One database of a server: snapshots for reads, and one write transaction at a time."""

    fleeting = False

    def __init__(self, url: URL) -> None:
        _, named = create_engine(url).dialect.create_connect_args(url)
        self._servers = Servers({**named, **_CONNECT})
        self._reader = _engine(self._reading_connection)
        self._writer = _engine(self._servers.writer)
        for engine in (self._reader, self._writer):
            event.listen(engine, "checkout", self._leave_old_server)
        self._refused_until = 0.0
        self._lock = write_lock_of(url.render_as_string(hide_password=True), None)
        self._finalizer = weakref.finalize(self, _dispose, self._reader, self._writer)
        self.listeners: set[PostgresListener] = set()
        """The listeners of this process that are open."""
        _OPEN.add(self)

    @property
    def generation(self) -> str:
        """The server and the timeline of the last connection that may write; empty for the only server."""
        return self._servers.generation

    def connected(self) -> psycopg.Connection[Any]:
        """A new connection that commits each statement."""
        return self._servers.writer(autocommit=True)

    def _reading_connection(self) -> psycopg.Connection[Any]:
        connection = self._servers.reader()
        # A snapshot keeps nobody waiting, and the index may merge for minutes between two of its rows.
        connection.execute(_PATIENT)
        connection.commit()
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        return connection

    def _leave_old_server(self, driver: psycopg.Connection[Any], record: ConnectionPoolEntry, _proxy: object) -> None:
        """Let the pool connect again if another server was promoted, and after `_STANDBY_SECONDS` with a standby."""
        opened = record.info.setdefault("opened", time.monotonic())
        record.info[IS_STANDBY] = driver.info.parameter_status("in_hot_standby") == "on"
        if record.info[IS_STANDBY]:
            is_old = time.monotonic() - opened > _STANDBY_SECONDS
        else:
            generation = self._servers.generation
            is_old = record.info.setdefault("generation", generation) != generation
        if is_old:
            raise DisconnectionError

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot."""
        with driver_errors_translated(), self._reader.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, *, is_durable: bool = True) -> Iterator[Connection]:
        """One write transaction, committed at the end, rolled back by an exception.

        Unless it is durable, the commit waits neither for the disk nor for a standby.
        """
        with self._lock.hold(), driver_errors_translated(), self._until_refused(), self._writer.connect() as connection:
            process = os.getpid()
            with connection.begin():
                connection.execute(_LOCKED if is_durable else _LOCKED_WITHOUT_WAIT, {"key": _LOCK})
                yield connection
                if os.getpid() != process:
                    raise RuntimeError("a child process may not end its parent's transaction")
                connection.execute(text(f"NOTIFY {_CHANNEL}"))

    @contextmanager
    def _until_refused(self) -> Iterator[None]:
        """Refuse writes for a moment after one that waited in vain, so that those behind it need not wait as long."""
        start = time.monotonic()
        if start < self._refused_until:
            raise Unavailable("Another program holds the database: try again in a moment.")
        try:
            yield
        except DBAPIError:
            end = time.monotonic()
            if end - start >= postgres_servers.COMMIT_WAIT:
                self._refused_until = end + _REFUSED_SECONDS
            raise

    @contextmanager
    def locked(self) -> Iterator[Connection]:
        """The write connection without a transaction, while no other thread, process or machine writes."""
        with self.alone(), driver_errors_translated(), self._writer.connect() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Exclude all other writers."""
        with self._lock.hold(), driver_errors_translated(), self.connected() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            # Closing the connection releases the lock.
            yield

    @contextmanager
    def leadership(self) -> Iterator[Callable[[], bool] | None]:
        """Lead all machines that use this database, as long as a connection of its own lives.

        The server ends that connection if the program does not use it for `_LEADER_SILENCE`: a machine that stands
        still, or is cut from the network, then leads no more. Raises Unavailable.
        """
        with driver_errors_translated(), self.connected() as connection:
            connection.execute(f"SET idle_session_timeout = '{_LEADER_SILENCE}'")
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LEADER,)).fetchone()
            yield (lambda: _answers(connection)) if row and row[0] else None

    def exists(self) -> bool:
        """True: an administrator creates the database; the first connection says if it is missing."""
        return True

    def prepare(self) -> None:
        """Nothing: an administrator creates the database."""

    def keep_before_migration(self, schema: str) -> None:
        """Nothing: the administrator of the server makes its backups; a migration that fails is rolled back."""

    def finish_schema(self, connection: Connection) -> None:
        """Compare texts by code points, as SQLite does and as Python sorts, whatever the locale of the database is."""
        chosen = text(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE' AND c.data_type = 'text'"
            " AND c.collation_name IS DISTINCT FROM 'C'"
        )
        with connection.begin():
            for table, column in connection.execute(chosen).all():
                change = sql.SQL('ALTER TABLE {} ALTER COLUMN {} TYPE text COLLATE "C"')
                names = (sql.Identifier(table), sql.Identifier(column))
                connection.exec_driver_sql(change.format(*names).as_string())

    def listen(self) -> "PostgresListener":
        """A listener for commits, of this program and of others."""
        return PostgresListener(self)

    def wake_listeners(self) -> None:
        """End the wait of all listeners, if the server can be reached."""
        for listener in list(self.listeners):
            listener.wake()
        with suppress(psycopg.Error), self.connected() as connection:
            connection.execute(f"NOTIFY {_CHANNEL}")

    def cut_log(self) -> bool:
        """True: the server recycles its log, and its administrator decides how long it is archived."""
        return True

    def close(self) -> None:
        """Close the connections."""
        self._finalizer()

    def after_fork_in_child(self) -> None:
        """Start without connections: those of the parent are its own."""
        self._reader.dispose(close=False)
        self._writer.dispose(close=False)


class PostgresListener:
    """A listener for commits; a lost connection is made again. A context manager, for one thread only."""

    def __init__(self, database: PostgresDatabase) -> None:
        self.signals = 0
        """How many waits a commit has ended."""
        self._database = database
        self._returned = 0.0
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        """Ends a wait of this process, also while the server is away."""
        self._is_open = True
        self._closing = Lock()
        """Nobody may wake a closed listener: the number of its descriptor may be that of another file."""
        database.listeners.add(self)
        self._connection: psycopg.Connection[Any] | None = None
        with suppress(psycopg.Error):
            self._listen()

    def wait(self, stop: Stop, longest: float, shortest: float = 0.0) -> bool:
        """As `CommitListener.wait`."""
        is_signalled = False
        try:
            if self._connection is None:
                # The caller looks at the database now, so no commit from before this moment is missed.
                self._listen()
                return False
            is_signalled = self._is_notified(self._connection, stop, longest)
            if is_signalled:
                self.signals += 1
                rest = self._returned + shortest - time.monotonic()
                if rest > 0:
                    stop.wait(rest)
                _take_notifications(self._connection)
            else:
                # A server that vanished sends nothing either.
                self._connection.execute("SELECT 1")
        except psycopg.Error:
            self._disconnect()
            stop.wait(min(longest, _RECONNECT_PAUSE))
        self._returned = time.monotonic()
        return is_signalled

    def _listen(self) -> None:
        connection = self._database.connected()
        connection.execute(f"LISTEN {_CHANNEL}")
        self._connection = connection

    def _is_notified(self, connection: psycopg.Connection[Any], stop: Stop, longest: float) -> bool:
        """Whether a notification comes within some seconds, before `wake` is called."""
        if stop.is_set():
            return False
        # Some may have come with another answer.
        if _take_notifications(connection):
            return True
        # psycopg itself would wake ten times a second.
        if self._wake in select.select([connection.fileno(), self._wake], [], [], longest)[0]:
            os.eventfd_read(self._wake)
        return _take_notifications(connection)

    def wake(self) -> None:
        """End the wait. Any thread may call it."""
        with self._closing:
            if self._is_open:
                os.eventfd_write(self._wake, 1)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """Close the connection."""
        self._database.listeners.discard(self)
        self._disconnect()
        with self._closing:
            if self._is_open:
                self._is_open = False
                os.close(self._wake)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _take_notifications(connection: psycopg.Connection[Any]) -> bool:
    """Take all notifications that have come; whether there was one."""
    return len(list(connection.notifies(timeout=0))) > 0


def _answers(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def _engine(connect: Callable[[], psycopg.Connection[Any]]) -> Engine:
    # As many connections as there are readers: a page must not fail because others are slow.
    return create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=-1,
        pool_pre_ping=True,
        hide_parameters=True,
        use_native_hstore=False,
    )


def _dispose(*engines: Engine) -> None:
    for engine in engines:
        engine.dispose()


_OPEN: weakref.WeakSet[PostgresDatabase] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    for database in list(_OPEN):
        database.after_fork_in_child()


os.register_at_fork(after_in_child=_after_fork_in_child)
