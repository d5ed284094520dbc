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


def due_before(rhythm: Rhythm, weekday: int, hour: int, now: datetime, zone: tzinfo) -> datetime | None:
    """A subscription is due if it was last checked before this time; None if it never is.

    That is the last time of its rhythm that has passed: after an outage, one digest has all that is new.
    """
    match rhythm:
        case Rhythm.NEVER:
            return None
        case Rhythm.NOW:
            return now - _LEAST_PAUSE
        case Rhythm.TWICE:
            return max(_last(now, zone, hour), _last(now, zone, (hour + _SECOND_HOUR) % 24))
        case Rhythm.DAILY:
            return _last(now, zone, hour)
        case Rhythm.WEEKLY:
            return _last(now, zone, hour, weekday)


def _last(now: datetime, zone: tzinfo, hour: int, weekday: int | None = None) -> datetime:
    """The last time at this hour, on this weekday, that is not after now."""
    today = now.astimezone(zone).date()
    for days in range(9):
        day = today - timedelta(days=days)
        moment = datetime(day.year, day.month, day.day, hour, tzinfo=zone).astimezone(UTC)
        if moment <= now and weekday in (None, day.weekday()):
            return moment
    raise AssertionError(weekday)
