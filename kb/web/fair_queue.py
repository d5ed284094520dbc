"""A queue that callers share fairly: the caller with the least service so far is next."""

from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST_IDLE = 1_000
"""Idle callers that are remembered before the queue drops those that have nothing to remember."""


class CallerFull(Exception):
    """The caller has as many jobs waiting as one caller may have."""


class QueueFull(Exception):
    """All callers together have as many jobs waiting as the queue holds."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many jobs run at once, run at once for one caller, wait for one caller, and wait in all."""

    places: int
    running: int
    waiting: int
    total: int


@dataclass(slots=True)
class _Caller(Generic[T]):
    """`served` is virtual time in seconds, `turn` the number of this caller's last start."""

    waiting: deque[T] = field(default_factory=deque)
    running: int = 0
    served: float = 0.0
    turn: int = 0


class FairQueue(Generic[T]):
    """Jobs in the order of fair queueing by time used (start-time fair queueing, Goyal, Vin and Cheng, 1996).

    Each job is charged to its caller when it ends, by the seconds that it took. The caller with the least charge starts
    next; equals start in the order of their last start, which is a round robin. A caller that was idle begins at the
    virtual time of the queue, so that it neither saves up service nor owes for service that nobody else wanted.

    A caller has fewer jobs running than there are free places, so that a few callers cannot take them all: the next
    caller starts at once. Callers of `unlimited` share fairly too, but have no limits of their own. The queue asks no
    clock and is for one thread.
    """

    def __init__(self, limits: Limits, unlimited: frozenset[str] = frozenset()) -> None:
        self._limits = limits
        self._unlimited = unlimited
        self._callers: dict[str, _Caller[T]] = {}
        self._queued: dict[str, _Caller[T]] = {}
        self._virtual = 0.0
        self._turn = 0
        self._drop_at = _MOST_IDLE
        self.waiting = 0
        self.running = 0

    def add(self, caller: str, job: T) -> None:
        """Let a job wait for its turn. Raises CallerFull and QueueFull."""
        found = self._callers.get(caller) or _Caller()
        if len(found.waiting) >= self._limits.waiting and caller not in self._unlimited:
            raise CallerFull(caller)
        if self.waiting >= self._limits.total:
            raise QueueFull
        self._callers[caller] = found
        if not found.waiting and not found.running:
            found.served = max(found.served, self._virtual)
        found.waiting.append(job)
        self._queued[caller] = found
        self.waiting += 1

    def start(self) -> T | None:
        """Take the job that runs next; None when none waits, or all who wait have enough running."""
        free = self._limits.places - self.running
        if free <= 0:
            return None
        most = min(self._limits.running, free)
        ready = ((name, one) for name, one in self._queued.items() if one.running < most or name in self._unlimited)
        name, caller = min(ready, key=lambda pair: (pair[1].served, pair[1].turn), default=("", None))
        if caller is None:
            return None
        self._virtual = max(self._virtual, caller.served)
        self._turn += 1
        caller.turn = self._turn
        caller.running += 1
        self.running += 1
        job = caller.waiting.popleft()
        self._left(name, caller)
        return job

    def end(self, caller: str, seconds: float) -> None:
        """Charge a job that has ended to its caller."""
        found = self._callers[caller]
        found.running -= 1
        found.served += seconds
        self.running -= 1
        if len(self._callers) > self._drop_at:
            self._drop_idle()

    def cancel(self, caller: str, job: T) -> bool:
        """Take out a job that still waits; False when it has started."""
        found = self._callers.get(caller)
        if found is None or job not in found.waiting:
            return False
        found.waiting.remove(job)
        self._left(caller, found)
        return True

    def _left(self, name: str, caller: _Caller[T]) -> None:
        self.waiting -= 1
        if not caller.waiting:
            del self._queued[name]

    def _drop_idle(self) -> None:
        """Forget idle callers that would begin at the virtual time anyway."""
        self._callers = {
            name: one for name, one in self._callers.items() if one.waiting or one.running or one.served > self._virtual
        }
        self._drop_at = max(_MOST_IDLE, 2 * len(self._callers))
