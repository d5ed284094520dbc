"""The period of a report: last month, another preset, or two dates from the address."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import assert_never

from kb.model.dates import days_of
from kb.translation import Translator
from kb.web.http.context import RequestContext

_EPOCH = date(1970, 1, 1)
_LAST_YEAR = 9998


class Preset(StrEnum):
    """The periods to choose from."""

    LAST_MONTH = "last-month"
    THIS_MONTH = "this-month"
    THIS_QUARTER = "this-quarter"
    THIS_YEAR = "this-year"


@dataclass(frozen=True, slots=True)
class ReportPeriod:
    """Both days are included. `preset` is None for dates from the address, which are `typed_first` and `typed_last`."""

    first: date
    last: date
    preset: Preset | None
    typed_first: str = ""
    typed_last: str = ""


def today() -> date:
    """The present day in UTC, as the database writes times."""
    return datetime.now(UTC).date()


def period_of(context: RequestContext) -> ReportPeriod:
    """The period of an address: `from` and `to`, else `period`, else last month. Without an end, it ends today; without
    a beginning, it begins with the year of its end.
    """
    now = today()
    typed_first, typed_last = context.param("from").strip(), context.param("to").strip()
    if not typed_first and not typed_last:
        preset = next((preset for preset in Preset if preset == context.param("period")), Preset.LAST_MONTH)
        return preset_period(preset, now)
    last = _day(typed_last, 1) if typed_last else max(now, _day(typed_first, 1))
    first = _day(typed_first, 0) if typed_first else last.replace(month=1, day=1)
    return ReportPeriod(first, last, None, typed_first, typed_last)


def period_name(first: date, last: date, translator: Translator) -> str:
    """A whole month or year by its name, another period by its first and last day, and the year once."""
    if first == last:
        return translator.day(first)
    if first.day == 1 and (last + timedelta(days=1)).day == 1:
        if (first.year, first.month) == (last.year, last.month):
            return translator.period(f"{first.year:04}-{first.month:02}")
        if first.year == last.year and (first.month, last.month) == (1, 12):
            return translator.period(f"{first.year:04}")
    beginning = translator.day(first)
    if first.year == last.year:
        beginning = beginning.removesuffix(f" {first.year}")
    return translator.gettext("from %(first)s to %(last)s", first=beginning, last=translator.day(last))


def period_before(first: date, last: date) -> tuple[date, date] | None:
    """The period before, of the same length: that of whole months has as many, and that of a month, a quarter or a year
    until today ends on the same day of theirs. None if there is no such time.
    """
    try:
        return _period_before(first, last)
    except (OverflowError, ValueError):
        return None


def _period_before(first: date, last: date) -> tuple[date, date]:
    if first.day != 1:
        return first - (last - first) - timedelta(days=1), first - timedelta(days=1)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    begin = _months_earlier(first, months)
    is_whole = (last + timedelta(days=1)).day == 1
    return begin, first - timedelta(days=1) if is_whole else _months_earlier(last, months)


def _months_earlier(day: date, months: int) -> date:
    """The same day of an earlier month, or its last one."""
    number = day.year * 12 + day.month - 1 - months
    year, month = divmod(number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _day(typed: str, end: int) -> date:
    """The first (0) or last (1) day of a valid date; years are bounded."""
    day = _EPOCH + timedelta(days=days_of(typed)[end])
    return min(day, date(_LAST_YEAR, 12, 31))


def preset_period(preset: Preset, now: date) -> ReportPeriod:
    """The period of a preset on a day, with which it ends unless it has ended before."""
    match preset:
        case Preset.LAST_MONTH:
            last = now.replace(day=1) - timedelta(days=1)
            return ReportPeriod(last.replace(day=1), last, preset)
        case Preset.THIS_MONTH:
            return ReportPeriod(now.replace(day=1), now, preset)
        case Preset.THIS_QUARTER:
            return ReportPeriod(now.replace(month=(now.month - 1) // 3 * 3 + 1, day=1), now, preset)
        case Preset.THIS_YEAR:
            return ReportPeriod(now.replace(month=1, day=1), now, preset)
        case _:
            assert_never(preset)
