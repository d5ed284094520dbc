"""A fair queue: the caller with the least service so far is next."""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

T = TypeVar("T")

_MOST_IDLE = 1_000
"""Callers of a group in memory before the queue drops idle ones."""


class CallerFull(Exception):
    """The caller has as many jobs waiting as one caller may have."""


class QueueFull(Exception):
    """A group of callers has as many jobs waiting as the queue holds."""


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How many jobs run at once, run at once for one caller, wait for one caller, and wait for a group of callers."""

    slots: int
    running: int
    waiting: int
    total: int


class Group(Enum):
    """The groups of callers: users who are signed in and their programs, anonymous networks, this very machine."""

    USER = "user"
    NETWORK = "network"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller to whom a job is charged."""

    name: str
    group: Group = Group.NETWORK


@dataclass(slots=True)
class _Share:
    """What a caller or a group was given: `served` is virtual time in seconds, `turn` the number of the last start."""

    running: int = 0
    waiting: int = 0
    served: float = 0.0
    turn: int = 0

    @property
    def is_idle(self) -> bool:
        return not self.waiting and not self.running

    @property
    def rank(self) -> tuple[float, int]:
        """The caller with the least rank is next."""
        return self.served, self.turn


@dataclass(slots=True)
class _Queued(_Share, Generic[T]):
    """The share of a caller, and its waiting jobs."""

    jobs: deque[T] = field(default_factory=deque)


@dataclass(slots=True)
class _Group(_Share, Generic[T]):
    """The share of a group. `virtual` is its virtual time; `queued` are its callers with waiting jobs."""

    virtual: float = 0.0
    callers: dict[Caller, _Queued[T]] = field(default_factory=dict)
    queued: dict[Caller, _Queued[T]] = field(default_factory=dict)
    drop_at: int = _MOST_IDLE

    def drop_idle(self) -> None:
        """Forget idle callers that would begin at the virtual time anyway, once there are many."""
        if len(self.callers) <= self.drop_at:
            return
        callers = {
            name: queued for name, queued in self.callers.items() if not queued.is_idle or queued.served > self.virtual
        }
        self.callers, self.drop_at = callers, max(_MOST_IDLE, 2 * len(callers))


class FairQueue(Generic[T]):
    """Jobs in the order of fair queueing by time used (start-time fair queueing, Goyal, Vin and Cheng, 1996).

    Each job is charged to its caller when it ends, by the seconds that it took. The caller with the least charge starts
    next; equals start in the order of their last start, which is a round robin. An idle caller begins at the virtual
    time of the queue, so that it neither saves up service nor owes for service that no other caller needed. The groups
    share in the same way, each by the time its callers used: even if a flood comes from many addresses, logged-in users
    get half of the service.

    A group leaves the last place to the other groups. Of its places, a caller gets fewer than are free, so that a few
    callers cannot take them all: the next caller starts at once. This machine has no limits as a caller. The queue
    reads no clock and is for one thread.
    """

    def __init__(self, limits: QueueLimits) -> None:
        self._limits = limits
        self._groups: dict[Group, _Group[T]] = {group: _Group() for group in Group}
        self._virtual = 0.0
        self._turn = 0

    @property
    def running(self) -> int:
        return sum(group.running for group in self._groups.values())

    @property
    def waiting(self) -> int:
        return sum(group.waiting for group in self._groups.values())

    def add(self, caller: Caller, job: T) -> None:
        """Queue a job. Raises CallerFull and QueueFull."""
        group = self._groups[caller.group]
        queued = group.callers.get(caller) or _Queued()
        if queued.waiting >= self._limits.waiting and caller.group is not Group.MACHINE:
            raise CallerFull(caller)
        if group.waiting >= self._limits.total:
            raise QueueFull
        if group.is_idle:
            group.served = max(group.served, self._virtual)
        if queued.is_idle:
            queued.served = max(queued.served, group.virtual)
        group.callers[caller] = group.queued[caller] = queued
        queued.jobs.append(job)
        queued.waiting += 1
        group.waiting += 1

    def start(self) -> T | None:
        """Take the next job to run; None if none waits, or if all waiting callers have enough running."""
        ready = [(group, name) for group in self._groups.values() if (name := self._next_of(group)) is not None]
        if not ready:
            return None
        group, name = min(ready, key=lambda pair: pair[0].rank)
        caller = group.queued[name]
        self._virtual = max(self._virtual, group.served)
        group.virtual = max(group.virtual, caller.served)
        self._turn += 1
        for share in (group, caller):
            share.turn = self._turn
            share.running += 1
        job = caller.jobs.popleft()
        self._remove_caller(group, name, caller)
        return job

    def end(self, caller: Caller, seconds: float) -> None:
        """Charge a job that has ended to its caller."""
        group = self._groups[caller.group]
        for share in (group, group.callers[caller]):
            share.running -= 1
            share.served += seconds
        group.drop_idle()

    def cancel(self, caller: Caller, job: T) -> bool:
        """Remove a waiting job; False if it has started."""
        group = self._groups[caller.group]
        queued = group.queued.get(caller)
        if queued is None or job not in queued.jobs:
            return False
        queued.jobs.remove(job)
        self._remove_caller(group, caller, queued)
        return True

    def _next_of(self, group: _Group[T]) -> Caller | None:
        """The caller of a group with the next job; None if no caller may start one."""
        if not group.waiting:
            return None
        slots = self._limits.slots
        free = min(slots - self.running, max(1, slots - 1) - group.running)
        if free <= 0:
            return None
        most = min(self._limits.running, free)
        ready = (
            (queued.rank, name)
            for name, queued in group.queued.items()
            if queued.running < most or name.group is Group.MACHINE
        )
        return min(ready, key=lambda pair: pair[0], default=(None, None))[1]

    @staticmethod
    def _remove_caller(group: _Group[T], name: Caller, caller: _Queued[T]) -> None:
        """Record that a job of a caller no longer waits."""
        group.waiting -= 1
        caller.waiting -= 1
        if not caller.waiting:
            del group.queued[name]
