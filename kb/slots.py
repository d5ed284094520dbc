"""Slots for slow work: few, never all for one caller, and refused at once when none is free."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class SlotsTaken(Exception):
    """All slots are taken; `own`: the caller holds all slots that one caller may have."""

    def __init__(self, *, own: bool) -> None:
        super().__init__("own" if own else "all")
        self.own = own


class Slots:
    """At most `total` slots at once, `each` for one caller. A caller never waits for one. Thread-safe."""

    def __init__(self, total: int, each: int) -> None:
        self._total, self._each = total, each
        self._held: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def slot(self, caller: str) -> Iterator[None]:
        """Hold a slot. Raises SlotsTaken."""
        with self._lock:
            if self._held.get(caller, 0) >= self._each:
                raise SlotsTaken(own=True)
            if self._held.total() >= self._total:
                raise SlotsTaken(own=False)
            self._held[caller] += 1
        try:
            yield
        finally:
            with self._lock:
                self._held[caller] -= 1
                if not self._held[caller]:
                    del self._held[caller]
