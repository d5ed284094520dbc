"""How many pages are made at once."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync

A = TypeVar("A")
T = TypeVar("T")

AT_ONCE = 2
"""Making a page is work for the one interpreter: more threads only take it from each other, and pages come later.

Eight readers, 100,000 items, two cores: 56 pages a second with one thread, 55 with two, 46 with three, 34 with eight.
One more than the interpreter can serve, for while it reads files or counts in arrays.
"""
_limiter: RunVar[CapacityLimiter] = RunVar("pages at once")


async def in_turn(act: Callable[[A], T], asked: A) -> T:
    """What `act` gives, in a thread, once it is its turn; for acts that work, and wait for nobody."""
    limiter = _limiter.get(None)
    if limiter is None:
        # One for each event loop, as that of all threads is.
        limiter = CapacityLimiter(AT_ONCE)
        _limiter.set(limiter)
    return await run_sync(act, asked, limiter=limiter)
