"""A cache of arrays that were read or computed, bounded by an amount of memory. Thread-safe."""

from collections import deque
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

OVERHEAD = 200
"""Bytes that an entry costs beside its content, about."""

_Entries = dict[Hashable, dict[Hashable, tuple[Any, int]]]
"""By owner, then by key: the cached values, and their sizes in bytes."""
_NONE: dict[Hashable, tuple[Any, int]] = {}


class Cache:
    """Keeps what was asked for last; `limit` bytes at most, whatever it is made of.

    Two generations, each of half the limit: what is asked for is young; when the young ones are too many they become
    the old ones, and the old ones that nobody has asked for since are gone. What is young is found without a lock.
    What belongs to an owner goes when the owner does.
    """

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._young: _Entries = {}
        self._old: _Entries = {}
        self._young_held = self._old_held = 0
        self._gone: deque[Hashable] = deque()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int], owner: Hashable = None) -> T:
        """What `make` gives, made at most once while it is kept (but for threads that ask at the same time)."""
        entry = self._young.get(owner, _NONE).get(key)
        if entry is None:
            entry = self._old.get(owner, _NONE).get(key)
            if entry is None:
                value = make()
                entry = (value, size(value) + OVERHEAD)
            self._keep(owner, key, entry)
        return entry[0]

    def _keep(self, owner: Hashable, key: Hashable, entry: tuple[Any, int]) -> None:
        cost = entry[1]
        with self._lock:
            self._sweep()
            if cost > self._half or key in self._young.get(owner, _NONE):
                return
            if self._young_held + cost > self._half:
                self._old, self._old_held = self._young, self._young_held
                self._young, self._young_held = {}, 0
            self._young.setdefault(owner, {})[key] = entry
            self._young_held += cost

    def leave(self, owner: Hashable) -> None:
        """Let go of what belongs to an owner, soon. It takes no lock: a collector may call it in the midst of all."""
        self._gone.append(owner)

    def _sweep(self) -> None:
        while self._gone:
            owner = self._gone.popleft()
            self._young_held -= sum(cost for _, cost in self._young.pop(owner, _NONE).values())
            self._old_held -= sum(cost for _, cost in self._old.pop(owner, _NONE).values())

    @property
    def held(self) -> int:
        """Bytes that are kept, at most: what is young and old at once is counted twice."""
        return self._young_held + self._old_held

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._young, self._old = {}, {}
            self._young_held = self._old_held = 0
