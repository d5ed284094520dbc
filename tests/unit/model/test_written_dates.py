"""Dates as users write them in a form, an address or a query."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model.dates import days_of
from kb.model.written_dates import day_first, is_missing_from_calendar, iso_or_typed, parse_written_date, written_days

WRITTEN = {
    "07/11/2024": "2024-11-07",
    "7/11/2024": "2024-11-07",
    "07.11.2024": "2024-11-07",
    "07-11-2024": "2024-11-07",
    "11/2024": "2024-11",
    "2024": "2024",
    "2024-11": "2024-11",
    "2024-7": "2024-07",
    "2024/11": "2024-11",
    "2024-11-07": "2024-11-07",
    "2024/11/7": "2024-11-07",
    "7 nov. 2014": "2014-11-07",
    "7 nov 2014": "2014-11-07",
    " 7 novembre 2014 ": "2014-11-07",
    "le 7 novembre 2014": "2014-11-07",
    "ven. 7 nov. 2014": "2014-11-07",
    "1er oct 2014": "2014-10-01",
    "1ᵉʳ OCTOBRE 2014": "2014-10-01",
    "31 déc. 2014": "2014-12-31",
    "31 dec 2014": "2014-12-31",
    "août 1914": "1914-08",
    "14 juillet 1789": "1789-07-14",
    "nov. 2014": "2014-11",
    "May 3, 2015": "2015-05-03",
    "31/02/2024": None,
    "45/13/2014": None,
    "00/2014": None,
    "13/2014": None,
    "7 nov.": None,
    "7 novembre 2014 ou 2015": None,
    "hier": None,
    "": None,
    "juin" * 20 + " 2014": None,
}


@pytest.mark.parametrize(("text", "day"), WRITTEN.items())
def test_a_date_is_read_as_french_people_write_it(text: str, day: str | None) -> None:
    assert parse_written_date(text) == day
    assert iso_or_typed(text) == (day or text)
    assert written_days(text) == (days_of(day) if day else None)


@given(
    st.text(max_size=60) | st.from_regex(r"[0-9]{1,4}[-/. ]?([0-9]{1,3}|mai|mars)?[-/. ]?[0-9]{0,9}", fullmatch=True)
)
def test_any_typed_text_is_a_calendar_date_or_none(text: str) -> None:
    day = parse_written_date(text)
    assert day is None or (days_of(day) and parse_written_date(day) == day)


@pytest.mark.parametrize(
    ("iso", "written"),
    [
        ("2014-11-07", "07/11/2014"),
        ("2014-11", "11/2014"),
        ("2014", "2014"),
        ("", ""),
        ("hier", "hier"),
        ("2014-11-07T", "2014-11-07T"),
    ],
)
def test_a_date_of_a_field_is_written_with_its_day_first_and_read_back(iso: str, written: str) -> None:
    assert day_first(iso) == written
    assert iso_or_typed(written) == iso


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        *(
            (text, True)
            for text in ("31/02/2025", "le 31 février 2025", "2025-02-31", "13/2014", "0/5/2015", "29.2.2023")
        ),
        *((text, False) for text in ("28/02/2025", "hier", "", "12 foo 2025", "31/02", "1" * 100)),
    ],
)
def test_a_date_that_does_not_exist_is_not_confused_with_other_text(text: str, missing: bool) -> None:
    assert is_missing_from_calendar(text) is missing
