"""The clock of the base."""

from datetime import UTC, datetime


def this_instant() -> str:
    """Now, in RFC 3339, in UTC to the microsecond: such texts compare as their instants do."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
