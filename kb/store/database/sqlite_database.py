"""The store in one SQLite file: opening, pragmas, locks.

Reads and writes have separate connections. The driver's own transactions are off and our code sends BEGIN, so that a
read is one snapshot, a write holds its lock from its start, and a failed migration is rolled back, tables included.
"""

import os
import shutil
import sqlite3
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from kb.errors import Unavailable
from kb.own_files import APPLICATION_ID
from kb.store.database.commit_signal import CommitListener, wake_listeners
from kb.store.database.driver_errors import driver_errors_translated, transaction_given_up
from kb.store.database.reserved_space import lock_file_path, open_with_reserved_space, reserve_space
from kb.store.database.snapshot_connections import SnapshotConnections
from kb.store.database.snapshot_connections import begin as begin_transaction
from kb.store.database.write_lock import all_locks, write_lock_of

_WAIT = 30.0  # seconds to wait for a program that does not use our lock
_READ = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA query_only=ON",
    # Sort in memory, so that reads still work when the disk is full.
    "PRAGMA temp_store=MEMORY",
    # Use the disk space that opening needs now, not at the first statement.
    "PRAGMA schema_version",
)
_WRITE = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA cache_size=-65536",
    # Overwrite deleted content, because a user may have asked for its erasure.
    "PRAGMA secure_delete=ON",
    # After a long import, SQLite cuts the log file back to this many bytes.
    "PRAGMA journal_size_limit=67108864",
)
_FLEETING = "PRAGMA synchronous=OFF"


class SqliteDatabase:
    """One SQLite file: snapshots for reads, and one write transaction at a time."""

    __slots__ = (
        "__weakref__",
        "_file",
        "_finalizer",
        "_is_busy",
        "_is_lost",
        "_lock",
        "_reader",
        "_snapshots",
        "_writer",
        "fleeting",
        "path",
    )

    def __init__(self, path: Path | None, *, create: bool = False) -> None:
        """Name a file, or None for an in-memory database, which is deleted when it is closed.

        The in-memory database is a file in a temporary folder: SQLite's own `:memory:` has no snapshots during writes.
        """
        self.fleeting = path is None
        folder = Path(tempfile.mkdtemp(prefix="florilege-")) if path is None else None
        self.path = folder / "store.sqlite" if folder else Path(path or "").resolve()
        address = f"{self.path.as_uri()}?mode={'rwc' if create or folder else 'rw'}"
        self._reader = _engine(self.path, address, "BEGIN", _READ)
        self._writer = _engine(self.path, address, "BEGIN IMMEDIATE", (*_WRITE, _FLEETING) if folder else _WRITE)
        self._snapshots = SnapshotConnections(self._reader)
        self._is_busy = self._is_lost = False
        self._file = self._file_now()
        lock_file = lock_file_path(self.path)
        self._lock = write_lock_of(str(lock_file), lock_file)
        self._finalizer = weakref.finalize(
            self, _forget, os.getpid(), self._snapshots, self._reader, self._writer, folder
        )
        _OPEN.add(self)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot."""
        self._follow_file()
        with driver_errors_translated(), self._snapshots.snapshot() as connection:
            yield connection

    @contextmanager
    def writing(self, *, is_durable: bool = True) -> Iterator[Connection]:  # noqa: ARG002 - every commit waits for the disk
        """One write transaction, committed at the end, rolled back by an exception."""
        with self.locked() as connection:
            process = os.getpid()
            with connection.begin():
                yield connection
                if connection.invalidated:
                    raise transaction_given_up()
                if os.getpid() != process:
                    raise RuntimeError("a child process may not end its parent's transaction")
        wake_listeners(self.path)

    @contextmanager
    def locked(self) -> Iterator[Connection]:
        """The write connection without a transaction, while no other thread or process writes."""
        with self.alone(), driver_errors_translated():
            self._follow_file()
            with self._writer.connect() as connection:
                yield connection

    @contextmanager
    def leadership(self) -> Iterator[Callable[[], bool] | None]:
        """Lead: only one machine uses a file, and its background processes have a lock of their own."""
        yield lambda: True

    def prepare(self) -> None:
        """Make the folder. Raises Unavailable."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable("The folder %(folder)s cannot be made.", folder=str(self.path.parent)) from error

    def keep_before_migration(self, schema: str) -> None:
        """Copy the file to one whose name ends in `.before-migration-` and its schema; an earlier copy stays."""
        path = self.path.with_name(f"{self.path.name}.before-migration-{schema}")
        if path.exists():
            return
        draft = path.with_name(f".{path.name}.new")
        draft.unlink(missing_ok=True)
        try:
            with driver_errors_translated(), self._writer.connect() as connection:
                connection.connection.cursor().execute("VACUUM INTO ?", (str(draft),)).close()
            draft.chmod(0o600)
            draft.rename(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def finish_schema(self, connection: Connection) -> None:
        """Mark the file as ours, and reserve disk space beside it."""
        # On a full disk, its tables show that it is ours.
        with suppress(DBAPIError), connection.begin():
            if connection.exec_driver_sql("PRAGMA application_id").scalar() != APPLICATION_ID:
                connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        reserve_space(self.path)

    @property
    def generation(self) -> str:
        """Nothing: there is no other server."""
        return ""

    def exists(self) -> bool:
        """Whether the file exists."""
        return self.path.exists()

    def listen(self) -> CommitListener:
        """A listener for commits, of this process and of others."""
        return CommitListener(self.path)

    def wake_listeners(self) -> None:
        """End the wait of all listeners."""
        wake_listeners(self.path)

    def cut_log(self) -> bool:
        """Move SQLite's log into the database file, and truncate the log; False while others read from it.

        The log holds old versions of rows until they are overwritten.
        """
        with self.locked() as connection:
            # Use the driver's connection, because no transaction may be open.
            driver = connection.connection.driver_connection
            if not isinstance(driver, sqlite3.Connection):
                return False
            # Writers must not wait for readers here.
            driver.execute("PRAGMA busy_timeout=0").close()
            try:
                (busy, *_) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                driver.execute(f"PRAGMA busy_timeout={int(_WAIT * 1000)}").close()
        return not busy

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Exclude all other writers; the content of the file does not matter yet."""
        with self._lock.hold():
            yield

    def rest(self) -> None:
        """Close the idle connections."""
        self._snapshots.close_idle()
        self._reader.dispose()
        self._writer.dispose()

    def before_fork(self) -> None:
        """Close what SQLite forbids a child process to inherit, and remember what cannot be closed."""
        self._snapshots.close_idle()
        pools = (self._reader.pool, self._writer.pool)
        self._is_busy = any(isinstance(pool, QueuePool) and pool.checkedout() > 0 for pool in pools)
        self.rest()

    def after_fork_in_child(self) -> None:
        """Start without connections."""
        self._is_lost = self._is_busy
        self._snapshots.leave_to_parent()
        self._reader.dispose(close=False)
        self._writer.dispose(close=False)

    def _follow_file(self) -> None:
        """Close connections to a file that was moved, removed or replaced: their writes would be lost."""
        if self._is_lost:
            raise RuntimeError("this process was forked inside a transaction: it cannot use the database")
        file = self._file_now()
        if file != self._file:
            self.rest()
            self._file = file

    def _file_now(self) -> tuple[int, int] | None:
        try:
            status = self.path.stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

    def close(self) -> None:
        """Close the connections; an in-memory database is deleted."""
        self._finalizer()


_OPEN: weakref.WeakSet[SqliteDatabase] = weakref.WeakSet()


_FORKING = threading.local()
"""The locks that this thread has paused; two threads may be forking."""


def _before_fork() -> None:
    _FORKING.paused = [lock for lock in all_locks() if lock.pause()]
    for database in list(_OPEN):
        database.before_fork()


def _after_fork_in_parent() -> None:
    for lock in _FORKING.paused:
        lock.resume()


def _after_fork_in_child() -> None:
    for lock in all_locks():
        lock.renew()
    for database in list(_OPEN):
        database.after_fork_in_child()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)


def _engine(base: Path, address: str, begin: str, pragmas: tuple[str, ...]) -> Engine:
    def connect() -> sqlite3.Connection:
        return open_with_reserved_space(base, lambda: _connected(address, pragmas))

    # As many connections as there are readers: a page must not fail because others are slow.
    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=8, max_overflow=-1, hide_parameters=True
    )
    event.listen(engine, "begin", partial(begin_transaction, begin))
    return engine


def _connected(address: str, pragmas: tuple[str, ...]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address, uri=True, timeout=_WAIT, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        for pragma in pragmas:
            connection.execute(pragma).close()
    except BaseException:
        connection.close()
        raise
    return connection


def _forget(process: int, snapshots: SnapshotConnections, reader: Engine, writer: Engine, folder: Path | None) -> None:
    snapshots.close_idle()
    reader.dispose()
    writer.dispose()
    # A child process that ends must not delete its parent's in-memory database.
    if folder is not None and os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)
