"""Settings of the link checker."""

from collections.abc import Callable, Mapping

from kb.errors import Invalid

DEFAULT_LINK_CHECK_DAYS = 30
_MOST_DAYS = 3_650


def _days(name: str, value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) < 6 and int(value) <= _MOST_DAYS):
        raise Invalid(
            "%(name)s must be a whole number of days, from 0 to %(most)s; 0 is never.", name=name, most=_MOST_DAYS
        )
    return value


LINK_READERS: Mapping[str, Callable[[str, str], str]] = {"link_check_days": _days}
