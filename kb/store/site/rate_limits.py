"""Rate limits with the generic cell rate algorithm, in the database, so that all workers share them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, select

from kb.store.database.database import is_any_of
from kb.store.database.rows import Repository
from kb.store.tables.site_tables import rate_limits


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once, then one more each `every` seconds."""

    burst: int
    every: float


class RateLimitsReading(Repository):
    """Rate limit counters, in one transaction."""

    def wait(self, keys: Iterable[tuple[str, Rate]], now: float) -> float:
        """Seconds until the next attempt; 0 if it is allowed now. `now` is in seconds since 1970."""
        waits = (self._full_at(key) - now - (rate.burst - 1) * rate.every for key, rate in keys)
        return max(0.0, *waits)

    def left(self, key: str, rate: Rate, now: float) -> int:
        """How many attempts are allowed now."""
        return max(0, int((rate.burst * rate.every - max(0.0, self._full_at(key) - now)) / rate.every + 1e-6))

    def _full_at(self, key: str) -> float:
        return float(self.connection.scalar(select(rate_limits.c.full_at).where(rate_limits.c.key == key)) or 0.0)


class RateLimits(RateLimitsReading):
    """Rate limit counters, in a write transaction."""

    def count_many(self, key: str, rate: Rate, number: int, now: float) -> None:
        """Count this number of attempts at once."""
        full_at = max(self._full_at(key), now) + number * rate.every
        self._replace(rate_limits, {"key": key, "full_at": full_at})

    def take(self, keys: Collection[tuple[str, Rate]], now: float) -> float:
        """Count one attempt for each key if all allow it now, else none; the seconds to wait, 0 if it is counted."""
        wait = self.wait(keys, now)
        if not wait:
            self.count(keys, now)
        return wait

    def count(self, keys: Iterable[tuple[str, Rate]], now: float) -> None:
        """Count one attempt for each key."""
        rows = [{"key": key, "full_at": max(self._full_at(key), now) + rate.every} for key, rate in keys]
        self._replace(rate_limits, *rows)

    def add(self, key: str, seconds: float, most: float, now: float) -> float:
        """Move a counter on, but no further than `most` seconds after now; returns how far after now it stands."""
        full_at = min(max(self._full_at(key), now) + seconds, now + most)
        self._replace(rate_limits, {"key": key, "full_at": full_at})
        return full_at - now

    def reset(self, keys: Iterable[str]) -> None:
        """Reset these counters."""
        self._write(delete(rate_limits).where(is_any_of(rate_limits.c.key, keys)))

    def purge(self, now: float) -> None:
        """Delete the counters that no longer limit anything."""
        self._write(delete(rate_limits).where(rate_limits.c.full_at < now))
