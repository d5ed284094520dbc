"""The period of a report, its subdivisions, and its name."""

from datetime import date

import pytest

from kb.features.reports.activity_chart import chart_of, periods_between
from kb.features.reports.report_period import Preset, period_before, period_name, preset_period
from kb.translation import Translator

FRENCH = Translator("fr")


@pytest.mark.parametrize(
    ("preset", "now", "first", "last"),
    [
        (Preset.LAST_MONTH, "2026-11-27", "2026-10-01", "2026-10-31"),
        (Preset.LAST_MONTH, "2026-01-01", "2025-12-01", "2025-12-31"),
        (Preset.LAST_MONTH, "2028-03-31", "2028-02-01", "2028-02-29"),
        (Preset.THIS_MONTH, "2026-11-27", "2026-11-01", "2026-11-27"),
        (Preset.THIS_QUARTER, "2026-11-27", "2026-10-01", "2026-11-27"),
        (Preset.THIS_QUARTER, "2026-03-31", "2026-01-01", "2026-03-31"),
        (Preset.THIS_YEAR, "2026-11-27", "2026-01-01", "2026-11-27"),
    ],
)
def test_a_preset_ends_today_or_with_its_month(preset: Preset, now: str, first: str, last: str) -> None:
    period = preset_period(preset, date.fromisoformat(now))
    assert (period.first.isoformat(), period.last.isoformat(), period.preset) == (first, last, preset)


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("2026-10-01", "2026-10-31", "octobre 2026"),
        ("2026-01-01", "2026-12-31", "2026"),
        ("2026-10-01", "2026-10-01", "1er octobre 2026"),
        ("2026-10-01", "2026-11-30", "du 1er octobre au 30 novembre 2026"),
        ("2026-10-01", "2027-01-31", "du 1er octobre 2026 au 31 janvier 2027"),
    ],
)
def test_a_period_has_a_name(first: str, last: str, name: str) -> None:
    assert period_name(date.fromisoformat(first), date.fromisoformat(last), FRENCH) == name


def test_a_period_has_all_its_parts() -> None:
    days = periods_between(date(2028, 2, 28), date(2028, 3, 1), len("YYYY-MM-DD"))
    assert days == ("2028-02-28", "2028-02-29", "2028-03-01")
    assert periods_between(date(2025, 12, 5), date(2026, 1, 2), len("YYYY-MM")) == ("2025-12", "2026-01")
    assert periods_between(date(2014, 1, 1), date(2016, 1, 1), len("YYYY")) == ("2014", "2015", "2016")


def test_the_names_below_a_chart_do_not_touch() -> None:
    for parts in (periods_between(date(2026, 1, 1), date(2026, 12, 31), 7), ("2024", "2025", "2026")):
        bars = chart_of("saved", "Signets", parts, {parts[0]: 1}, FRENCH).bars
        letters = max(len(bar.label) for bar in bars)
        assert bars[1].middle - bars[0].middle >= 7.5 * letters


def test_the_years_of_a_chart_are_bounded() -> None:
    parts = periods_between(date(1, 1, 1), date(9998, 12, 31), len("YYYY"))
    assert len(parts) == 60
    assert parts[-1] == str(date.today().year)


def test_a_chart_draws_what_its_table_says() -> None:
    parts = ("2026-10-31", "2026-11-01", "2026-11-02")
    chart = chart_of("saved", "Signets", parts, {"2026-10-31": 1, "2026-11-02": 12345}, FRENCH)
    assert [bar.height for bar in chart.bars] == [2, 0, 36]
    assert [(bar.label, bar.under) for bar in chart.bars] == [("31", "oct."), ("1", "nov."), ("2", "")]
    # A number that is wider than its bar is only in the table.
    assert [bar.count for bar in chart.bars] == ["1", "", ""]
    assert chart.rows == (("31 octobre 2026", "1"), ("1er novembre 2026", "0"), ("2 novembre 2026", "12\u202f345"))
    assert chart.total == "12\u202f346"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2024-03-01", "2024-03-31", ("2024-02-01", "2024-02-29")),
        ("2024-01-01", "2024-01-31", ("2023-12-01", "2023-12-31")),
        ("2024-04-01", "2024-06-30", ("2024-01-01", "2024-03-31")),
        ("2024-01-01", "2024-12-31", ("2023-01-01", "2023-12-31")),
        # Until today: the same days of the month, the quarter or the year before.
        ("2024-03-01", "2024-03-30", ("2024-02-01", "2024-02-29")),
        ("2024-10-01", "2024-11-12", ("2024-08-01", "2024-09-12")),
        ("2024-05-06", "2024-05-12", ("2024-04-29", "2024-05-05")),
        ("2024-05-06", "2024-05-06", ("2024-05-05", "2024-05-05")),
        ("0001-01-01", "9998-12-31", None),
        ("0001-01-03", "2020-12-30", None),
    ],
)
def test_the_period_before_is_as_long(first: str, last: str, expected: tuple[str, str] | None) -> None:
    before = period_before(date.fromisoformat(first), date.fromisoformat(last))
    assert (before and tuple(day.isoformat() for day in before)) == expected
