"""The age of the oldest change that an index lacks."""

import pytest

from kb.services.core.library import IndexLag, StandbyTime
from tests.support.stopped_clock import StoppedClock


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def lag(clock: StoppedClock) -> IndexLag:
    return IndexLag(clock)


def test_an_index_that_has_everything_does_not_lag(lag: IndexLag, clock: StoppedClock) -> None:
    for _ in range(3):
        assert lag.seconds("base", 7, 7) == 0
        clock.now += 60


def test_an_index_that_stands_still_lags_from_the_first_look(lag: IndexLag, clock: StoppedClock) -> None:
    assert lag.seconds("base", 9, 7) == 0
    clock.now += 6
    assert lag.seconds("base", 12, 8) == 6
    clock.now += 6
    assert lag.seconds("base", 20, 8) == 12


def test_an_index_a_moment_behind_does_not_lag(lag: IndexLag, clock: StoppedClock) -> None:
    for number in range(100):
        assert lag.seconds("base", number + 1, number) == 0
        clock.now += 6


def test_an_index_that_has_caught_up_lags_no_more(lag: IndexLag, clock: StoppedClock) -> None:
    lag.seconds("base", 9, 7)
    clock.now += 60
    assert lag.seconds("base", 9, 8) == 60
    assert lag.seconds("base", 9, 9) == 0
    clock.now += 60
    assert lag.seconds("base", 10, 9) == 0


@pytest.mark.parametrize(("base", "newest"), [("another", 9), ("base", 5)])
def test_a_replaced_database_is_watched_again(lag: IndexLag, clock: StoppedClock, base: str, newest: int) -> None:
    lag.seconds("base", 9, 0)
    clock.now += 60
    assert lag.seconds(base, newest, 0) == 0
    clock.now += 2
    assert lag.seconds(base, newest, 0) == 2


def test_the_time_on_a_standby_begins_when_it_is_first_seen_and_ends_with_the_leader(clock: StoppedClock) -> None:
    standby = StandbyTime(clock)
    assert standby.seconds(is_standby=False) == 0
    clock.now += 100
    assert standby.seconds(is_standby=True) == 0
    clock.now += 5
    assert standby.seconds(is_standby=True) == 5
    assert standby.seconds(is_standby=False) == 0
    clock.now += 100
    assert standby.seconds(is_standby=True) == 0
