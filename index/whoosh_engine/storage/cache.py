"""A cache of arrays that were read or computed, bounded by an amount of memory. Thread-safe."""

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from index.whoosh_engine.storage.process_shared_values import SharedValues

T = TypeVar("T")

OVERHEAD = 200
"""Bytes that an entry costs beside its content, about."""

_SMALL = 8
"""Bytes of a value without an array."""

_Entries = dict[Hashable, dict[Hashable, tuple[Any, int]]]
"""By owner, then by key: the cached values, and their sizes in bytes."""
_NONE: dict[Hashable, tuple[Any, int]] = {}


def size_in_bytes(value: Any) -> int:
    """The bytes of a value to cache: those of an array, or of all arrays in a tuple or in a dataclass, each once."""
    if (size := getattr(value, "nbytes", None)) is not None:
        return int(size)
    parts = value if isinstance(value, tuple) else ()
    if is_dataclass(value):
        parts = tuple(getattr(value, field.name) for field in fields(value))
    return sum(map(size_in_bytes, {id(part): part for part in parts}.values())) or _SMALL


class Cache:
    """A cache of recently used values; `limit` bytes at most.

    It has two generations, each of half the limit. A value that is used becomes young. When there are too many young
    values they become the old ones, and the previous old ones that were not used since are dropped. A young value is
    found without a lock. The values of an owner are dropped when the owner is freed.

    With a folder, large values are kept in files of it that other processes map too, in `shared_limit` bytes.
    """

    def __init__(self, limit: int, folder: Path | None = None, shared_limit: int = 0) -> None:
        self._half_limit = limit // 2
        self.room = (limit if folder is None else shared_limit) // 2
        """Bytes of large values that stay cached together: those of one generation."""
        self._shared = SharedValues(folder, shared_limit, self.forget) if folder is not None else None
        self._young: _Entries = {}
        self._old: _Entries = {}
        self._young_cost = self._old_cost = 0
        self._departed_owners: deque[Hashable] = deque()
        self._lock = Lock()

    def get(
        self,
        key: Hashable,
        make: Callable[[], T],
        size: Callable[[T], int] = size_in_bytes,
        owner: Hashable = None,
        *,
        is_shared: Callable[[], bool] | None = None,
    ) -> T:
        """The value of `make`, made at most once while it is cached (except by threads that ask at the same time).

        `is_shared`: owner and key name the same value in all processes, and it is worth looking for among shared ones.
        """
        entry = self._young.get(owner, _NONE).get(key)
        if entry is None:
            entry = self._old.get(owner, _NONE).get(key)
            if entry is None:
                if is_shared is not None and self._shared is not None and is_shared():
                    made, cost = self._shared.get((owner, key), make, size)
                else:
                    made = make()
                    cost = size(made)
                entry = (made, cost + OVERHEAD)
            self._keep(owner, key, entry)
        value: T = entry[0]
        return value

    def _keep(self, owner: Hashable, key: Hashable, entry: tuple[Any, int]) -> None:
        cost = entry[1]
        with self._lock:
            self._sweep()
            if cost > self._half_limit or key in self._young.get(owner, _NONE):
                return
            if self._young_cost + cost > self._half_limit:
                self._old, self._old_cost = self._young, self._young_cost
                self._young, self._young_cost = {}, 0
            self._young.setdefault(owner, {})[key] = entry
            self._young_cost += cost

    def leave(self, owner: Hashable) -> None:
        """Drop the values of an owner soon. Takes no lock, because the garbage collector may call it at any time."""
        self._departed_owners.append(owner)

    def _sweep(self) -> None:
        while self._departed_owners:
            owner = self._departed_owners.popleft()
            self._young_cost -= sum(cost for _, cost in self._young.pop(owner, _NONE).values())
            self._old_cost -= sum(cost for _, cost in self._old.pop(owner, _NONE).values())

    @property
    def bytes_used(self) -> int:
        """An upper bound of the cached bytes: a value that is both young and old is counted twice."""
        return self._young_cost + self._old_cost

    def forget(self) -> None:
        """Drop all values."""
        with self._lock:
            self._young, self._old = {}, {}
            self._young_cost = self._old_cost = 0
