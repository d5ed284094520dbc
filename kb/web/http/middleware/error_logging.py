"""Log requests that failed, with the cause, which the answer does not show."""

import logging
from collections.abc import Callable
from time import monotonic

REPEAT_INTERVAL = 60.0
"""Seconds in which a reason is logged once: while an index must be rebuilt, each search would log it again."""

_LONGEST_PATH = 200
"""Characters of a path in the log: a client may send one of 200,000."""
SECRET_PATH_PREFIXES = frozenset({"welcome", "reset", "email", "subscribe", "subscription", "letters"})
"""Beginnings of addresses that have a secret after them."""

_log = logging.getLogger(__name__)


class ErrorLog:
    """Logs each reason once in a while, with the number of requests that it has stopped since. Safe in many threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._logged_at: dict[str, float] = {}
        self._suppressed: dict[str, int] = {}

    def note(self, path: str, error: Exception) -> None:
        """Log that a path could not be answered. The query is private and not logged."""
        cause = error.__cause__
        why = f"{error} ({type(cause).__name__}: {cause})" if cause else str(error)
        now = self._clock()
        if now - self._logged_at.get(why, -REPEAT_INTERVAL) < REPEAT_INTERVAL:
            self._suppressed[why] = self._suppressed.get(why, 0) + 1
            return
        self._logged_at[why] = now
        # Two threads may both log it: twice is better than never.
        others = self._suppressed.pop(why, 0)
        _log.warning(
            "%a is not available, nor were %d others before it: %s", without_secret(path)[:_LONGEST_PATH], others, why
        )


def without_secret(path: str) -> str:
    """A path for the log, without the secret of a one-time link."""
    first, slash, rest = path.lstrip("/").partition("/")
    return f"/{first}/…" if first in SECRET_PATH_PREFIXES and slash and rest else path
