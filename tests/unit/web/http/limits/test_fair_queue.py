"""Callers share a queue fairly, by the duration of their jobs; the tests use no clock."""

import pytest

from kb.web.http.limits.fair_queue import Caller, CallerFull, FairQueue, Group, QueueFull, QueueLimits

LOCAL = Caller("", Group.MACHINE)
CLAIRE = Caller("claire", Group.USER)
ONE = QueueLimits(slots=1, running=1, waiting=300, total=400)
FIVE = QueueLimits(slots=5, running=2, waiting=300, total=400)


def a_queue(limits: QueueLimits = ONE, **jobs: int) -> FairQueue[str]:
    """A queue with this many jobs of each caller, those of the first caller first."""
    queue: FairQueue[str] = FairQueue(limits)
    for caller, number in jobs.items():
        for _ in range(number):
            queue.add(Caller(caller), caller)
    return queue


def served(queue: FairQueue[str], number: int, seconds: dict[str, float]) -> str:
    """The callers of the next jobs, one at a time; a job takes its caller's number of seconds."""
    order = ""
    for _ in range(number):
        job = queue.start()
        assert job is not None
        order += job
        queue.end(Caller(job), seconds[job])
    return order


def test_callers_take_turns_whatever_the_number_of_their_jobs() -> None:
    queue = a_queue(A=300, B=3, C=2)
    assert served(queue, 10, {"A": 1, "B": 1, "C": 1}) == "ABCABCABAA"


def test_a_newcomer_is_served_next_beside_300_jobs_of_another_caller() -> None:
    queue = a_queue(A=300)
    assert served(queue, 100, {"A": 0.2}) == "A" * 100
    queue.add(Caller("B"), "B")
    assert served(queue, 3, {"A": 0.2, "B": 0.2}) == "BAA"


def test_turns_are_charged_by_time_and_not_by_number() -> None:
    queue = a_queue(A=200, B=200)
    order = served(queue, 110, {"A": 1.0, "B": 0.1})
    assert order.count("A") == 10
    assert order.count("B") == 100


def test_an_idle_caller_saves_up_no_service() -> None:
    queue = a_queue(A=300, B=1)
    served(queue, 100, {"A": 1, "B": 1})
    for _ in range(50):
        queue.add(Caller("B"), "B")
    # B had one job while A had 99: from now on they alternate, and B does not catch up.
    assert served(queue, 10, {"A": 1, "B": 1}).count("B") <= 6


def test_service_without_competition_is_not_charged() -> None:
    queue = a_queue(A=100)
    served(queue, 100, {"A": 10})
    for _ in range(5):
        queue.add(Caller("B"), "B")
        queue.add(Caller("A"), "A")
    assert served(queue, 10, {"A": 1, "B": 1}).count("A") == 5


def test_consecutive_requests_of_a_caller_are_charged_each() -> None:
    queue = a_queue(B=100)
    order = ""
    for _ in range(40):
        if "A" not in order or order[-1] == "A":
            queue.add(Caller("A"), "A")
        order += served(queue, 1, {"A": 4.0, "B": 1.0})
    assert order.count("A") <= 10


def test_a_caller_leaves_slots_to_others() -> None:
    queue = a_queue(FIVE, A=10, B=10, C=10)
    # Five slots, the last of which is reserved for other groups.
    assert [queue.start() for _ in range(4)] == ["A", "B", "C", None]
    queue.add(Caller("D"), "D")
    assert [queue.start(), queue.start()] == ["D", None]
    alone = a_queue(FIVE, A=10)
    assert [alone.start() for _ in range(3)] == ["A", "A", None]
    alone.add(Caller("B"), "B")
    alone.add(Caller("B"), "B")
    assert [alone.start(), alone.start()] == ["B", None]
    alone.add(Caller("C"), "C")
    assert [alone.start(), alone.start()] == ["C", None]
    alone.end(Caller("A"), 1.0)
    alone.add(Caller("D"), "D")
    assert alone.start() == "D"


def test_too_many_jobs_of_one_caller_are_refused_and_those_of_others_are_not() -> None:
    queue: FairQueue[str] = FairQueue(QueueLimits(slots=1, running=1, waiting=3, total=5))
    for _ in range(3):
        queue.add(Caller("A"), "A")
    with pytest.raises(CallerFull):
        queue.add(Caller("A"), "A")
    queue.add(Caller("B"), "B")
    queue.add(Caller("B"), "B")
    with pytest.raises(QueueFull):
        queue.add(Caller("B"), "B")
    assert queue.start() == "A"
    queue.add(Caller("B"), "B")


def test_an_unlimited_caller_may_have_all_places_but_still_takes_turns() -> None:
    queue: FairQueue[str] = FairQueue(FIVE)
    for _ in range(5):
        queue.add(LOCAL, "local")
    assert [queue.start() for _ in range(5)] == ["local"] * 4 + [None]
    queue.add(Caller("A"), "A")
    queue.end(LOCAL, 1.0)
    assert queue.start() == "A"


def test_a_job_that_is_cancelled_is_not_served() -> None:
    queue: FairQueue[str] = FairQueue(ONE)
    for job in ("a1", "a2"):
        queue.add(Caller("A"), job)
    assert queue.cancel(Caller("A"), "a1")
    assert not queue.cancel(Caller("A"), "a1")
    assert not queue.cancel(Caller("B"), "b1")
    assert queue.start() == "a2"
    assert not queue.cancel(Caller("A"), "a2")
    queue.end(Caller("A"), 0.0)
    assert queue.start() is None
    assert (queue.running, queue.waiting) == (0, 0)


def test_callers_without_requests_are_dropped() -> None:
    queue: FairQueue[str] = FairQueue(ONE)
    for number in range(20_000):
        queue.add(Caller(f"caller {number}"), f"caller {number}")
        served(queue, 1, {f"caller {number}": 0.0})
    assert len(queue._groups[Group.NETWORK].callers) < 3_000


def test_users_have_half_of_the_service_beside_a_flood_from_a_hundred_addresses() -> None:
    queue: FairQueue[str] = FairQueue(ONE)
    for number in range(300):
        queue.add(Caller(f"address {number % 100}"), f"address {number % 100}")
    for _ in range(50):
        queue.add(CLAIRE, "claire")
    order = []
    for _ in range(100):
        job = queue.start()
        assert job is not None
        order.append(job)
        queue.end(CLAIRE if job == "claire" else Caller(job), 1.0)
    assert order.count("claire") == 50
    assert "claire" in order[:2]


def test_a_group_leaves_the_last_number_and_a_queue_of_its_own_to_the_other_group() -> None:
    queue: FairQueue[str] = FairQueue(QueueLimits(slots=4, running=2, waiting=3, total=5))
    for number in range(5):
        queue.add(Caller(f"address {number}"), f"address {number}")
    with pytest.raises(QueueFull):
        queue.add(Caller("address 5"), "address 5")
    assert [queue.start() for _ in range(4)] == ["address 0", "address 1", "address 2", None]
    queue.add(CLAIRE, "claire")
    assert [queue.start(), queue.start()] == ["claire", None]
