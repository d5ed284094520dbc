"""Parse dates as people write them, in French and in English."""

import re
import unicodedata
from datetime import date

from kb.model.dates import days_of

LONGEST_WRITTEN_DATE = 60
"""Characters of a text that is read as a date."""

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


def _date_pattern(year: str, year_and_month: str) -> re.Pattern[str]:
    return re.compile(
        rf"""(?:(?:{_WEEKDAYS})\.?,?\s+(?!{year}(?![-/.])))?  # "mar 2015" is March
        (?: (?P<y1>{year})(?P<s1>[-/.])(?P<m1>\d{{1,2}})(?P=s1)(?P<d1>\d{{1,2}})
          | (?P<y2>{year}){year_and_month}
          | (?P<d3>\d{{1,2}})(?P<s3>[-/.])(?P<m3>\d{{1,2}})(?P=s3)(?P<y3>{year})
          | (?P<m4>\d{{1,2}})/(?P<y4>{year})
          | (?:(?P<d5>{_DAY}){_ORDINAL}\s*(?:of\s+)?)?(?P<n5>{_MONTH})\.?,?\s*(?P<y5>{year})
          | (?P<n6>{_MONTH})\.?\s+(?P<d6>{_DAY}){_ORDINAL},?\s+(?P<y6>{year})
          | (?P<y7>{year})
        )(?![\w/]|[-.]\d)""",
        re.IGNORECASE | re.VERBOSE,
    )


WRITTEN_DATE = _date_pattern(_YEAR, r"-(?P<m2>\d{2})")
"""A date in a sentence, with or without the day of the week; `partial_date` says which."""
_ARTICLE = re.compile(r"\Ale\s+", re.IGNORECASE)
_ISO_DATE = re.compile(r"\d{4}(?:-\d{2}){1,2}")
_WHOLE_DATE = _date_pattern(r"\d{4}", r"[-/.](?P<m2>\d{1,2})")


def partial_date(match: re.Match[str]) -> str | None:
    """The date of a match of WRITTEN_DATE, as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; None for a day that does not exist."""
    parts = {name[0]: text for name, text in match.groupdict().items() if text and name[0] != "s"}
    month = MONTHS.get(lower_without_accents(parts["n"])) if "n" in parts else int(parts.get("m", 0))
    year, day = int(parts["y"]), int(parts.get("d", 0))
    if month is None or ("m" in parts and not month) or ("d" in parts and not day):
        return None
    if match["d3"] and month > 12 >= day:
        # The American order, if no other is possible.
        month, day = day, month
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}" if month else f"{year:04}"


def lower_without_accents(text: str) -> str:
    """Lower case without accents. Decomposed marks are dropped, so positions differ from those of the original."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in split if not unicodedata.combining(character))


def _months_by_name() -> dict[str, int]:
    """Each name of a month, and each prefix of three letters or more that is unique."""
    months: dict[str, set[int]] = {}
    for number, names in enumerate(_NAMES, 1):
        for name in map(lower_without_accents, names):
            for length in range(3, len(name) + 1):
                months.setdefault(name[:length], set()).add(number)
    return {name: min(numbers) for name, numbers in months.items() if len(numbers) == 1}


MONTHS = _months_by_name()
"""The number of each month by its folded name and abbreviations."""


def parse_written_date(text: str) -> str | None:
    """The date that a whole text is, as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`: `7 nov. 2014`, `07/11/2014`, `11/2014`.

    None if the text is not a date, or if the calendar has no such day.
    """
    match = _whole_date(text)
    return partial_date(match) if match else None


def is_missing_from_calendar(text: str) -> bool:
    """Whether a whole text has the form of a date, but the calendar has no such day or month: `31/02/2025`."""
    match = _whole_date(text)
    month = match["n5"] or match["n6"] if match else None
    is_known = month is None or lower_without_accents(month) in MONTHS
    return match is not None and is_known and partial_date(match) is None


def _whole_date(text: str) -> re.Match[str] | None:
    typed = text.strip()
    return _WHOLE_DATE.fullmatch(_ARTICLE.sub("", typed)) if len(typed) <= LONGEST_WRITTEN_DATE else None


def day_first(text: str) -> str:
    """A date in ISO form as people write it in a field: `07/11/2014`, `11/2014`; any other text as it is."""
    return "/".join(reversed(text.split("-"))) if _ISO_DATE.fullmatch(text) else text


def iso_or_typed(text: str) -> str:
    """The date of a text in ISO form; the text itself if it is not a date."""
    return parse_written_date(text) or text


def written_days(text: str) -> tuple[int, int] | None:
    """First and last day, in days since 1970-01-01, of a date as people write it; None if the text is not a date."""
    parsed = parse_written_date(text)
    return days_of(parsed) if parsed else None
