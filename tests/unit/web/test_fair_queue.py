"""Callers share a queue fairly, by the time that their jobs took; no clock is asked."""

import pytest

from kb.web.fair_queue import CallerFull, FairQueue, Limits, QueueFull

ONE = Limits(places=1, running=1, waiting=300, total=400)
FOUR = Limits(places=4, running=2, waiting=300, total=400)


def a_queue(limits: Limits = ONE, **jobs: int) -> FairQueue[str]:
    """A queue in which so many jobs of each caller wait, those of the first caller first."""
    queue: FairQueue[str] = FairQueue(limits)
    for caller, number in jobs.items():
        for _ in range(number):
            queue.add(caller, caller)
    return queue


def served(queue: FairQueue[str], number: int, seconds: dict[str, float]) -> str:
    """The callers of the next jobs, one at a time; a job takes the seconds of its caller."""
    order = ""
    for _ in range(number):
        job = queue.start()
        assert job is not None
        order += job
        queue.end(job, seconds[job])
    return order


def test_callers_take_turns_whatever_the_number_of_their_jobs() -> None:
    queue = a_queue(A=300, B=3, C=2)
    assert served(queue, 10, {"A": 1, "B": 1, "C": 1}) == "ABCABCABAA"


def test_a_newcomer_is_served_next_beside_300_jobs_of_another_caller() -> None:
    queue = a_queue(A=300)
    assert served(queue, 100, {"A": 0.2}) == "A" * 100
    queue.add("B", "B")
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
        queue.add("B", "B")
    # B had one job while A had 99: it takes turns with A from now on, and does not catch up.
    assert served(queue, 10, {"A": 1, "B": 1}).count("B") <= 6


def test_a_caller_owes_nothing_for_service_that_nobody_else_wanted() -> None:
    queue = a_queue(A=100)
    served(queue, 100, {"A": 10})
    for _ in range(5):
        queue.add("B", "B")
        queue.add("A", "A")
    assert served(queue, 10, {"A": 1, "B": 1}).count("A") == 5


def test_a_caller_who_asks_one_thing_after_the_other_is_charged_for_each() -> None:
    queue = a_queue(B=100)
    order = ""
    for _ in range(40):
        if "A" not in order or order[-1] == "A":
            queue.add("A", "A")
        order += served(queue, 1, {"A": 4.0, "B": 1.0})
    assert order.count("A") <= 10


def test_one_caller_leaves_places_to_others() -> None:
    queue = a_queue(FOUR, A=10, B=10, C=10)
    # Four places: A and B have two and one, the last one is for a caller who has none.
    assert [queue.start() for _ in range(3)] == ["A", "B", "C"]
    alone = a_queue(FOUR, A=10)
    assert [alone.start() for _ in range(3)] == ["A", "A", None]
    alone.add("B", "B")
    alone.add("B", "B")
    assert [alone.start(), alone.start()] == ["B", None]
    alone.add("C", "C")
    assert [alone.start(), alone.start()] == ["C", None]
    alone.end("A", 1.0)
    alone.add("D", "D")
    assert alone.start() == "D"


def test_too_many_jobs_of_one_caller_are_refused_and_those_of_others_are_not() -> None:
    queue: FairQueue[str] = FairQueue(Limits(places=1, running=1, waiting=3, total=5), frozenset({"local"}))
    for _ in range(3):
        queue.add("A", "A")
    with pytest.raises(CallerFull):
        queue.add("A", "A")
    queue.add("local", "local")
    queue.add("local", "local")
    with pytest.raises(QueueFull):
        queue.add("B", "B")
    assert queue.start() == "A"
    queue.add("B", "B")


def test_an_unlimited_caller_may_have_all_places_but_still_takes_turns() -> None:
    queue: FairQueue[str] = FairQueue(FOUR, frozenset({"local"}))
    for _ in range(5):
        queue.add("local", "local")
    assert [queue.start() for _ in range(5)] == ["local"] * 4 + [None]
    queue.add("A", "A")
    queue.end("local", 1.0)
    assert queue.start() == "A"


def test_a_job_that_is_cancelled_is_not_served() -> None:
    queue: FairQueue[str] = FairQueue(ONE)
    for job in ("a1", "a2"):
        queue.add("A", job)
    assert queue.cancel("A", "a1")
    assert not queue.cancel("A", "a1")
    assert not queue.cancel("B", "b1")
    assert queue.start() == "a2"
    assert not queue.cancel("A", "a2")
    queue.end("A", 0.0)
    assert queue.start() is None
    assert (queue.running, queue.waiting) == (0, 0)


def test_callers_who_have_gone_are_forgotten() -> None:
    queue: FairQueue[str] = FairQueue(ONE)
    for number in range(20_000):
        queue.add(f"caller {number}", f"caller {number}")
        served(queue, 1, {f"caller {number}": 0.0})
    assert len(queue._callers) < 3_000
