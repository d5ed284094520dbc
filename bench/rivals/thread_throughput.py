"""Questions that an engine answers per second with several threads in one process."""

import time
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from threading import Barrier, Thread

from .answer import Rival
from .inputs import Question

NUMBERS = (1, 2, 8)


def throughput(rival: Rival, questions: Sequence[Question]) -> dict[int, float]:
    """Questions per second by number of threads. Each is run once; all were run once before, untimed."""
    for question in questions:
        rival.ask(question)
    return {number: len(questions) / _seconds(rival, questions, number) for number in NUMBERS}


def _seconds(rival: Rival, questions: Sequence[Question], number: int) -> float:
    waiting: SimpleQueue[Question] = SimpleQueue()
    for question in questions:
        waiting.put(question)
    ready = Barrier(number + 1)
    failures: list[Exception] = []

    def work() -> None:
        ready.wait()
        try:
            while True:
                rival.ask(waiting.get_nowait())
        except Empty:
            return
        except Exception as error:  # noqa: BLE001 - told by the thread that waits
            failures.append(error)

    threads = [Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - started
    if failures:
        raise failures[0]
    return seconds
