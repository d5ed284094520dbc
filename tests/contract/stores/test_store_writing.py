"""Transactions: atomic, one writer at a time, changes numbered in the order of commits."""

import os
import signal
import sqlite3
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.access.actor import AccessScope
from kb.errors import Unavailable
from kb.site import open_store
from kb.store import Store
from kb.store.meta import Meta
from tests.factories.items import a_base, a_user, an_item, rolled_back

EVERYTHING = AccessScope(everything=True)


@pytest.fixture
def store() -> Iterator[Store]:
    opened = a_base()
    yield opened
    opened.close()


def test_an_exception_leaves_neither_item_nor_change(store: Store) -> None:
    with rolled_back(store) as writing:
        writing.items.add([an_item()])
        writing.meta.set("clé", "valeur")
        assert writing.changes.newest() == 1
    with store.read() as reading:
        assert reading.items.count(EVERYTHING) == 0
        assert reading.changes.since(0, 10) == ()
        assert reading.meta.get("clé") is None


def test_a_reader_keeps_its_snapshot_while_others_write(store: Store) -> None:
    first, second = an_item(), an_item()
    with store.write() as writing:
        writing.items.add([first])
    with store.read() as reading:
        assert reading.changes.newest() == 1
        with store.write() as writing:
            writing.items.add([second])
            # Not committed: no other reader sees it.
            with store.read() as later:
                assert later.items.count(EVERYTHING) == 1
        assert list(reading.items.ids()) == [first.id]
        assert reading.changes.newest() == 1
    with store.read() as reading:
        assert list(reading.items.ids()) == [first.id, second.id]


def test_a_write_inside_a_write_fails_at_once_and_the_first_goes_on(store: Store) -> None:
    with store.write() as writing:
        with pytest.raises(RuntimeError, match="inside another"), store.write():
            pass
        writing.items.add([an_item()])
    with store.write() as writing:
        assert writing.items.count(EVERYTHING) == 1


def test_two_stores_of_one_database_share_one_lock(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    first, other = a_base(url=url), open_store(url)
    with first.write(), pytest.raises(RuntimeError, match="inside another"), other.write():
        pass
    first.close()
    other.close()


def test_a_writer_waits_for_the_one_before(store: Store) -> None:
    entered, steps = threading.Event(), []

    def second() -> None:
        entered.set()
        with store.write() as writing:
            steps.append(writing.items.count(EVERYTHING))

    thread = threading.Thread(target=second)
    with store.write() as writing:
        thread.start()
        entered.wait()
        writing.items.add([an_item()])
        thread.join(0.1)
        steps.append("first ends")
    thread.join()
    assert steps == ["first ends", 1]


class Interrupted(Exception):
    """The exception that a signal raises in these tests."""


def interrupt_when_waiting(thread: int) -> None:
    """Send a signal once a thread waits for its turn to write."""
    while not any("write_lock" in frame.filename for frame in traceback.extract_stack(sys._current_frames()[thread])):
        time.sleep(0.01)
    # The thread is about to block.
    time.sleep(0.2)
    os.kill(os.getpid(), signal.SIGUSR1)


def test_a_writer_interrupted_while_it_waits_leaves_the_turn_to_the_others(store: Store) -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted

    holding, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with store.write():
            holding.set()
            leave.wait()

    before = signal.signal(signal.SIGUSR1, interrupt)
    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()
    threading.Thread(target=interrupt_when_waiting, args=(threading.get_ident(),)).start()
    try:
        with pytest.raises(Interrupted), store.write():
            pass
    finally:
        leave.set()
        holder.join()
        signal.signal(signal.SIGUSR1, before)
    with store.write() as writing:
        writing.items.add([an_item()])
    with store.read() as reading:
        assert reading.items.count(EVERYTHING) == 1


def test_writing_through_a_reading_is_refused(store: Store) -> None:
    with store.read() as reading, pytest.raises(Unavailable):
        Meta(reading.connection).set("clé", "valeur")


def test_fifty_readers_block_neither_each_other_nor_the_writer(store: Store) -> None:
    snapshots = [store.read() for _ in range(50)]
    for reading in snapshots:
        reading.__enter__().items.count(EVERYTHING)
    with store.write() as writing:
        writing.items.add([an_item()])
    for reading in snapshots:
        reading.__exit__(None, None, None)


@pytest.mark.sqlite
def test_an_item_of_an_unknown_group_or_author_is_refused(store: Store) -> None:
    for stray in (an_item(group="g-absent"), an_item(author=a_user("absent"))):
        with pytest.raises(Exception, match="FOREIGN KEY"), store.write() as writing:
            writing.items.add([stray])


def test_another_program_that_locks_the_database_is_waited_for_then_reported(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = a_base(url=f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(0.3, other.execute, ["COMMIT"])
    ending.start()
    with store.write() as writing:
        writing.items.add([an_item()])
    ending.join()
    other.close()
    with store.read() as reading:
        assert reading.items.count(EVERYTHING) == 1
    store.close()


def test_a_removed_folder_is_reported(tmp_path: Path) -> None:
    folder = tmp_path / "données"
    store = a_base(url=f"sqlite:///{folder / 'store.sqlite'}")
    folder.rename(tmp_path / "ailleurs")
    with pytest.raises(Unavailable), store.write():
        pass
    folder.mkdir()
    with pytest.raises(Unavailable), store.write():
        pass
    with pytest.raises(Unavailable), store.read():
        pass
    store.close()


def test_a_restored_database_is_the_one_that_is_written(tmp_path: Path) -> None:
    path, copy = tmp_path / "store.sqlite", tmp_path / "copie.sqlite"
    store = a_base(url=f"sqlite:///{path}")
    with sqlite3.connect(copy) as to, sqlite3.connect(path) as source:
        source.backup(to)
    to.close()
    source.close()
    with store.write() as writing:
        writing.items.add([an_item("Avant")])
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    copy.replace(path)
    after = an_item("Après")
    with store.write() as writing:
        writing.items.add([after])
    store.close()
    reopened = open_store(f"sqlite:///{path}")
    with reopened.read() as reading:
        assert list(reading.items.ids()) == [after.id]
    reopened.close()
