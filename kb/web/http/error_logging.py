"""Log requests that failed, with the cause, which the answer does not show."""

import logging
from collections.abc import Callable
from time import monotonic

REPEAT_INTERVAL = 60.0
"""Seconds during which a reason is said once: while an index must be rebuilt, each search would say it again."""

_LONGEST_PATH = 200
"""Characters of a path in the log: a stranger may ask for one of 200,000."""
SECRET_PATH_PREFIXES = frozenset({"welcome", "reset", "email"})
"""Beginnings of addresses whose end is a secret."""

_log = logging.getLogger(__name__)


class ErrorLog:
    """Says each reason once in a while, with how many questions it has stopped since. Safe in many threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def note(self, path: str, error: Exception) -> None:
        """Say that what is at a path was not given. What was searched for stays the asker's secret."""
        cause = error.__cause__
        why = f"{error} ({type(cause).__name__}: {cause})" if cause else str(error)
        now = self._clock()
        if now - self._said.get(why, -REPEAT_INTERVAL) < REPEAT_INTERVAL:
            self._unsaid[why] = self._unsaid.get(why, 0) + 1
            return
        self._said[why] = now
        # Two threads may both say it: better twice than never.
        others = self._unsaid.pop(why, 0)
        _log.warning(
            "%a is not available, nor were %d others before it: %s", without_secret(path)[:_LONGEST_PATH], others, why
        )


def without_secret(path: str) -> str:
    """A path as a log may show it: a link that works once is not in it."""
    first, slash, rest = path.lstrip("/").partition("/")
    return f"/{first}/…" if first in SECRET_PATH_PREFIXES and slash and rest else path
