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
)  # the type that `logging` uses
_DEEPEST = 10
"""Causes of causes that are told."""


class RedactingFormatter(logging.Formatter):
    """Log lines that show the type and the traceback of an exception, but not its message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback of an exception."""
        # Later lines show tasks, with their exceptions.
        message = record.getMessage().strip()
        first = message.partition("\n")[0] if record.name == "asyncio" else message
        told = self.formatException(record.exc_info) if record.exc_info else ""
        return f"{first}\n{told}" if told else first

    def formatException(self, ei: _Info) -> str:  # noqa: N802 - the name that `logging` gives it
        """The traceback of an exception through the program, and its type; its causes first."""
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
    """The part of its message that comes from us or the operating system."""
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
    # No line for each request: addresses hold searches and secrets.
    "loggers": {"uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False}},
}
"""How the processes of a server log, on standard error: as `logging.config.dictConfig` takes it."""
