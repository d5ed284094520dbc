"""Conditional requests: when the response is 304, and when it must not be."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from kb.feeds.xml_writing import rfc822
from kb.web.http.conditional_requests import Conditions, last_modified, weak_etag

CHANGED = datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=UTC)
TAG = weak_etag(b"body")
INSTANTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 1, 0, 0, 5), timezones=st.just(UTC))


def conditions_of(**headers: str) -> Conditions:
    return Conditions.of(Headers({name.replace("_", "-"): value for name, value in headers.items()}))


@pytest.mark.parametrize(
    "given_",
    ["*", " * ", TAG, TAG.removeprefix("W/"), f'"a,b", {TAG}', f'W/"x" ,{TAG}, ""', f'"é", {TAG}', f",, {TAG} ,"],
)
def test_an_entity_tag_is_found_in_a_list_weak_or_strong(given_: str) -> None:
    assert conditions_of(if_none_match=given_).holds(TAG)


@pytest.mark.parametrize(
    "given_", ["", '"x"', TAG.removeprefix("W/").strip('"'), f"{TAG}{TAG}", f"x{TAG}", '"', "W/", "a" * 9_999]
)
def test_another_tag_or_a_list_that_is_none_holds_nothing(given_: str) -> None:
    assert not conditions_of(if_none_match=given_).holds(TAG)


def test_tags_of_several_header_lines_are_one_list() -> None:
    headers = Headers(raw=[(b"if-none-match", b'"x"'), (b"if-none-match", TAG.encode())])
    assert Conditions.of(headers).holds(TAG)


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 01 Mar 2026 12:00:01 GMT",
        "Sunday, 01-Mar-26 12:00:01 GMT",
        "Sun Mar  1 12:00:01 2026",
        "Sun, 01 Mar 2026 13:00:01 +0100",
    ],
)
def test_a_date_is_read_in_every_form_that_http_has(date: str) -> None:
    assert conditions_of(if_modified_since=date).is_unchanged(CHANGED, CHANGED + timedelta(minutes=1))


@pytest.mark.parametrize(
    "date",
    [
        "",
        "hier",
        "0",
        "-1",
        "Sun, 01 Mar 2026",
        "Sun, 99 Mar 2026 12:00:01 GMT",
        "Sun, 01 Mar 99999 12:00:01 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Sun, 01 Mar 2026 12:00:01 +99999999999999999999",
        "1" * 5_000,
        "\u00e9" * 10,
    ],
)
def test_a_date_that_is_none_proves_nothing(date: str) -> None:
    assert not conditions_of(if_modified_since=date).is_unchanged(CHANGED, CHANGED + timedelta(minutes=1))


def test_a_date_to_come_proves_nothing() -> None:
    now = CHANGED + timedelta(minutes=1)
    assert not conditions_of(if_modified_since=rfc822(now + timedelta(days=1))).is_unchanged(CHANGED, now)


def test_a_tag_wins_over_a_date_even_when_it_cannot_be_read() -> None:
    now = CHANGED + timedelta(minutes=1)
    date = rfc822(last_modified(CHANGED, now))
    assert conditions_of(if_modified_since=date).is_unchanged(CHANGED, now)
    assert not conditions_of(if_modified_since=date, if_none_match="x").is_unchanged(CHANGED, now)


@given(INSTANTS, INSTANTS, INSTANTS)
def test_unchanged_is_never_answered_for_another_version(
    first_date: datetime, second_date: datetime, third_date: datetime
) -> None:
    """A client has a date between two changes, ours or its own clock's, and asks again after the second change."""
    first, middle, second = sorted((first_date, second_date, third_date))
    later = second + timedelta(minutes=1)
    is_unchanged = middle == second
    for date in (last_modified(first, middle), middle.replace(microsecond=0)):
        assert date <= middle
        for now in (second, later):
            assert not conditions_of(if_modified_since=rfc822(date)).is_unchanged(second, now) or is_unchanged


@given(INSTANTS, st.timedeltas(timedelta(seconds=1), timedelta(days=1)))
def test_an_answer_a_second_after_the_change_contains_it(changed: datetime, after: timedelta) -> None:
    modified = changed + after
    date = rfc822(last_modified(changed, modified))
    assert conditions_of(if_modified_since=date).is_unchanged(changed, modified)
