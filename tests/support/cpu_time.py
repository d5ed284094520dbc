"""Processor time of this thread, relative to the present speed of the machine."""

import gc
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def _add_numbers() -> None:
    total = 0
    for number in range(100_000):
        total += number & 7


def _join_words() -> None:
    together = "".join([f"{number} " for number in range(20_000)])
    re.sub(r"\s", lambda match: f"<{match[0]}>", together).split("<")


REFERENCES = ((_add_numbers, 0.0023), (_join_words, 0.0047))
"""Loops, and the seconds that each takes on the machine for which the limits are chosen: one that the processor limits,
and one that the memory limits, which other processes can slow down alone.
"""


def cpu_seconds(work: Callable[[], object]) -> float:
    """The processor time of this thread for some work."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def slowness() -> float:
    """How many times slower this machine is now than that of REFERENCES; 1 if it is faster.

    The slowest of several tries: where other processes use the cores, the speed halves and doubles within a second.
    """
    return max(1.0, *(cpu_seconds(loop) / seconds for _ in range(5) for loop, seconds in REFERENCES))


@contextmanager
def collector_off() -> Iterator[None]:
    """Turn garbage collection off: its cost depends on the objects of other tests in this process."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def cpu_seconds_at_most(seconds: float) -> Iterator[None]:
    """Fail if the block takes more processor time of this thread than that on the machine of REFERENCES."""
    before = slowness()
    with collector_off():
        start = time.thread_time()
        yield
        taken = time.thread_time() - start
    most = seconds * max(before, slowness())
    assert taken < most, f"It took {taken:.2f} s of processor time, and may take {most:.2f} s."
