"""Processor time of this thread, relative to the present speed of the machine."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

REFERENCE = 0.004
"""Seconds that the reference loop takes on the machine for which the limits are chosen."""


def cpu_seconds(work: Callable[[], object]) -> float:
    """The processor time of this thread for some work."""
    start = time.thread_time()
    work()
    return time.thread_time() - start


def slowness() -> float:
    """How many times slower this machine is now than REFERENCE; 1 if it is faster.

    The slowest of several tries: where other processes use the cores, the speed halves and doubles within a second.
    """

    def loop() -> None:
        total = 0
        for number in range(100_000):
            total += number & 7

    return max(1.0, *(cpu_seconds(loop) / REFERENCE for _ in range(5)))


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
    """Fail if the block takes more processor time of this thread than that on the machine of REFERENCE."""
    before = slowness()
    with collector_off():
        start = time.thread_time()
        yield
        taken = time.thread_time() - start
    most = seconds * max(before, slowness())
    assert taken < most, f"It took {taken:.2f} s of processor time, and may take {most:.2f} s."
