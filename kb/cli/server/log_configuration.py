"""How the processes of a server log: errors without any text that a user typed, and few lines of one kind.

The message of an exception may hold a search, a name, or a secret; the source lines of a traceback do not. A stranger's
bad requests must not fill the disk.
"""

import json
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from types import TracebackType
from typing import Any, TypeAlias

from kb.errors import FlorilegeError
from kb.services.core.request_log_data import current_request

MOST_LINES = 10
"""Lines of one kind within PERIOD: further ones are counted, and their number is logged at its end."""
PERIOD = 60.0
"""Seconds."""
MOST_KINDS = 200
"""Kinds that are counted within PERIOD: all further ones are one kind."""
_LONGEST_KIND = 200
_Info: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)  # the type that `logging` uses
_DEEPEST = 10
"""Causes of causes that are logged."""


class RedactingFormatter(logging.Formatter):
    """Log lines that show the type and the traceback of an exception, but not its message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, which ends with the id of the request, and the traceback of an exception."""
        message, trace_lines = _message_of(record), self.formatException(record.exc_info) if record.exc_info else ""
        request = current_request()
        first = f"{message} [request {request.id}]" if request is not None else message
        return f"{first}\n{trace_lines}" if trace_lines else first

    def formatException(self, ei: _Info) -> str:  # noqa: N802 - the name that `logging` gives it
        """The traceback of an exception through the program, and its type; its causes first."""
        return "\n".join(_exception_lines(ei[1])) if ei[1] is not None else ""


class JsonFormatter(RedactingFormatter):
    """The same as one JSON object on one line, with what is known of the request that is answered."""

    def format(self, record: logging.LogRecord) -> str:
        """One object. Members that are not known are left out."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message_of(record),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        if (request := current_request()) is not None:
            line |= {"request_id": request.id, "route": request.find_route()}
            if request.status:
                line |= {"status": request.status, "duration_ms": round(request.seconds * 1000, 1)}
        return json.dumps(line, ensure_ascii=False)


def _message_of(record: logging.LogRecord) -> str:
    message = record.getMessage().strip()
    # The later lines of asyncio show tasks, with their exceptions.
    return message.partition("\n")[0] if record.name == "asyncio" else message


def _exception_lines(error: BaseException, depth: int = 0) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < _DEEPEST:
        yield from _exception_lines(cause, depth + 1)
        yield "which led to:"
    yield from (line.rstrip("\n") for line in traceback.format_tb(error.__traceback__))
    yield f"{type(error).__module__}.{type(error).__qualname__}{_safe_message(error)}"
    if isinstance(error, BaseExceptionGroup) and depth < _DEEPEST:
        for nested in error.exceptions:
            yield from _exception_lines(nested, depth + 1)


def _safe_message(error: BaseException) -> str:
    """The part of its message that comes from us or the operating system."""
    if isinstance(error, FlorilegeError):
        return f": {error.message}"
    if isinstance(error, OSError) and error.strerror:
        return f": {error.strerror}"
    return ""


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
            kind = self._bounded_kind(_line_kind(record), now)
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

    def _bounded_kind(self, kind: str, now: float) -> str:
        """The kind under which a line is counted. Counters that ended below the limit are removed first."""
        count = self._counts.get(kind)
        if count is not None and count.lines <= MOST_LINES and now - count.begun >= PERIOD:
            del self._counts[kind]
        if kind in self._counts or len(self._counts) < MOST_KINDS:
            return kind
        over = [
            counted_kind
            for counted_kind, counter in self._counts.items()
            if counter.lines <= MOST_LINES and now - counter.begun >= PERIOD
        ]
        for counted_kind in over:
            del self._counts[counted_kind]
        return kind if over else f"{__name__}: of many kinds"


def _line_kind(record: logging.LogRecord) -> str:
    text = str(record.msg).strip().partition("\n")[0][:_LONGEST_KIND]
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return f"{record.name}: {text}"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    location = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else ""
    return f"{record.name}: {text} ({type(error).__name__} {location})"


def logging_config(log_format: str) -> dict[str, Any]:
    """How the processes of a server log, on standard error, as `logging.config.dictConfig` takes it. The format is one
    of the setting.
    """
    formatter = JsonFormatter if log_format == "json" else RedactingFormatter
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"discreet": {"()": formatter}},
        "filters": {"limit": {"()": LogLimit}},
        "handlers": {"errors": {"class": "logging.StreamHandler", "formatter": "discreet", "filters": ["limit"]}},
        "root": {"handlers": ["errors"], "level": "WARNING"},
        # No line for each request: addresses hold searches and secrets.
        "loggers": {"uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False}},
    }
