"""Limit the log lines of one kind, so that a stranger's bad requests cannot fill the disk."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

MOST_LINES = 10
"""Lines of one kind within PERIOD: further ones are counted, and their number is logged at its end."""
PERIOD = 60.0
"""Seconds."""
MOST_KINDS = 200
"""Kinds that are told apart within PERIOD: beyond, all others are one kind."""
_LONGEST_KIND = 200


@dataclass(slots=True)
class _Count:
    begun: float
    level: int
    lines: int = 0


class LogLimit(logging.Filter):
    """Let MOST_LINES of a kind pass within PERIOD. Thread-safe.

    A kind is a logger and the text of a message before its values are filled in; for an exception, also its type and
    the line of code that raised it.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._counts: dict[str, _Count] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written. The first suppressed line starts a count of the others, which is logged after a
        while.
        """
        if getattr(record, "is_summary", False):
            return True
        now = self._clock()
        with self._lock:
            kind = self._known(_line_kind(record), now)
            count = self._counts.setdefault(kind, _Count(now, record.levelno))
            count.lines += 1
            begins = count.lines == MOST_LINES + 1
        if begins:
            timer = threading.Timer(PERIOD, self.write_summary, (kind,))
            timer.daemon = True
            timer.start()
        return count.lines <= MOST_LINES

    def write_summary(self, kind: str) -> None:
        """Log in one line how many lines of a kind were suppressed, and start the count again."""
        with self._lock:
            count = self._counts.pop(kind, None)
        if count is not None and count.lines > MOST_LINES:
            name, _, text = kind.partition(": ")
            left_out = count.lines - MOST_LINES
            logging.getLogger(name).log(
                count.level, "%d more lines like this one were left out: %s", left_out, text, extra={"is_summary": True}
            )

    def _known(self, kind: str, now: float) -> str:
        """The kind under which a line is counted. Counters that ended below the limit are removed first."""
        count = self._counts.get(kind)
        if count is not None and count.lines <= MOST_LINES and now - count.begun >= PERIOD:
            del self._counts[kind]
        if kind in self._counts or len(self._counts) < MOST_KINDS:
            return kind
        over = [one for one, held in self._counts.items() if held.lines <= MOST_LINES and now - held.begun >= PERIOD]
        for one in over:
            del self._counts[one]
        return kind if over else f"{__name__}: of many kinds"


def _line_kind(record: logging.LogRecord) -> str:
    text = str(record.msg).strip().partition("\n")[0][:_LONGEST_KIND]
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return f"{record.name}: {text}"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return f"{record.name}: {text} ({type(error).__name__} {place})"
