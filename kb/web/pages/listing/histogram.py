"""The histogram of dates: a drawing with links as bars. Its geometry is in whole pixels, so that it needs no inline
style.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from kb.model.search_request import SearchRequest
from kb.services.search.result_types import FacetValue, SearchResults
from kb.web.http.urls.page_urls import VALUE_PLACEHOLDER
from kb.web.ui.display_text import ListingContext

STEP, BAR = 24, 14
"""A column and its bar; a column is wide enough for a pointer (WCAG 2.5.8) and for three digits."""
TALLEST, TOP, LABEL = 36, 20, 20
_LEAST_UNSHOWN = 1000
"""Counts that only the name of the bar has, because they are wider than a column."""
MOST_MONTHS = 24
MOST_YEARS = 60

Columns = tuple[tuple[str, int], ...]
"""Periods with their counts."""


@dataclass(frozen=True, slots=True)
class Bar:
    """`name` is the text for screen readers; an empty bar is no link and has no `href`."""

    x: int
    y: int
    height: int
    middle: int
    label: str
    under: str
    count: str
    name: str
    href: str
    selected: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    """`undated` gives the number of hits without a date, empty if all have one.

    `picked`: a period is selected.
    """

    width: int
    height: int
    baseline: int
    by: str
    bars: tuple[Bar, ...]
    undated: str
    picked: bool


def histogram_of(results: SearchResults, listing: ListingContext) -> Histogram | None:
    """By month if there are few months or a year is selected, otherwise by year; None if there would be one column
    only.
    """
    request, translator = listing.request, listing.translator
    values = results.facets.get("date", ())
    counts = {value.value: value.count for value in values if value.value}
    undated = next((value.count for value in values if not value.value), 0)
    columns = _columns(counts, results.facets.get("year", ()), request)
    selected = bool(request.date_from or request.date_to)
    if not columns or (len(columns) < 2 and not selected):
        return None
    choose = listing.addresses.listing_by_value(
        listing.scope, replace(request, date_from=VALUE_PLACEHOLDER, date_to=VALUE_PLACEHOLDER, page=1)
    )
    tallest, monthly = max(count for _, count in columns), "-" in columns[0][0]
    return Histogram(
        width=len(columns) * STEP,
        height=TOP + TALLEST + (2 * LABEL if monthly else LABEL),
        baseline=TOP + TALLEST,
        by=translator.gettext("Month by month") if monthly else translator.gettext("Year by year"),
        bars=tuple(_bar(place, columns, tallest, listing, choose) for place in range(len(columns))),
        undated=translator.ngettext("%(count)s without a date", "%(count)s without a date", undated) if undated else "",
        picked=selected,
    )


def _columns(counts: dict[str, int], years: tuple[FacetValue, ...], request: SearchRequest) -> Columns:
    if not counts:
        return ()
    first, last = min(counts), max(counts)
    if _month_number(last) - _month_number(first) < MOST_MONTHS or not years:
        return _months(counts, first, last)
    low, high = (request.date_from or first)[:4], (request.date_to or last)[:4]
    if (request.date_from or request.date_to) and int(high) - int(low) <= 1:
        months = _months(counts, f"{low}-01", f"{high}-12")
        # The selected months may be empty; the other years then show where the results are.
        if any(count for _, count in months):
            return months
    of_year = {value.value: value.count for value in years if value.value}
    start, end = int(min(of_year)), int(max(of_year))
    return _filled(of_year, [f"{year:04}" for year in range(start, min(end, start + MOST_YEARS) + 1)], MOST_YEARS)


def _months(counts: dict[str, int], first: str, last: str) -> Columns:
    start, end = _month_number(first), _month_number(last)
    numbers = range(start, min(end, start + MOST_MONTHS) + 1)
    return _filled(counts, [f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers], MOST_MONTHS)


def _filled(counts: dict[str, int], periods: list[str], most: int) -> Columns:
    """Every period from the first to the last, with the empty ones while they are few, so that the axis is linear."""
    if len(periods) > most:
        return tuple(sorted(counts.items()))
    return tuple((period, counts.get(period, 0)) for period in periods)


def _month_number(month: str) -> int:
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _bar(place: int, columns: Columns, tallest: int, listing: ListingContext, choose: Callable[[str], str]) -> Bar:
    request, translator = listing.request, listing.translator
    period, count = columns[place]
    # A bar with a count of at least one is always visible.
    height = max(2, round(TALLEST * count / tallest)) if count else 0
    monthly = "-" in period
    begins_year = place == 0 or columns[place - 1][0][:4] != period[:4]
    name = translator.ngettext(
        "%(period)s: %(count)s result", "%(period)s: %(count)s results", count, period=translator.period(period)
    )
    href = choose(period)
    if request.date_from == request.date_to == period:
        href = listing.link(replace(request, date_from=None, date_to=None, page=1))
        name = f"{name}, {translator.gettext('remove this filter')}"
    return Bar(
        x=place * STEP + (STEP - BAR) // 2,
        y=TOP + TALLEST - height,
        height=height,
        middle=place * STEP + STEP // 2,
        label=str(int(period[5:7])) if monthly else f"’{period[2:]}",
        under=period[:4] if monthly and begins_year else "",
        count=str(count) if 0 < count < _LEAST_UNSHOWN else "",
        name=name,
        href=href if count else "",
        selected=_overlaps(period, request),
    )


def _overlaps(period: str, request: SearchRequest) -> bool:
    """Whether a column overlaps the selected period; partial dates are compared as far as both go."""
    if not (request.date_from or request.date_to):
        return False
    low, high = request.date_from or "", request.date_to or ""
    after = not low or period[: len(low)] >= low[: len(period)]
    before = not high or period[: len(high)] <= high[: len(period)]
    return after and before
