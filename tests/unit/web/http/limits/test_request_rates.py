"""Rate limits of pages, with a fake clock."""

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

import kb.web.http.limits.request_rates
from kb.access.actor import ANONYMOUS, Actor
from kb.errors import RateLimited, Unavailable
from kb.web.http.limits.request_rates import RateLimiter, caller_key
from tests.support.stopped_clock import StoppedClock


def allowed(rates: RateLimiter, caller: str, times: int, path: str = "") -> int:
    """The number of these requests that are allowed."""
    count = 0
    for _ in range(times):
        try:
            rates.count(caller, path)
        except RateLimited:
            continue
        count += 1
    return count


def test_as_many_at_once_as_in_a_minute_then_one_as_each_part_passes() -> None:
    clock = StoppedClock()
    rates = RateLimiter(60, clock)
    assert allowed(rates, "a", 100) == 60
    assert allowed(rates, "b", 100) == 60
    clock.now += 1.001
    assert allowed(rates, "a", 100) == 1
    clock.now += 59
    assert allowed(rates, "a", 100) == 59


def test_a_refused_request_is_not_counted_and_gets_a_retry_time() -> None:
    clock = StoppedClock()
    rates = RateLimiter(6, clock)
    assert allowed(rates, "a", 1000) == 6
    with pytest.raises(RateLimited) as refused:
        rates.count("a")
    assert refused.value.wait == pytest.approx(10)
    clock.now += refused.value.wait
    rates.count("a")


def test_suggestions_weigh_less() -> None:
    assert allowed(RateLimiter(10, StoppedClock()), "a", 100, "/suggest") == 40


def test_without_a_limit_no_caller_is_counted() -> None:
    assert allowed(RateLimiter(0, StoppedClock()), "a", 10_000) == 10_000
    assert allowed(RateLimiter(1, StoppedClock()), "", 1000) == 1000


def test_many_more_callers_than_are_counted_take_little_memory() -> None:
    clock = StoppedClock()
    rates = RateLimiter(2, clock)
    for number in range(4 * kb.web.http.limits.request_rates.MOST_COUNTED_CALLERS):
        clock.now += 1e-6
        rates.count(f"2001:db8:{number:x}::/64")
    assert len(rates._full_at) <= kb.web.http.limits.request_rates.MOST_COUNTED_CALLERS
    assert sys.getsizeof(rates._full_at) < 5_000_000
    # A caller that sends requests all the time is not dropped when many others send one each.
    assert allowed(rates, "busy", 5) == 2
    for number in range(kb.web.http.limits.request_rates.MOST_COUNTED_CALLERS - 1):
        rates.count(f"192.0.2.{number}")
    assert allowed(rates, "busy", 5) == 0


def test_many_threads_get_no_more_than_one_thread() -> None:
    rates = RateLimiter(500, StoppedClock())
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lambda _: allowed(rates, "a", 200), range(8))) == 500


@pytest.mark.parametrize(
    ("client", "caller"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("127.0.0.1", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("testclient", ""),
        ("", ""),
        ("203.0.113.5, 192.0.2.1", ""),
    ],
)
def test_an_anonymous_caller_is_a_network(client: str, caller: str) -> None:
    assert caller_key(ANONYMOUS, client) == caller


def test_a_person_is_one_wherever_they_are_and_their_programs_another() -> None:
    claire = Actor("u-claire", ())
    assert caller_key(claire, "203.0.113.5") == caller_key(claire, "2001:db8::1") == "u-claire"
    assert caller_key(claire, "127.0.0.1") == ""
    assert caller_key(claire, "203.0.113.5", by_token=True) not in {"u-claire", caller_key(ANONYMOUS, "203.0.113.5")}


class Counters:
    """Counters shared by workers, in used seconds."""

    def __init__(self) -> None:
        self.used: dict[str, float] = {}
        self.calls = 0

    def __call__(self, used: Mapping[str, float]) -> Mapping[str, float]:
        self.calls += 1
        for caller, seconds in used.items():
            self.used[caller] = min(60.0, self.used.get(caller, 0.0) + seconds)
        return {caller: self.used[caller] for caller in used}


def test_workers_share_what_a_busy_caller_has_used() -> None:
    clock, counters = StoppedClock(), Counters()
    first, other = RateLimiter(60, clock), RateLimiter(60, clock)
    assert allowed(first, "a", 50) == 50
    first.share(counters)
    # The other worker learns of it when it has counted a tenth of the limit itself.
    assert allowed(other, "a", 6) == 6
    other.share(counters)
    assert allowed(other, "a", 100) == 4
    other.share(counters)
    assert allowed(first, "a", 6) == 6
    first.share(counters)
    assert allowed(first, "a", 100) == 0
    assert allowed(first, "b", 100) == 60
    clock.now += 5.001
    assert allowed(other, "a", 100) == 5


def test_a_caller_who_becomes_busy_calls_for_an_exchange_once() -> None:
    clock, calls = StoppedClock(), list[float]()
    rates = RateLimiter(60, clock)
    rates.on_busy = lambda: calls.append(clock.now)
    assert allowed(rates, "a", 5) == 5
    # Five requests of an earlier minute are forgotten, so that a slow caller never becomes busy.
    clock.now += 61
    assert allowed(rates, "a", 5) == 5
    assert calls == []
    assert allowed(rates, "a", 20) == 20
    assert calls == [clock.now]


def test_callers_who_are_not_busy_cost_no_exchange() -> None:
    clock, counters = StoppedClock(), Counters()
    rates = RateLimiter(60, clock)
    for _ in range(20):
        assert allowed(rates, "a", 5) == 5
        rates.share(counters)
        clock.now += 61
        rates.share(counters)
    assert counters.calls == 0
    assert allowed(rates, "a", 6) == 6
    rates.share(counters)
    rates.share(counters)
    assert counters.calls == 1


def test_a_worker_goes_on_alone_while_the_database_is_away() -> None:
    def unavailable(_used: Mapping[str, float]) -> Mapping[str, float]:
        raise Unavailable("The database does not answer.")

    rates = RateLimiter(60, StoppedClock())
    assert allowed(rates, "a", 30) == 30
    rates.share(unavailable)
    assert allowed(rates, "a", 100) == 30
