"""Replace a database that is in use by another one.

SQLite's backup API copies the new database into the existing file, as one transaction. The file is never swapped: its
log lies beside it under its name, and other processes have both open, so that the log of one database could be applied
to the other. Because it is one transaction, the new database is there whole or not at all, whenever this process is
killed. A reader keeps a snapshot of the old database; a later reader sees the new one without opening it again. Only a
database that is too damaged to be read is moved away instead, with its log.
"""

import os
import shutil
import sqlite3
import uuid
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from kb.errors import FlorilegeError, Unavailable
from kb.store.database.clock import timestamp_now
from kb.store.database.database import Database, open_database
from kb.store.database.driver_errors import driver_errors_translated
from kb.store.database.sqlite_database import SqliteDatabase
from kb.store.feature_store import FeatureStore
from kb.store.maintenance.database_copy import (
    DatabaseContents,
    NotADatabase,
    database_contents,
    database_path,
    first_value,
    open_sqlite,
    row_counts,
    sqlite_errors_translated,
)
from kb.store.maintenance.migration import check_schema, is_empty, migrate_database
from kb.store.maintenance.server_database_copy import copy_from_file, count_rows, require_replaceable
from kb.store.site.outbox import Outbox
from kb.store.tables.group_tables import groups
from kb.store.tables.site_tables import meta
from kb.store.tables.table_columns import metadata

_DAMAGES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_IDENTITY = "SELECT value FROM meta WHERE key = 'identity'"
_DAMAGED = "The database that is there is damaged: --replace moves it aside."


@dataclass(frozen=True, slots=True)
class RestoredDatabase:
    """A restored database; `former` is the path of the previous one, if it held anything."""

    contents: DatabaseContents
    former: Path | None


def prepare_database(path: Path, features: Sequence[FeatureStore]) -> DatabaseContents:
    """Upgrade a database that no other process uses to the newest schema, and give it a new identity.

    Programs that follow its changes, or ask for changes since a number, then see that it is another database. Messages
    that wait are deleted. Raises Unavailable if it lacks something that the schema has.
    """
    database = SqliteDatabase(path)
    try:
        with sqlite_errors_translated():
            migrate_database(database, features)
            with database.writing() as connection:
                _require_columns(connection)
                connection.execute(delete(meta).where(meta.c.key == "identity"))
                connection.execute(insert(meta), [{"key": "identity", "value": str(uuid.uuid4())}])
                connection.execute(update(groups).values(changed_at=timestamp_now()))
                # What waited when the backup was made may have been sent since.
                Outbox(connection).remove_waiting()
                for feature in features:
                    feature.restored(connection)
    finally:
        database.close()
    with closing(open_sqlite(path)) as ready:
        return database_contents(ready)


def require_restore_target(url: str, features: Sequence[FeatureStore], *, replace: bool) -> None:
    """Raise Conflict unless a database can be put at this address: there is none or an empty one, or `replace`.

    Raises Unavailable for a server's database of another schema: only tables that are known can be copied and replaced.
    """
    place = database_path(url)
    if place is None:
        with closing(open_database(url)) as database:
            if not is_empty(database):
                check_schema(database, features)
                with database.reading() as reading:
                    require_replaceable(count_rows(reading).get("items", 0), replace=replace)
        return
    if not place.exists():
        return
    with driver_errors_translated():
        try:
            with closing(open_sqlite(place)) as connection:
                _require_free(connection, replace=replace)
        except sqlite3.DatabaseError as error:
            if not _is_damage(error):
                raise
            if not replace:
                raise Unavailable(_DAMAGED) from error


def replace_database(
    url: str, ready: Path, features: Sequence[FeatureStore], *, replace: bool, beside: Path | None = None
) -> RestoredDatabase:
    """Replace the database at this address by a prepared one, even if others use it, and keep a copy of the old one.

    `ready` lies in a folder of its own on the same disk. The copy of a server's database gets a name that begins with
    that of `beside`, by default of `ready`. Raises Conflict as `require_restore_target`; Unavailable if
    the disk is full or another program holds the database, and the old one then stays as it was.
    """
    place = database_path(url)
    if place is None:
        return _replace_on_server(url, ready, features, replace=replace, beside=beside or ready)
    database = open_database(url, create=True)
    try:
        with database.alone(), driver_errors_translated():
            try:
                placed = _write_over(place, ready, replace=replace)
            except sqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                if not replace:
                    raise Unavailable(_DAMAGED) from error
                placed = _replace_damaged(place, ready)
        database.wake_listeners()
        return placed
    finally:
        database.close()


def _replace_on_server(
    url: str, ready: Path, features: Sequence[FeatureStore], *, replace: bool, beside: Path
) -> RestoredDatabase:
    with closing(open_sqlite(ready)) as source:
        contents = database_contents(source)
        identity = first_value(source, _IDENTITY)
    with closing(open_database(url)) as database:
        if is_empty(database):
            migrate_database(database, features)
        check_schema(database, features)
        kept: list[Path] = []
        try:
            counts = copy_from_file(
                database, ready, features, replace=replace, keep=lambda draft: kept.append(_keep(draft, beside))
            )
        except BaseException:
            # The connection may be lost after the commit: then the copy is the only one of the old database.
            if kept and not _server_may_be(database, identity):
                kept[0].unlink(missing_ok=True)
            raise
    return RestoredDatabase(DatabaseContents(contents.schema, contents.change, counts), kept[0] if kept else None)


def _write_over(place: Path, ready: Path, *, replace: bool) -> RestoredDatabase:
    with closing(open_sqlite(place, create=True)) as live:
        _require_free(live, replace=replace)
        # A program other than ours may be writing: wait for it here, where the wait has a limit.
        live.execute("BEGIN IMMEDIATE")
        live.execute("ROLLBACK")
        has_rows = any(number for table, number in row_counts(live).items() if table != "meta")
        path = _copy_of_live(live, place, ready.parent) if has_rows else None
        _give_page_size(ready, live)
        with closing(open_sqlite(ready)) as source:
            identity = first_value(source, _IDENTITY)
            try:
                source.backup(live)
            except BaseException:
                # An interruption may come when all is done: then the copy is the only one of the old database.
                if path is not None and not _may_be(live, identity):
                    path.unlink(missing_ok=True)
                raise
        # The log is as large as the database: free its disk space, unless a process still reads it.
        with suppress(sqlite3.Error):
            live.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return RestoredDatabase(database_contents(live), path)


def _replace_damaged(place: Path, ready: Path) -> RestoredDatabase:
    """Move a damaged database with its log to another place, and the new one to its place."""
    with closing(open_sqlite(ready)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    path = _free_name(place)
    for end in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            place.with_name(place.name + end).rename(path.with_name(path.name + end))
    ready.replace(place)
    _sync(place)
    with closing(open_sqlite(place)) as connection:
        return RestoredDatabase(database_contents(connection), path)


def _copy_of_live(live: sqlite3.Connection, place: Path, folder: Path) -> Path:
    """The path where a copy of the database is kept."""
    draft = folder / "kept"
    live.execute("VACUUM INTO ?", (str(draft),))
    shutil.copymode(place, draft)
    return _keep(draft, place)


def _keep(draft: Path, place: Path) -> Path:
    """Give a copy of the former database its name beside the new one."""
    path = _free_name(place)
    _sync(draft)
    draft.rename(path)
    _sync(path)
    return path


def _free_name(place: Path) -> Path:
    moment = timestamp_now().partition(".")[0].replace(":", "-")
    name = path = place.with_name(f"{place.name}.before-restore-{moment}")
    for number in count(2):
        if not path.exists():
            break
        path = name.with_name(f"{name.name}-{number}")
    return path


def _sync(path: Path) -> None:
    """Write a file, and its name in the folder, to the disk."""
    for target in (path, path.parent):
        handle = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _give_page_size(ready: Path, live: sqlite3.Connection) -> None:
    """Give the new database the page size of the existing one, because SQLite copies no other size into it."""
    size = first_value(live, "PRAGMA page_size")
    with closing(open_sqlite(ready)) as connection:
        if first_value(connection, "PRAGMA page_size") != size:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute(f"PRAGMA page_size={int(size)}")
            connection.execute("VACUUM")


def _require_free(connection: sqlite3.Connection, *, replace: bool) -> None:
    require_replaceable(row_counts(connection).get("items", 0), replace=replace)


def _require_columns(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        existing = {row[1] for row in connection.exec_driver_sql(f'PRAGMA table_info("{table.name}")')}
        if not {column.name for column in table.columns} <= existing:
            raise NotADatabase


def _may_be(connection: sqlite3.Connection, identity: str) -> bool:
    """Whether a database has this identity, or cannot say."""
    try:
        return bool(first_value(connection, _IDENTITY) == identity)
    except sqlite3.Error:
        return True


def _server_may_be(database: Database, identity: str) -> bool:
    """As `_may_be`."""
    try:
        with database.reading() as reading:
            return reading.execute(select(meta.c.value).where(meta.c.key == "identity")).scalar() == identity
    except (FlorilegeError, SQLAlchemyError):
        return True


def _is_damage(error: BaseException | None) -> bool:
    return isinstance(error, sqlite3.DatabaseError) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGES
