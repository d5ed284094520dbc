"""Parse the dates of a query text, as days."""

import re
from calendar import monthrange
from datetime import date

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_EPOCH = date(1970, 1, 1).toordinal()


def typed_date_days(text: str) -> tuple[int, int] | None:
    """First and last day, since 1970-01-01, of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; None when it is no date."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = (int(group) if group else 0 for group in match.groups())
    first_month, last_month = (month, month) if match[2] else (1, 12)
    try:
        first = date(year, first_month, day if match[3] else 1)
        last = first if match[3] else date(year, last_month, monthrange(year, last_month)[1])
    except ValueError:
        return None
    return first.toordinal() - _EPOCH, last.toordinal() - _EPOCH
