"""So many pages are made at once, and no more; whoever waits for others does not stand before them."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import TypeVar

from kb.web.threads import AT_ONCE, in_turn

T = TypeVar("T")


def run(act: Coroutine[None, None, T]) -> T:
    """What an act gives in an event loop of its own, in a thread of its own: a browser may have left one in ours."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, act).result(60)


def test_pages_are_made_a_few_at_a_time() -> None:
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
        asked = asyncio.gather(*(in_turn(page, number) for number in range(8)))
        while len(most) < AT_ONCE:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)
        assert len(most) == AT_ONCE
        release.set()
        return await asked

    assert run(eight()) == list(range(8))
    assert max(most) == AT_ONCE
    # Another event loop has its own turns.
    assert run(in_turn(page, 9)) == 9
