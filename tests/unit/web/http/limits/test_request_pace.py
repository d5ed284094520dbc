"""Requests that come faster than the pace of their network are delayed; others are not."""

from kb.web.http.limits.request_pace import BURST, LONGEST_DELAY, MOST_CALLERS, REQUESTS_PER_SECOND, Pace
from tests.support.stopped_clock import StoppedClock


def test_so_many_pass_at_once_and_the_others_wait_a_little_longer_each() -> None:
    pace = Pace(StoppedClock())
    assert {pace.delay_of("203.0.113.5") for _ in range(BURST)} == {0.0}
    delays = [round(pace.delay_of("203.0.113.5") * REQUESTS_PER_SECOND) for _ in range(100)]
    assert delays == list(range(1, 101))
    assert pace.delay_of("198.51.100.7") == 0.0


def test_a_pause_gives_back_what_was_used() -> None:
    clock = StoppedClock()
    pace = Pace(clock)
    for _ in range(BURST + 50):
        pace.delay_of("203.0.113.5")
    clock.now += BURST / REQUESTS_PER_SECOND + 1
    assert {pace.delay_of("203.0.113.5") for _ in range(BURST)} == {0.0}


def test_no_request_waits_longer_than_the_longest_delay() -> None:
    clock = StoppedClock()
    pace = Pace(clock)
    assert max(pace.delay_of("203.0.113.5") for _ in range(10_000)) == LONGEST_DELAY
    clock.now += LONGEST_DELAY + BURST / REQUESTS_PER_SECOND
    assert pace.delay_of("203.0.113.5") == 0.0


def test_this_machine_is_not_paced() -> None:
    pace = Pace(StoppedClock())
    assert {pace.delay_of("") for _ in range(2 * BURST)} == {0.0}


def test_callers_are_counted_in_bounded_memory() -> None:
    pace = Pace(StoppedClock())
    for number in range(MOST_CALLERS + 10):
        pace.delay_of(str(number))
    assert len(pace._full_at) == MOST_CALLERS
