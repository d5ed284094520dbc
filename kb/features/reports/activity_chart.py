"""Charts of a report: one bar for each part of the period, as SVG in whole pixels, which needs no inline style."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from kb.translation import Translator
from kb.web.pages.listing.histogram import LABEL, MOST_YEARS, TALLEST, TOP

_DAY_STEP, _DAY_BAR = 24, 14
"""A month of days fits into the page."""
_STEP, _BAR = 44, 20
"""Of months and years, whose names do not touch."""
_DIGIT = 7
"""Pixels of a digit above a bar; a number that is wider than its column is in the table only."""
_MONTH, _YEAR = len("YYYY-MM"), len("YYYY")


@dataclass(frozen=True, slots=True)
class ChartBar:
    """`middle` is the middle of its column; `under` is the month or the year that begins there."""

    x: int
    y: int
    width: int
    height: int
    middle: int
    count: str
    label: str
    under: str


@dataclass(frozen=True, slots=True)
class ActivityChart:
    """`rows` are those of the table below: the name of each part of the period, and its number."""

    id: str
    title: str
    total: str
    width: int
    height: int
    baseline: int
    bars: tuple[ChartBar, ...]
    rows: tuple[tuple[str, str], ...]


def periods_between(first: date, last: date, precision: int) -> tuple[str, ...]:
    """The days, months or years of a period, in the form of this length: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`.

    Of years, no more than `MOST_YEARS`, the last of them, and none in the future.
    """
    if precision == _YEAR:
        end = max(first.year, min(last.year, date.today().year))
        return tuple(f"{year:04}" for year in range(max(first.year, end + 1 - MOST_YEARS), end + 1))
    if precision == _MONTH:
        numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
        return tuple(f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers)
    return tuple((first + timedelta(days=number)).isoformat() for number in range((last - first).days + 1))


def chart_of(
    id_: str, title: str, periods: Sequence[str], counts: Mapping[str, int], translator: Translator
) -> ActivityChart:
    """The chart of one figure. `counts` are by part; parts without a count are empty."""
    return ActivityChart(
        id=id_,
        title=title,
        total=translator.number(sum(counts.values())),
        width=len(periods) * _widths(periods)[0],
        height=TOP + TALLEST + (LABEL if len(periods[0]) == _YEAR else 2 * LABEL),
        baseline=TOP + TALLEST,
        bars=tuple(_bar(position, periods, counts, translator) for position in range(len(periods))),
        rows=tuple((translator.period(period), translator.number(counts.get(period, 0))) for period in periods),
    )


def _widths(periods: Sequence[str]) -> tuple[int, int]:
    """The width of a column, and that of its bar."""
    return (_DAY_STEP, _DAY_BAR) if len(periods[0]) > _MONTH else (_STEP, _BAR)


def _bar(position: int, periods: Sequence[str], counts: Mapping[str, int], translator: Translator) -> ChartBar:
    (step, bar), count = _widths(periods), counts.get(periods[position], 0)
    # A bar with a count of at least one is always visible.
    height = max(2, round(TALLEST * count / max(counts.values()))) if count else 0
    period = periods[position]
    written = translator.number(count) if count else ""
    shorter = period.rpartition("-")[0]
    begins = bool(shorter) and (position == 0 or not periods[position - 1].startswith(shorter))
    match len(period):
        case 10:
            label, under = str(int(period[-2:])), translator.month(int(period[5:7]))
        case 7:
            label, under = translator.month(int(period[-2:])), period[:4]
        case _:
            label, under = period, ""
    return ChartBar(
        x=position * step + (step - bar) // 2,
        y=TOP + TALLEST - height,
        width=bar,
        height=height,
        middle=position * step + step // 2,
        count=written if len(written) * _DIGIT <= step else "",
        label=label,
        under=under if begins else "",
    )
