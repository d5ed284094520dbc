"""The connections for reads of a SQLite file, which are reused by the next snapshot."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from kb.errors import Unavailable
from kb.site import migrate, open_store
from kb.store import Store
from kb.store.database.snapshot_connections import _MOST_IDLE
from kb.store.database.sqlite_database import SqliteDatabase


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    migrate(url)
    store = open_store(url)
    yield store
    store.close()


def value_of(store: Store) -> str | None:
    with store.read() as reading:
        return reading.meta.get("colour")


def write(store: Store, value: str) -> None:
    with store.write() as writing:
        writing.meta.set("colour", value)


def idle(store: Store) -> int:
    database = store.database
    assert isinstance(database, SqliteDatabase)
    return len(database._snapshots._idle)


def test_a_connection_that_is_used_again_sees_what_was_committed_since(store: Store) -> None:
    assert value_of(store) is None
    for value in ("red", "blue"):
        write(store, value)
        assert value_of(store) == value
    assert idle(store) == 1


def test_a_snapshot_inside_another_is_of_a_connection_of_its_own(store: Store) -> None:
    write(store, "red")
    with store.read() as outer:
        assert outer.meta.get("colour") == "red"
        write(store, "blue")
        assert value_of(store) == "blue"
        assert outer.meta.get("colour") == "red"
    assert value_of(store) == "blue"


def test_statements_of_both_kinds_read_one_snapshot(store: Store) -> None:
    write(store, "red")
    count = text("SELECT count(*) FROM meta WHERE value = 'red'")
    with store.read() as reading:
        assert reading.items.connection.execute(count).scalar() == 1
        write(store, "blue")
        assert reading.items.connection.execute(count).scalar() == 1
        assert reading.meta.get("colour") == "red"


def test_a_snapshot_that_fails_leaves_no_transaction(store: Store) -> None:
    write(store, "red")
    with pytest.raises(IndexError), store.read() as reading:
        reading.meta.get("colour").split("red")[2]  # type: ignore[union-attr]
    write(store, "blue")
    assert value_of(store) == "blue"


def test_a_snapshot_refuses_writes(store: Store) -> None:
    for _ in range(2):
        with pytest.raises(Unavailable), store.read() as reading:
            reading.items.connection.execute(text("DELETE FROM meta"))
    write(store, "red")
    assert value_of(store) == "red"


def test_few_connections_are_kept(store: Store) -> None:
    readings = [store.read() for _ in range(_MOST_IDLE + 4)]
    for snapshot in readings:
        snapshot.__enter__().meta.get("colour")
    for snapshot in readings:
        snapshot.__exit__(None, None, None)
    assert idle(store) == _MOST_IDLE


def test_no_connection_stays_open_after_its_file(store: Store, tmp_path: Path) -> None:
    write(store, "red")
    other = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    assert value_of(other) == value_of(store) == "red"
    with store.read() as during:
        for name in ("store.sqlite", "store.sqlite-wal", "store.sqlite-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        migrate(f"sqlite:///{tmp_path / 'store.sqlite'}")
        assert value_of(store) is None
        assert during.meta.get("colour") == "red"
    write(store, "blue")
    assert [value_of(store), value_of(other)] == ["blue", "blue"]
    other.close()
    gc.collect()


def test_a_closed_store_keeps_no_connection(store: Store) -> None:
    assert value_of(store) is None
    store.close()
    assert idle(store) == 0
