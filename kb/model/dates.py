"""Dates with the precision in which they were given, and timestamps kept to the letter."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)
_EPOCH = date(1970, 1, 1).toordinal()


def days_of(partial: str) -> tuple[int, int]:
    """First and last day, in days since 1970-01-01, of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`. Raises ValueError."""
    match = _PARTIAL.fullmatch(partial)
    if match is None:
        raise ValueError(partial)
    year = int(match[1])
    if match[2] is None:
        first, last = date(year, 1, 1), date(year, 12, 31)
    elif match[3] is None:
        first = date(year, int(match[2]), 1)
        last = first.replace(day=monthrange(year, first.month)[1])
    else:
        first = last = date(year, int(match[2]), int(match[3]))
    return first.toordinal() - _EPOCH, last.toordinal() - _EPOCH


def instant_of(text: str) -> datetime:
    """The instant of an RFC 3339 time or an ISO date; a time without a zone is UTC. Raises ValueError."""
    try:
        instant = datetime.fromisoformat(text)
        return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(text) from error


def stored_instant(text: str | None) -> datetime | None:
    """The time of a stored date in UTC: for a date without time, or a partial one, its beginning; None without one."""
    if not text:
        return None
    try:
        return instant_of(text)
    except ValueError:
        pass
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days_of(text)[0])
    except ValueError:
        return None
