"""Slots for slow work: few, never all for one caller."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class SlotsTaken(Exception):
    """All slots are taken; `own`: the caller holds all slots that one caller may have."""

    def __init__(self, *, own: bool) -> None:
        super().__init__("own" if own else "all")
        self.own = own


class Slots:
    """At most `total` slots at once, `each` for one caller. Thread-safe."""

    def __init__(self, total: int, each: int) -> None:
        self._total, self._each = total, each
        self._slots_in_use: Counter[str] = Counter()
        self._freed = Condition()

    @contextmanager
    def slot(self, caller: str, *, wait: float = 0.0) -> Iterator[None]:
        """Hold a slot; wait at most so many seconds for one, by default not at all. Raises SlotsTaken."""
        with self._freed:
            self._freed.wait_for(lambda: self._is_free(caller), wait)
            if self._slots_in_use.get(caller, 0) >= self._each:
                raise SlotsTaken(own=True)
            if self._slots_in_use.total() >= self._total:
                raise SlotsTaken(own=False)
            self._slots_in_use[caller] += 1
        try:
            yield
        finally:
            with self._freed:
                self._slots_in_use[caller] -= 1
                if not self._slots_in_use[caller]:
                    del self._slots_in_use[caller]
                self._freed.notify_all()

    def _is_free(self, caller: str) -> bool:
        return self._slots_in_use.get(caller, 0) < self._each and self._slots_in_use.total() < self._total
