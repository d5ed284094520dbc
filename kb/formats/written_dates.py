"""Parse dates as people write them, in French and in English."""

import re
from datetime import date

from kb.extraction.page_dates import lower_without_accents

_NAMES = (
    ("janvier", "january"),
    ("février", "february"),
    ("mars", "march"),
    ("avril", "april"),
    ("mai", "may"),
    ("juin", "june"),
    ("juillet", "july"),
    ("août", "august"),
    ("septembre", "september"),
    ("octobre", "october"),
    ("novembre", "november"),
    ("décembre", "december"),
)
_WEEKDAYS = (
    r"lun(?:di)?|mar(?:di)?|mer(?:credi)?|jeu(?:di)?|ven(?:dredi)?|sam(?:edi)?|dim(?:anche)?"
    r"|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_ORDINAL = r"(?:\s?(?:er|ᵉʳ|st|nd|rd|th)(?!\w))?"
_MONTH = r"[^\W\d_]{3,9}"
_YEAR = r"(?:19|20)\d{2}"

WRITTEN_DATE = re.compile(
    rf"""(?:(?:{_WEEKDAYS})\.?,?\s+(?!{_YEAR}(?![-/.])))?  # "mar 2015" is March
    (?: (?P<y1>{_YEAR})(?P<s1>[-/.])(?P<m1>\d{{1,2}})(?P=s1)(?P<d1>\d{{1,2}})
      | (?P<y2>{_YEAR})-(?P<m2>\d{{2}})
      | (?P<d3>\d{{1,2}})(?P<s3>[-/.])(?P<m3>\d{{1,2}})(?P=s3)(?P<y3>{_YEAR})
      | (?P<m4>\d{{1,2}})/(?P<y4>{_YEAR})
      | (?:(?P<d5>{_DAY}){_ORDINAL}\s*(?:of\s+)?)?(?P<n5>{_MONTH})\.?,?\s*(?P<y5>{_YEAR})
      | (?P<n6>{_MONTH})\.?\s+(?P<d6>{_DAY}){_ORDINAL},?\s+(?P<y6>{_YEAR})
      | (?P<y7>{_YEAR})
    )(?![\w/]|[-.]\d)""",
    re.IGNORECASE | re.VERBOSE,
)
"""A date, with or without the day of the week; `partial_date` says which."""


def partial_date(match: re.Match[str]) -> str | None:
    """The date of a match of DATE, as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; None if there is no such day or month."""
    given = {name[0]: text for name, text in match.groupdict().items() if text and name[0] != "s"}
    month = _MONTHS.get(lower_without_accents(given["n"])) if "n" in given else int(given.get("m", 0))
    year, day = int(given["y"]), int(given.get("d", 0))
    if month is None or ("m" in given and not month) or ("d" in given and not day):
        return None
    if match["d3"] and month > 12 >= day:
        # The American order, if no other is possible.
        month, day = day, month
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}" if month else f"{year:04}"


def _months_by_name() -> dict[str, int]:
    """Each name of a month, and each prefix of three letters or more that is unique."""
    months: dict[str, set[int]] = {}
    for number, names in enumerate(_NAMES, 1):
        for name in map(lower_without_accents, names):
            for length in range(3, len(name) + 1):
                months.setdefault(name[:length], set()).add(number)
    return {name: min(numbers) for name, numbers in months.items() if len(numbers) == 1}


_MONTHS = _months_by_name()
