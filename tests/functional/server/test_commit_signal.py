"""A commit wakes every process that waits for changes of the database, without polling."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kb.access.actor import OPERATOR
from kb.indexer import change_follower, follow_changes_until_stopped, index_state, wait_for_change
from kb.model.search_request import SearchRequest
from kb.search.index_search import open_catalogue
from kb.services.core.library import Library
from kb.services.search.search import run_search
from kb.settings import Settings
from kb.site import open_store
from kb.store import CommitListener, Store
from tests.factories.items import a_base

ROOT = Path(__file__).parents[3]
LONG = 120.0
"""Seconds within which a signal must come: a wait that ends by its own timeout fails the test."""
NEVER = threading.Event()

WRITE = """
import sys
from kb.site import open_store
from tests.factories.items import an_item

store = open_store(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    with store.write() as writing:
        writing.items.add([an_item(id=line.strip(), order=writing.items.next_order())])
store.close()
"""
LISTEN = """
import sys, threading
from kb.site import open_store

with open_store(sys.argv[1]).listen() as commits:
    print("ready", flush=True)
    commits.wait(threading.Event(), 600)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    a_base(url=url).close()
    return url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with closing(open_store(url)) as store:
        yield store


def a_process(script: str, url: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", script, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def write(process: "subprocess.Popen[str]", item_id: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{item_id}\n")
    process.stdin.flush()


def commit(store: Store) -> None:
    with store.write() as writing:
        writing.meta.set("essai", "un")


def pipes(tmp_path: Path) -> list[str]:
    folder = tmp_path / "store.sqlite.listeners"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_commit_of_another_process_ends_a_wait(store: Store, url: str) -> None:
    with store.listen() as commits, a_process(WRITE, url) as writer:
        write(writer, "un")
        assert commits.wait(NEVER, LONG)
        writer.communicate(timeout=60)


def test_a_commit_between_two_waits_is_not_missed_and_is_signalled_once(store: Store) -> None:
    with store.listen() as commits:
        commit(store)
        commit(store)
        assert commits.wait(NEVER, LONG)
        assert not commits.wait(NEVER, 0.0)
        commit(store)
        assert commits.wait(NEVER, LONG)
        assert commits.signals == 2


def test_a_refused_transaction_wakes_no_listener(store: Store) -> None:
    with store.listen() as commits:
        with pytest.raises(ZeroDivisionError), store.write() as writing:
            writing.meta.set("essai", str(1 / 0))
        assert not commits.wait(NEVER, 0.0)


def test_more_signals_than_a_pipe_holds_stop_no_writer(store: Store) -> None:
    with store.listen() as commits:
        for _ in range(70_000):
            store.wake_listeners()
        commit(store)
        assert commits.wait(NEVER, LONG)
        assert not commits.wait(NEVER, 0.0)


def test_every_listener_is_woken(store: Store) -> None:
    with store.listen() as first, store.listen() as other:
        commit(store)
        assert (first.wait(NEVER, LONG), other.wait(NEVER, LONG)) == (True, True)


def test_a_listener_removes_its_pipe_and_that_of_a_killed_one_goes_with_the_next_commit(
    store: Store, url: str, tmp_path: Path
) -> None:
    with store.listen():
        assert len(pipes(tmp_path)) == 1
    assert not (tmp_path / "store.sqlite.listeners").exists()
    with a_process(LISTEN, url) as listening:
        assert len(pipes(tmp_path)) == 1
        os.kill(listening.pid, signal.SIGKILL)
    commit(store)
    assert not (tmp_path / "store.sqlite.listeners").exists()


def test_where_no_pipe_can_be_made_the_database_is_polled_as_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    mkfifo = os.mkfifo
    monkeypatch.setattr("kb.store.database.commit_signal.os.mkfifo", refuse)
    waited: list[float] = []

    class Noting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout or 0.0)
            return False

    with store.listen() as commits:
        assert not commits.wait(Noting(), LONG)
        assert waited == [0.05]
        monkeypatch.setattr("kb.store.database.commit_signal.os.mkfifo", mkfifo)
        assert not commits.wait(Noting(), LONG)
        commit(store)
        assert commits.wait(NEVER, LONG)


def test_the_indexer_looks_once_for_each_commit_of_another_process_and_not_in_between(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(tmp_path, url, f"whoosh:{tmp_path / 'index'}")
    library = Library(store, open_catalogue(settings.index_url), settings)
    looks: list[int] = []
    listeners = _noted_listeners(monkeypatch)
    catch_up = change_follower.catch_up

    def counted(library: Library, *arguments: Any, **named: Any) -> int:
        looks.append(index_state(library).newest)
        return catch_up(library, *arguments, **named)

    monkeypatch.setattr(change_follower, "LOOK_EVERY", 3600.0)
    monkeypatch.setattr(change_follower, "catch_up", counted)
    stop = threading.Event()
    follower = threading.Thread(target=follow_changes_until_stopped, args=(library, stop))
    follower.start()
    with a_process(WRITE, url) as writer:
        before = index_state(library).newest
        for number in range(1, 6):
            write(writer, f"i{number}")
            assert wait_for_change(library, before + number, 60)
        writer.communicate(timeout=60)
    stop.set()
    library.store.wake_listeners()
    follower.join(60)

    assert not follower.is_alive()
    assert run_search(library, OPERATOR, SearchRequest()).total == 5
    # One read at the start, one for each commit, and perhaps one for the stop signal.
    assert len(looks) in {6, 7}
    assert [listener.signals for listener in listeners] in ([5], [6])
    library.catalogue.close()


def _noted_listeners(monkeypatch: pytest.MonkeyPatch) -> list[CommitListener]:
    listeners: list[CommitListener] = []
    listen = Store.listen

    def noted(store: Store) -> CommitListener:
        listeners.append(listen(store))
        return listeners[-1]

    monkeypatch.setattr(Store, "listen", noted)
    return listeners
