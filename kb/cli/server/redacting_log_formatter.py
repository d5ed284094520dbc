"""Log an error of the server with its class and traceback lines, without any text that a user typed.

The message of an exception may hold a search, a name, or a secret; the source lines of a traceback do not.
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, TypeAlias

from kb.cli.server.log_limit import LogLimit
from kb.errors import FlorilegeError

_Info: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)  # as `logging` has it
_DEEPEST = 10
"""Causes of causes that are told."""


class RedactingFormatter(logging.Formatter):
    """Lines of the log, in which an exception is told by its kind and its way."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the way of an exception."""
        # The lines after the first one show tasks, with what they raised.
        message = record.getMessage().strip()
        first = message.partition("\n")[0] if record.name == "asyncio" else message
        told = self.formatException(record.exc_info) if record.exc_info else ""
        return f"{first}\n{told}" if told else first

    def formatException(self, ei: _Info) -> str:  # noqa: N802 - the name that `logging` gives it
        """The way of an exception through the program, and its kind; its causes first."""
        return "\n".join(_exception_lines(ei[1])) if ei[1] is not None else ""


def _exception_lines(error: BaseException, depth: int = 0) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and depth < _DEEPEST:
        yield from _exception_lines(cause, depth + 1)
        yield "which led to:"
    yield from (line.rstrip("\n") for line in traceback.format_tb(error.__traceback__))
    yield f"{type(error).__module__}.{type(error).__qualname__}{_safe_message(error)}"
    if isinstance(error, BaseExceptionGroup) and depth < _DEEPEST:
        for one in error.exceptions:
            yield from _exception_lines(one, depth + 1)


def _safe_message(error: BaseException) -> str:
    """What of its message is our own, or the system's."""
    if isinstance(error, FlorilegeError):
        return f": {error.message}"
    if isinstance(error, OSError) and error.strerror:
        return f": {error.strerror}"
    return ""


LOGGING_CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": RedactingFormatter}},
    "filters": {"limit": {"()": LogLimit}},
    "handlers": {"errors": {"class": "logging.StreamHandler", "formatter": "discreet", "filters": ["limit"]}},
    "root": {"handlers": ["errors"], "level": "WARNING"},
    # No line for each question: addresses hold what people search for, and secrets.
    "loggers": {"uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False}},
}
"""How the processes of a server log, on standard error: as `logging.config.dictConfig` takes it."""
