"""Slots for slow work: few, never all for one caller, and some that large work never takes."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition

SMALL_FILE = 1_000_000
"""Bytes below which reading a file is small work."""


class SlotsTaken(Exception):
    """All slots are taken; `own`: the caller holds all slots that one caller may have."""

    def __init__(self, *, own: bool) -> None:
        super().__init__("own" if own else "all")
        self.own = own


class Slots:
    """At most `total` slots at once, `each` for one caller, `for_small` of them for small work only. Thread-safe."""

    def __init__(self, total: int, each: int, *, for_small: int = 0) -> None:
        self._total, self._each, self._for_small = total, each, for_small
        self._slots_in_use: Counter[str] = Counter()
        self._large = 0
        self._freed = Condition()

    @contextmanager
    def slot(self, caller: str, *, wait: float = 0.0, is_small: bool = False) -> Iterator[None]:
        """Hold a slot; wait at most so many seconds for one, by default not at all. Raises SlotsTaken."""
        with self._freed:
            self._freed.wait_for(lambda: self._has_own(caller) and self._has_any(is_small=is_small), wait)
            if not self._has_own(caller):
                raise SlotsTaken(own=True)
            if not self._has_any(is_small=is_small):
                raise SlotsTaken(own=False)
            self._slots_in_use[caller] += 1
            self._large += not is_small
        try:
            yield
        finally:
            with self._freed:
                self._slots_in_use[caller] -= 1
                self._large -= not is_small
                if not self._slots_in_use[caller]:
                    del self._slots_in_use[caller]
                self._freed.notify_all()

    def _has_own(self, caller: str) -> bool:
        return self._slots_in_use.get(caller, 0) < self._each

    def _has_any(self, *, is_small: bool) -> bool:
        is_left = self._slots_in_use.total() < self._total
        return is_left and (is_small or self._large < self._total - self._for_small)
