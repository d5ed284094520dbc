"""Dates keep the precision with which they were given."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model.dates import days_of, instant_of

EPOCH = date(1970, 1, 1)


def day(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


@pytest.mark.parametrize(
    ("partial", "first", "last"),
    [
        ("2014", "2014-01-01", "2014-12-31"),
        ("2014-11", "2014-11-01", "2014-11-30"),
        ("2016-02", "2016-02-01", "2016-02-29"),
        ("1900-02", "1900-02-01", "1900-02-28"),
        ("2014-11-07", "2014-11-07", "2014-11-07"),
        ("0001", "0001-01-01", "0001-12-31"),
        ("9999-12", "9999-12-01", "9999-12-31"),
    ],
)
def test_a_partial_date_covers_its_whole_period(partial: str, first: str, last: str) -> None:
    assert days_of(partial) == (day(first), day(last))


@given(st.dates())
def test_a_whole_date_is_one_day_within_its_month_and_its_year(day: date) -> None:
    first, last = days_of(day.isoformat())
    assert EPOCH + timedelta(days=first) == EPOCH + timedelta(days=last) == day
    for wider in (day.isoformat()[:7], day.isoformat()[:4]):
        start, end = days_of(wider)
        assert start <= first <= end


@pytest.mark.parametrize(
    "text",
    [
        *("", "hier", "14", "2014-", "2014-1", "2014-13", "2014-00", "2014-02-30", "2014-11-00", "0000"),
        *("2014-11-07T09:12", "-2014", "２０１４", "2014\n", " 2014"),
    ],
)
def test_an_invalid_partial_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        days_of(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2014-11-07T09:12:00Z", datetime(2014, 11, 7, 9, 12, tzinfo=UTC)),
        ("2014-11-07T09:12:00+01:00", datetime(2014, 11, 7, 8, 12, tzinfo=UTC)),
        ("2014-11-07T09:12:00", datetime(2014, 11, 7, 9, 12, tzinfo=UTC)),
        ("2014-11-07", datetime(2014, 11, 7, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_whatever_its_zone(text: str, instant: datetime) -> None:
    assert instant_of(text) == instant


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)))
def test_any_instant_comes_back(instant: datetime) -> None:
    assert instant_of(instant.isoformat()) == instant.astimezone(UTC)


@pytest.mark.parametrize(
    "text", ["", "hier", "2014", "2014-11-07T25:00Z", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"]
)
def test_an_invalid_timestamp_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        instant_of(text)
