"""What is asked of the base, as the driver hears it: statements with their values, whoever asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Pool, event


@contextmanager
def asked() -> Iterator[list[str]]:
    """The statements of all connections that are taken up meanwhile, in order."""
    heard: list[str] = []

    def listen(connection: object, *_: object) -> None:
        connection.set_trace_callback(heard.append)  # type: ignore[attr-defined]

    def leave(connection: object, *_: object) -> None:
        if connection is not None:
            connection.set_trace_callback(None)  # type: ignore[attr-defined]

    event.listen(Pool, "checkout", listen)
    event.listen(Pool, "checkin", leave)
    try:
        yield heard
    finally:
        event.remove(Pool, "checkout", listen)
        event.remove(Pool, "checkin", leave)


def selects(statements: list[str]) -> list[str]:
    """Those that only read."""
    return [one for one in statements if one.lstrip().upper().startswith("SELECT")]
