"""The number of pages made at once is limited, and a waiting caller does not block others."""

import asyncio
from contextvars import ContextVar
from threading import Event, Lock

import pytest

from kb.web.http.limits import page_threads
from kb.web.http.limits.page_threads import LOCAL_CALLER, PAGES_AT_ONCE, WorkKind, run_in_turn
from tests.support.event_loop import run


def test_pages_are_made_one_by_one_as_long_as_none_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    # The test does not depend on the speed of the machine.
    monkeypatch.setattr(page_threads, "LONG_PAGE", 60.0)
    working = 0
    most: list[int] = []

    def page(number: int) -> int:
        nonlocal working
        working += 1
        most.append(working)
        # Long enough for another thread to start.
        Event().wait(0.005)
        working -= 1
        return number

    async def eight() -> list[int]:
        return await asyncio.gather(*(run_in_turn(WorkKind.PAGE, LOCAL_CALLER, page, number) for number in range(8)))

    assert run(eight()) == list(range(8))
    assert most == [1] * 8


def test_a_slow_page_leaves_threads_for_other_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_threads, "LONG_PAGE", 0.01)
    lock, release = Lock(), Event()
    working: list[int] = []
    most: list[int] = []

    def page(number: int) -> int:
        with lock:
            working.append(number)
            most.append(len(working))
        release.wait(10)
        with lock:
            working.remove(number)
        return number

    async def eight() -> list[int]:
        tasks = asyncio.gather(*(run_in_turn(WorkKind.PAGE, LOCAL_CALLER, page, number) for number in range(8)))
        while len(most) < PAGES_AT_ONCE - 1:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        # The last slot is for another group of callers.
        assert len(most) == PAGES_AT_ONCE - 1
        assert most == list(range(1, PAGES_AT_ONCE))
        release.set()
        return await tasks

    assert run(eight()) == list(range(8))
    assert max(most) == PAGES_AT_ONCE - 1
    # Another event loop has its own queue.
    assert run(run_in_turn(WorkKind.PAGE, LOCAL_CALLER, page, 9)) == 9


def test_a_page_that_fails_gives_its_turn_back() -> None:
    def page(number: int) -> int:
        if number % 2:
            raise ValueError(number)
        return number

    async def six() -> list[int | BaseException]:
        return await asyncio.gather(
            *(run_in_turn(WorkKind.PAGE, LOCAL_CALLER, page, number) for number in range(6)), return_exceptions=True
        )

    assert [result if isinstance(result, int) else type(result) for result in run(six())] == [
        0,
        ValueError,
        2,
        ValueError,
        4,
        ValueError,
    ]


def test_a_request_that_is_given_up_while_it_waits_keeps_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_threads, "LONG_PAGE", 60.0)
    release, began = Event(), Event()
    numbers: list[int] = []

    def page(number: int) -> int:
        numbers.append(number)
        began.set()
        release.wait(10)
        return number

    async def three() -> int:
        first, second, third = (
            asyncio.create_task(run_in_turn(WorkKind.PAGE, LOCAL_CALLER, page, number)) for number in range(3)
        )
        while not began.is_set():
            await asyncio.sleep(0.001)
        second.cancel()
        await asyncio.wait([second])
        release.set()
        while not first.done():
            await asyncio.sleep(0)
        return await third

    assert run(three()) == 2
    assert numbers == [0, 2]


@pytest.mark.parametrize("fails", [False, True])
def test_a_request_that_is_given_up_while_it_is_answered_keeps_its_place_until_its_thread_is_free(
    monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    monkeypatch.setattr(page_threads, "LONG_PAGE", 60.0)
    release, began = Event(), Event()
    numbers: list[int] = []

    def page(number: int) -> int:
        numbers.append(number)
        began.set()
        release.wait(10)
        if fails and number == 0:
            raise ValueError(number)
        return number

    async def two() -> int:
        first, second = (
            asyncio.create_task(run_in_turn(WorkKind.PAGE, LOCAL_CALLER, page, number)) for number in range(2)
        )
        while not began.is_set():
            await asyncio.sleep(0.001)
        first.cancel()
        await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.sleep(0.05)
        assert numbers == [0]
        assert not first.done()
        release.set()
        result = await second
        assert first.cancelled()
        return result

    assert run(two()) == 1


def test_a_thread_knows_the_request_that_it_answers() -> None:
    number: ContextVar[int] = ContextVar("number")

    async def ask(value: int) -> int:
        number.set(value)
        return await run_in_turn(WorkKind.PAGE, LOCAL_CALLER, lambda more: number.get() + more, 1)

    assert run(ask(4)) == 5


def test_a_request_that_is_given_up_as_its_turn_comes_keeps_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_threads, "LONG_PAGE", 60.0)

    async def two() -> str:
        # Its turn comes at once: it is cancelled before it is notified.
        first = asyncio.create_task(run_in_turn(WorkKind.PAGE, LOCAL_CALLER, str, 1))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        return await run_in_turn(WorkKind.PAGE, LOCAL_CALLER, str, 2)

    assert run(two()) == "2"
