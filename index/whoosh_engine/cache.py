"""Arrays that were read or computed, kept while they fit in a set amount of memory. Safe in many threads."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

OVERHEAD = 200
"""Bytes that an entry costs beside its content, about."""

_Entries = dict[Hashable, tuple[Any, int]]


class Cache:
    """Keeps what was asked for last; `limit` bytes at most, whatever it is made of.

    Two generations, each of half the limit: what is asked for is young; when the young ones are too many they become
    the old ones, and the old ones that nobody has asked for since are gone. What is young is found without a lock.
    """

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._young: _Entries = {}
        self._old: _Entries = {}
        self._young_held = self._old_held = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """What `make` gives, made at most once while it is kept (but for threads that ask at the same time)."""
        entry = self._young.get(key)
        if entry is None:
            entry = self._old.get(key)
            if entry is None:
                value = make()
                entry = (value, size(value) + OVERHEAD)
            self._keep(key, entry)
        return entry[0]

    def _keep(self, key: Hashable, entry: tuple[Any, int]) -> None:
        cost = entry[1]
        if cost > self._half:
            return
        with self._lock:
            if key in self._young:
                return
            if self._young_held + cost > self._half:
                self._old, self._old_held = self._young, self._young_held
                self._young, self._young_held = {}, 0
            self._young[key] = entry
            self._young_held += cost

    @property
    def held(self) -> int:
        """Bytes that are kept, at most: what is young and old at once is counted twice."""
        return self._young_held + self._old_held

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._young, self._old = {}, {}
            self._young_held = self._old_held = 0
