"""Parse the dates of web pages, with the precision in which they are written."""

import re
from collections.abc import Iterator
from itertools import islice

from kb.model.dates import days_of
from kb.model.written_dates import MONTHS, lower_without_accents

_FIRST_YEAR, _LAST_YEAR = 1400, 2100
_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?!\d)", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?(?!\d)", re.ASCII)
_FRENCH = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?!\d)", re.ASCII)
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_WORDS = re.compile(
    rf"(?:\b(\d{{1,2}})(?:er|st|nd|rd|th)?\s+)?\b({_MONTH})\b\.?(?:\s+(\d{{1,2}})(?:st|nd|rd|th)?\s*,)?\s+(\d{{4}})\b"
)
_PUBLISHED = re.compile(
    r"\b(?:publiee?s?|mise? en ligne|parue?s?|postee?s?|ecrite?|date de publication|published|posted)"
    r"\b(?:\s+(?:le|on|par|by|the)\b|\s*:)?"
)
_CHANGED = re.compile(r"\b(?:modifiee?s?|actualisee?s?|mise?s? a jour|updated|modified)\b")
_NUMBERS = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{4}", re.ASCII)
_NEAR = 60
"""The most characters between a date and the words that announce it."""
_LONGEST = 200


def parse_page_date(text: str) -> str | None:
    """The date that a short text is or begins with: `2015-05-03T10:00`, `03/05/2015`, `3 mai 2015`, `mai 2015`, `2015`.

    YYYY, YYYY-MM or YYYY-MM-DD; None if there is no valid date. The day stands before the month, as in France.
    """
    plain = lower_without_accents(text[:_LONGEST]).strip()
    if match := _COMPACT.match(plain):
        return _calendar_date(match[1], match[2], match[3])
    if match := _FRENCH.match(plain):
        return _calendar_date(match[3], match[2], match[1])
    if match := _ISO.match(plain):
        return _calendar_date(match[1], match[2], match[3])
    if match := _WORDS.search(plain):
        return _calendar_date(match[4], str(MONTHS[match[2]]), match[1] or match[3])
    return None


def publication_date_in(text: str) -> str | None:
    """The publication date that a text states: « publié le 3 mai 2015 »."""
    return next(_dates_announced_by(_PUBLISHED, text), None)


def change_dates_in(text: str) -> frozenset[str]:
    """The dates of change that a text states: « mis à jour le 5 juin 2016 »."""
    return frozenset(_dates_announced_by(_CHANGED, text))


def _dates_announced_by(announcing: re.Pattern[str], text: str) -> Iterator[str]:
    plain = lower_without_accents(text)
    for match in announcing.finditer(plain):
        after = plain[match.end() : match.end() + _NEAR]
        matches = sorted(filter(None, (_NUMBERS.search(after), _WORDS.search(after))), key=re.Match.start)
        yield from islice(filter(None, (parse_page_date(match[0]) for match in matches)), 1)


def _calendar_date(year: str, month: str | None, day: str | None) -> str | None:
    """The date, less precise if a part of it is zero; None if the calendar has no such day."""
    parts = [f"{int(year):04}"]
    for part in (month, day):
        if part is None or int(part) == 0:
            break
        parts.append(f"{int(part):02}")
    partial = "-".join(parts)
    try:
        days_of(partial)
    except ValueError:
        return None
    return partial if _FIRST_YEAR <= int(year) <= _LAST_YEAR else None
