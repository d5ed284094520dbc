"""Arrays that were read or computed, kept while they fit in a set amount of memory. Safe in many threads."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

OVERHEAD = 200
"""Bytes that an entry costs beside its content, about."""


class Cache:
    """Keeps what was asked for last; `limit` bytes at most, whatever it is made of."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T], size: Callable[[T], int]) -> T:
        """What `make` gives, made at most once while it is kept (but for threads that ask at the same time)."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                return entry[0]  # type: ignore[no-any-return]
        value = make()
        cost = size(value) + OVERHEAD
        with self._lock:
            if key not in self._entries and cost <= self._limit:
                self._entries[key] = (value, cost)
                self._held += cost
                while self._held > self._limit:
                    self._held -= self._entries.popitem(last=False)[1][1]
        return value

    @property
    def held(self) -> int:
        """Bytes that are kept."""
        return self._held

    def forget(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._entries.clear()
            self._held = 0
