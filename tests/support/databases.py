"""The address of a new database that is deleted after the tests: in memory, or on the tests' PostgreSQL server."""

import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from sqlalchemy import Connection, Engine, update
from sqlalchemy.util import LRUCache

from kb.settings import Settings, default_settings_in
from kb.site import feature_stores, open_store
from kb.store import Store
from kb.store.database import sqlite_database
from kb.store.database.database import open_database
from kb.store.database.sqlite_database import SqliteDatabase
from kb.store.maintenance import migration
from kb.store.maintenance.migration import fill_in_memory_database
from kb.store.tables.site_tables import meta

FLEETING = "sqlite:///:memory:"


def is_on_server() -> bool:
    """Whether the tests run on PostgreSQL."""
    return os.environ.get("TEST_STORE") == "postgresql"


def new_database_url(*, is_migrated: bool = True) -> str:
    """The address of a new database, migrated to the newest schema or empty."""
    if not is_on_server():
        return FLEETING
    from tests.support.postgres import new_database

    return new_database(is_migrated=is_migrated)


def settings_in(folder: Path) -> Settings:
    """The settings of a library in a folder; with PostgreSQL, its database is a new one on the server."""
    settings = default_settings_in(folder)
    return replace(settings, store_url=new_database_url()) if is_on_server() else settings


def copied_library(settings: Settings, folder: Path) -> Settings:
    """A copy of a library that is not in use, in a new folder and a new database."""
    shutil.copytree(settings.data, folder)
    if not is_on_server():
        return default_settings_in(folder)
    from tests.support.postgres import content_of, new_database

    content = content_of(settings.store_url, with_authority=True)
    return replace(default_settings_in(folder), store_url=new_database(content=content))


@contextmanager
def filled_store(fill: Callable[[Store], None]) -> Iterator[Store]:
    """A store that a function of the module fills, for tests that need many equal ones.

    The first one of a process is filled row by row, and the others are copied. All are closed at the end of the block.
    """
    with filled_database(fill) as (store, _):
        yield store


@contextmanager
def filled_database(fill: Callable[[Store], None]) -> Iterator[tuple[Store, str]]:
    """The same, with the address of the database."""
    if not is_on_server():
        with closing(SqliteDatabase(None)) as database:
            fill_in_memory_database(database, feature_stores(), _file(fill))
            yield Store(database, feature_stores()), FLEETING
        return
    from tests.support.postgres import give_back, new_database

    url = new_database(content=_content(fill))
    # Without the check of its schema, which takes half as long as filling it.
    with closing(Store(open_database(url), feature_stores())) as store:
        yield store, url
    give_back(url)


def fill_again(store: Store, fill: Callable[[Store], None]) -> None:
    """Give a store of `filled_store` its first content again, as another database; its connections stay open."""
    if is_on_server():
        with store.database.writing() as connection:
            _driver_of(connection).execute(_content(fill))
        return
    with store.database.locked() as connection, closing(sqlite3.connect(":memory:")) as source:
        source.deserialize(_without_log(_file(fill)))
        source.backup(_driver_of(connection))
        with connection.begin():
            _give_new_authority(connection)


def _driver_of(connection: Connection) -> Any:
    return connection.connection.driver_connection


@cache
def _file(fill: Callable[[Store], None]) -> bytes:
    """The file of a SQLite database that the function has filled."""
    database = SqliteDatabase(None)
    with closing(database):
        fill_in_memory_database(database, feature_stores())
        fill(Store(database, feature_stores()))
        assert database.cut_log()
        return database.path.read_bytes()


@cache
def _content(fill: Callable[[Store], None]) -> str:
    from tests.support.postgres import content_of, give_back, new_database

    url = new_database()
    store = open_store(url)
    fill(store)
    store.close()
    content = content_of(url)
    give_back(url)
    return content


@contextmanager
def fast_sqlite() -> Iterator[None]:
    """Let this process create a SQLite file once, and copy it for the next ones; and wait for no disk."""
    created: dict[str, bytes] = {}
    create = migration._create

    def create_or_copy(connection: Connection) -> None:
        file = connection.connection.driver_connection
        schema = migration.SCHEMA
        if not isinstance(file, sqlite3.Connection) or schema not in created:
            create(connection)
            if isinstance(file, sqlite3.Connection):
                created[schema] = _without_log(file.serialize())
            return
        with closing(sqlite3.connect(":memory:")) as source:
            source.deserialize(created[schema])
            source.backup(file)
        with connection.begin():
            _give_new_authority(connection)

    pragmas = tuple(pragma.replace("synchronous=FULL", "synchronous=OFF") for pragma in sqlite_database._WRITE)
    with patch.object(migration, "_create", create_or_copy), patch.object(sqlite_database, "_WRITE", pragmas):
        yield


def _without_log(file: bytes) -> bytes:
    """The content of a SQLite file as that of one without a log beside it, because one in memory has none."""
    return file[:18] + b"\1\1" + file[20:]


def _give_new_authority(connection: Connection) -> None:
    connection.execute(update(meta).where(meta.c.key == "authority").values(value=str(uuid4())))


class _Statements(LRUCache[Any, Any]):
    """Compiled statements, for all databases of one kind."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), value)


@contextmanager
def shared_statements() -> Iterator[None]:
    """Let all databases of this process share what SQLAlchemy compiles.

    Each engine has a cache of its own, so that each test would compile its statements again: a third of its time.
    """
    options = Engine._execution_options.union({"compiled_cache": _Statements(4000)})
    with patch.object(Engine, "_execution_options", options):
        yield
