"""Settings of the rate limits."""

from collections.abc import Callable, Mapping

from kb.errors import Invalid

DEFAULT_RATE_READ = 300
DEFAULT_RATE_WRITE = 60
_MOST = 1_000_000


def _rate(name: str, value: str) -> str:
    if not (value.isascii() and value.isdigit() and len(value) < 9 and int(value) <= _MOST):
        raise Invalid("%(name)s must be a whole number from 0 to %(most)s; 0 sets no limit.", name=name, most=_MOST)
    return value


RATE_READERS: Mapping[str, Callable[[str, str], str]] = {"rate_read": _rate, "rate_write": _rate}
