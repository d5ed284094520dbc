"""Thread pools for handlers: one pool for each kind of work, shared fairly between callers."""

from asyncio import AbstractEventLoop, CancelledError, Future, get_running_loop, shield, wait
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from enum import Enum
from time import perf_counter
from typing import TypeVar
from weakref import WeakKeyDictionary

from kb.errors import RateLimited, Unavailable
from kb.web.http.limits.fair_queue import Caller, CallerFull, FairQueue, Group, QueueFull, QueueLimits

A = TypeVar("A")
T = TypeVar("T")

LOCAL_CALLER = Caller("", Group.MACHINE)
"""The caller that stands for this machine, as `kb.web.http.limits.request_rates.caller_key` names it: it has no
limits.
"""
LONG_PAGE = 0.1
"""Seconds after which a page no longer blocks the next one."""
PAGES_AT_ONCE = 5
"""The most pages computed at once, if some take long; one less for a group of callers. Otherwise they are computed one
by one.

A page is computed by the one interpreter: with more threads, they compete for it on both cores, and all pages are
later. Eight readers, 100,000 items, two cores: 56 pages a second with one thread, and 17.6 ms of CPU for each; 52 with
two, and 22 ms.
"""
BLOCKING_AT_ONCE = 20
"""Blocking handlers at once, mostly waiting for the one writer of the database."""
DOCUMENTS_AT_ONCE = 3
"""Documents that are written at once, two of them for all anonymous visitors, or for all users."""
_RETRY_AFTER = 1.0
"""Seconds after which a caller with too many waiting requests may try again."""


class WorkKind(Enum):
    """The kinds of work: each has its own threads, so that none waits for another kind.

    `PAGE` reads and computes; `BLOCKING` writes, or waits for something else; `FILE` makes a portion of a file to
    download; `DOCUMENT` waits for a process that writes one; `ERROR` renders error pages.
    """

    PAGE = "page"
    BLOCKING = "blocking"
    FILE = "file"
    DOCUMENT = "document"
    ERROR = "error"


POOL_LIMITS = {
    WorkKind.PAGE: QueueLimits(slots=PAGES_AT_ONCE, running=2, waiting=32, total=400),
    WorkKind.BLOCKING: QueueLimits(slots=BLOCKING_AT_ONCE, running=4, waiting=16, total=200),
    # Each file that is open waits for one portion at a time, and their number is limited: none is ever refused.
    WorkKind.FILE: QueueLimits(slots=1, running=1, waiting=64, total=400),
    # Each is a process that computes for seconds, in up to a gigabyte.
    WorkKind.DOCUMENT: QueueLimits(slots=DOCUMENTS_AT_ONCE, running=1, waiting=3, total=12),
    WorkKind.ERROR: QueueLimits(slots=PAGES_AT_ONCE, running=1, waiting=8, total=100),
}


class ThreadPool:
    """The threads for one kind of work: one job at once, and another for each that takes long, within the limits.

    With `eager`, as many at once as the limits allow: for jobs that block and do not compute.
    """

    def __init__(self, limits: QueueLimits, *, eager: bool = False) -> None:
        self._queue: FairQueue[Future[None]] = FairQueue(limits)
        self._fewest_threads = limits.slots if eager else 1
        self._long: set[object] = set()
        # Not `anyio.to_thread`, which costs a page half a millisecond more.
        self._threads = ThreadPoolExecutor(limits.slots)

    async def run(self, caller: Caller, act: Callable[[A], T], argument: A) -> T:
        """Run `act` in a thread, in the caller's turn, and return its result.

        Raises RateLimited if the caller has too many requests waiting, Unavailable if all callers together do.
        """
        await self._turn(caller)
        began, job = perf_counter(), object()
        late = get_running_loop().call_later(LONG_PAGE, self._takes_long, job)
        try:
            return await self._result(
                get_running_loop().run_in_executor(self._threads, copy_context().run, act, argument)
            )
        finally:
            late.cancel()
            self._long.discard(job)
            self._end(caller, perf_counter() - began)

    async def _result(self, job: Future[T]) -> T:
        """The result of a job in a thread. A request that is given up keeps its place until its thread is free."""
        try:
            return await shield(job)
        except CancelledError:
            while not job.done():
                with suppress(CancelledError):
                    await wait([job])
            with suppress(Exception):
                job.result()
            raise

    async def _turn(self, caller: Caller) -> None:
        turn: Future[None] = get_running_loop().create_future()
        try:
            self._queue.add(caller, turn)
        except CallerFull:
            raise RateLimited(
                "Too many requests from here are waiting for their answers: please wait a moment.", _RETRY_AFTER
            ) from None
        except QueueFull:
            raise Unavailable("Too many requests are waiting at this moment: try again in a moment.") from None
        self._start()
        try:
            await turn
        except CancelledError:
            if not self._queue.cancel(caller, turn):
                self._end(caller, 0.0)
            raise

    def _takes_long(self, job: object) -> None:
        self._long.add(job)
        self._start()

    def _end(self, caller: Caller, seconds: float) -> None:
        self._queue.end(caller, seconds)
        self._start()

    def _start(self) -> None:
        while self._queue.running < self._fewest_threads + len(self._long):
            turn = self._queue.start()
            if turn is None:
                return
            if not turn.done():
                turn.set_result(None)


_pools: WeakKeyDictionary[AbstractEventLoop, dict[WorkKind, ThreadPool]] = WeakKeyDictionary()
# Not anyio's `RunVar`, which asks for the kind of event loop each time, and costs a page a hundredth of its time.


def pool_of(work: WorkKind) -> ThreadPool:
    """The threads for a kind of work, in the running event loop."""
    loop = get_running_loop()
    pools = _pools.get(loop)
    if pools is None:
        # One set for each event loop, like the limiter of all threads.
        eager = {WorkKind.BLOCKING, WorkKind.DOCUMENT}
        pools = _pools[loop] = {kind: ThreadPool(limits, eager=kind in eager) for kind, limits in POOL_LIMITS.items()}
    return pools[work]


async def run_in_turn(work: WorkKind, caller: Caller, act: Callable[[A], T], argument: A) -> T:
    """Run `act` in a thread for this kind of work, in the caller's turn, and return its result.

    Raises RateLimited if the caller has too many requests waiting, Unavailable if all callers together do.
    """
    return await pool_of(work).run(caller, act, argument)
