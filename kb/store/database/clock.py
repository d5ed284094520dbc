"""The clock of the database."""

from datetime import UTC, datetime, timedelta


def timestamp_now() -> str:
    """Now, in RFC 3339, in UTC to the microsecond, so that the texts sort in the order of time."""
    return timestamp_in()


def timestamp_in(*, days: float = 0, seconds: float = 0) -> str:
    """The timestamp this many days and seconds from now; in the past if they are negative."""
    return timestamp_of(datetime.now(UTC) + timedelta(days=days, seconds=seconds))


def timestamp_of(instant: datetime) -> str:
    """The timestamp of an instant, which has a time zone."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds_until(timestamp: str | None, longest: float) -> float:
    """The seconds until a timestamp, 0 if it has passed, and `longest` at most, also without one."""
    if timestamp is None:
        return longest
    return min(max((datetime.fromisoformat(timestamp) - datetime.now(UTC)).total_seconds(), 0.0), longest)
