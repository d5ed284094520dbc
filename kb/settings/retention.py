"""Settings of retention: how long data is kept."""

from collections.abc import Callable, Mapping

from kb.errors import Invalid

DEFAULT_BIN_DAYS = 30
DEFAULT_LOG_DAYS = 180
DEFAULT_SESSION_DAYS = 30
_MOST_DAYS = 3_650


def _days(name: str, value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) < 6 and 1 <= int(value) <= _MOST_DAYS):
        raise Invalid("%(name)s must be a whole number of days, from 1 to %(most)s.", name=name, most=_MOST_DAYS)
    return value


RETENTION_READERS: Mapping[str, Callable[[str, str], str]] = {
    "bin_days": _days,
    "log_days": _days,
    "session_days": _days,
}
