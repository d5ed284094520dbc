"""So many pages are made at once, and no more; whoever waits for others does not stand before them."""

import asyncio
from threading import Event, Lock

from kb.web.threads import AT_ONCE, in_turn
from tests.own_loop import run


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
