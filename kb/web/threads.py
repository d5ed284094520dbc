"""How many pages are made at once."""

from asyncio import get_running_loop
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

A = TypeVar("A")
T = TypeVar("T")

LONG = 0.1
"""Seconds after which a page no longer keeps the next one waiting."""
AT_ONCE = 4
"""Pages that are made at once at the most, when others take long. As long as none does, they are made one by one.

Making a page is work for the one interpreter: more threads only take it from each other, on one core and then on the
other, and all pages come later. Eight readers, 100,000 items, two cores: 56 pages a second with one thread, and 17.6 ms
of CPU for each; 52 with two, and 22 ms.
"""


@dataclass(slots=True)
class _Turns:
    """`long` are the pages that take long: each lets another one begin."""

    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))
    long: set[object] = field(default_factory=set)

    def takes_long(self, page: object) -> None:
        self.long.add(page)
        self._share()

    def is_made(self, page: object) -> None:
        self.long.discard(page)
        self._share()

    def _share(self) -> None:
        self.limiter.total_tokens = min(AT_ONCE, 1 + len(self.long))


_turns: RunVar[_Turns] = RunVar("turns of pages")


async def in_turn(act: Callable[[A], T], asked: A) -> T:
    """What `act` gives, in a thread, once it is its turn; for acts that work, and wait for nobody."""
    turns = _turns.get(None)
    if turns is None:
        # One for each event loop, as the limiter of all threads is.
        turns = _Turns()
        _turns.set(turns)
    async with turns.limiter:
        page = object()
        late = get_running_loop().call_later(LONG, turns.takes_long, page)
        try:
            return await run_sync(act, asked)
        finally:
            late.cancel()
            turns.is_made(page)
