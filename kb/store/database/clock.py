"""The clock of the database."""

from datetime import UTC, datetime, timedelta


def timestamp_now() -> str:
    """Now, in RFC 3339, in UTC to the microsecond: such texts compare as their instants do."""
    return timestamp_in()


def timestamp_in(*, days: float = 0, seconds: float = 0) -> str:
    """The instant in so many days and seconds, or as many ago, when they are negative."""
    instant = datetime.now(UTC) + timedelta(days=days, seconds=seconds)
    return instant.isoformat(timespec="microseconds").replace("+00:00", "Z")
