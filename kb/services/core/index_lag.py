"""How long the index of this machine has been behind, and how long no database that accepts writes was reached."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic


@dataclass(slots=True)
class IndexLag:
    """Watches one change at a time: the newest one, until the index has it. Threads may share it.

    An index that follows steadily, a moment behind a database that changes all the time, reaches each watched change
    soon. One that stands still, or has far to go, does not.
    """

    clock: Callable[[], float] = monotonic
    _base: str = ""
    _change: int = 0
    _since: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def seconds(self, base: str, newest: int, indexed: int) -> float:
        """Seconds since the watched change was first seen, 0 if the index has it.

        `base` is the identity of the database, to which the change numbers belong.
        """
        with self._lock:
            now = self.clock()
            # An older copy of the database may have been restored by hand.
            if base != self._base or newest < self._change or indexed >= self._change:
                self._base, self._change, self._since = base, newest, now
            return now - self._since if indexed < self._change else 0.0


@dataclass(slots=True)
class FirstCatchUp:
    """Whether the index of a process that has just started can be searched for all that the database holds."""

    _base: str = ""
    _change: int = 0
    _is_done: bool = False
    _lock: Lock = field(default_factory=Lock)

    def is_done(self, base: str, newest: int, indexed: int) -> bool:
        """Whether the index has once had the change that was the newest at the first look. Then it stays so."""
        with self._lock:
            if base != self._base or newest < self._change:
                self._base, self._change = base, newest
            self._is_done = self._is_done or indexed >= self._change
            return self._is_done


@dataclass(slots=True)
class StandbyTime:
    """The time since which every check found that the database was read from a standby. Threads may share it."""

    clock: Callable[[], float] = monotonic
    _since: float | None = None
    _lock: Lock = field(default_factory=Lock)

    def seconds(self, *, is_standby: bool) -> float:
        """Seconds since a standby was first seen, 0 if the database is not read from one now."""
        with self._lock:
            if not is_standby:
                self._since = None
                return 0.0
            now = self.clock()
            self._since = now if self._since is None else self._since
            return now - self._since
