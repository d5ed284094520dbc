"""When digests are due: the rhythm of each subscription, at the weekday and the hour of its reader."""

from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

MONDAY, EIGHT = 0, 8
"""The weekday and the hour of readers who have chosen none."""
_SECOND_HOUR = 9
"""Hours between the two digests of a day."""
_LEAST_PAUSE = timedelta(minutes=10)
"""Between two messages of what is sent at once: what is saved in one go comes in one message."""


class Rhythm(StrEnum):
    """How often a reader gets what is new."""

    NOW = "now"
    TWICE = "twice"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


def due_after(rhythm: Rhythm, weekday: int, hour: int, moment: datetime, zone: tzinfo) -> datetime:
    """The first time of a rhythm after a moment; after an outage, one digest has all that is new.

    Raises ValueError for NEVER.
    """
    match rhythm:
        case Rhythm.NEVER:
            raise ValueError(rhythm)
        case Rhythm.NOW:
            return moment + _LEAST_PAUSE
        case Rhythm.TWICE:
            return min(_next(moment, zone, hour), _next(moment, zone, (hour + _SECOND_HOUR) % 24))
        case Rhythm.DAILY:
            return _next(moment, zone, hour)
        case Rhythm.WEEKLY:
            return _next(moment, zone, hour, weekday)


def _next(after: datetime, zone: tzinfo, hour: int, weekday: int | None = None) -> datetime:
    """The first time at this hour, on this weekday, after a moment."""
    today = after.astimezone(zone).date()
    for days in range(9):
        day = today + timedelta(days=days)
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
        if moment > after and weekday in (None, day.weekday()):
            return moment
    raise AssertionError(weekday)
