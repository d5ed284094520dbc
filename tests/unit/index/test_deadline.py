"""The deadline of a search."""

import time

import pytest

from index.engine import NO_END, OWN, Deadline, OutOfTime


def work(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_a_search_that_has_worked_for_too_long_is_given_up() -> None:
    deadline = Deadline(0.05)

    deadline.check()
    work(0.06)
    with pytest.raises(OutOfTime):
        deadline.check()


def test_a_search_that_was_kept_waiting_is_not_given_up_before_it_has_worked() -> None:
    deadline = Deadline(0.5)

    time.sleep(0.6)
    deadline.check()
    work(0.5 * OWN)
    with pytest.raises(OutOfTime):
        deadline.check()


def test_without_an_end_nothing_is_given_up() -> None:
    work(0.01)
    NO_END.check()
