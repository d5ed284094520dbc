"""A command that changes the database requests the index to follow during its run, and waits for it at its end."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Unavailable
from kb.indexer import hold_leader_lock, index_state, index_until_stopped, make_searchable, wait_for_change
from kb.model.search_request import SearchRequest
from kb.services.core.library import Library
from kb.services.search.search import run_search
from tests.factories.items import a_group, an_item
from tests.factories.library import add_items, an_empty_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = an_empty_library(tmp_path / "data", index_url=f"whoosh:{tmp_path / 'index'}")
    add_items(library, groups=(a_group(),))
    yield library
    library.close()


def total(library: Library) -> int:
    return run_search(library, OPERATOR, SearchRequest()).total


def test_a_command_waits_for_the_process_that_writes_the_index(library: Library) -> None:
    add_items(library, an_item())
    begun = threading.Event()

    def write() -> None:
        with library.catalogue.engine.write():
            begun.set()
            time.sleep(1.5)

    writer = threading.Thread(target=write)
    writer.start()
    begun.wait(5)
    make_searchable(library, index_state(library).newest)
    assert total(library) == 1
    writer.join()


def test_a_stuck_index_is_reported_and_the_wait_ends(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kb.indexer.index_wait.PATIENCE", 0.2)
    add_items(library, an_item())
    with hold_leader_lock(library.settings.data), pytest.raises(Unavailable, match="does not follow"):
        make_searchable(library, index_state(library).newest)


def test_a_caller_waits_as_long_as_the_follower_makes_progress(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.indexer.index_wait.PATIENCE", 0.0)
    add_items(library, an_item())
    lock_states = iter([True, True, False])
    with hold_leader_lock(library.settings.data), pytest.raises(Unavailable, match="does not follow"):
        make_searchable(library, index_state(library).newest, is_helped=lambda: next(lock_states))
    assert list(lock_states) == []


def test_waiting_ends_when_the_time_is_over(library: Library) -> None:
    add_items(library, an_item())
    assert not wait_for_change(library, index_state(library).newest, 0.05)
    assert wait_for_change(library, 0, 0)


def test_a_command_indexes_its_own_changes_if_no_process_does(library: Library) -> None:
    add_items(library, an_item())
    make_searchable(library, index_state(library).newest)
    assert total(library) == 1


def test_a_command_waits_for_the_background_process_and_takes_over_when_it_ends(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_items(library, an_item())
    is_locked, waited_for, let_go = threading.Event(), threading.Event(), threading.Event()

    def hold() -> None:
        with hold_leader_lock(library.settings.data) as is_leader:
            assert is_leader
            is_locked.set()
            assert waited_for.wait(60)
        let_go.set()

    def wait(library: Library, number: int, seconds: float) -> bool:
        waited_for.set()
        return wait_for_change(library, number, seconds)

    monkeypatch.setattr("kb.indexer.index_wait.wait_for_change", wait)
    holder = threading.Thread(target=hold)
    holder.start()
    assert is_locked.wait(60)
    make_searchable(library, index_state(library).newest)
    assert waited_for.is_set()
    holder.join(60)
    assert let_go.is_set()
    assert total(library) == 1


def test_only_one_background_process_runs_at_a_time(tmp_path: Path) -> None:
    with hold_leader_lock(tmp_path / "new" / "data") as first, hold_leader_lock(tmp_path / "new" / "data") as second:
        assert (first, second) == (True, False)
    with hold_leader_lock(tmp_path / "new" / "data") as third:
        assert third


def test_a_follower_indexes_until_it_is_stopped(library: Library) -> None:
    stop = threading.Event()
    follower = threading.Thread(target=index_until_stopped, args=(library, stop))
    add_items(library, an_item())
    follower.start()
    try:
        for _ in range(2):
            assert wait_for_change(library, index_state(library).newest, 20)
            add_items(library, an_item())
    finally:
        stop.set()
        library.store.wake_listeners()
        follower.join(20)
    assert not follower.is_alive()


def test_a_follower_does_nothing_while_another_process_indexes(library: Library) -> None:
    add_items(library, an_item())
    with hold_leader_lock(library.settings.data):
        index_until_stopped(library, threading.Event())
    assert index_state(library).indexed == 0


def test_a_follower_goes_a_block_at_a_time_and_ends_when_it_fails(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def once(_library: Library, until: int, _progress: object, **_: object) -> None:
        calls.append(until)
        raise Unavailable("The disk is full.")

    monkeypatch.setattr("kb.indexer.index_wait.GREAT_SEGMENT", 2)
    monkeypatch.setattr("kb.indexer.index_wait.catch_up", once)
    add_items(library, *(an_item() for _ in range(5)))
    with pytest.raises(Unavailable):
        index_until_stopped(library, threading.Event())
    assert calls == [2]
    with hold_leader_lock(library.settings.data) as is_leader:
        assert is_leader
