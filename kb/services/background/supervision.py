"""Run background tasks side by side. A task that fails is restarted after a pause, while the others go on."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb.errors import FlorilegeError
from kb.services.background.task_states import TaskStates
from kb.services.core.library import Library

RESTART_PAUSES = (1.0, 5.0, 15.0, 60.0)
"""Seconds before a failed task is restarted: longer after each failure in a row; the last value is then repeated."""
JITTER = 0.25
"""The random part of a pause, longer or shorter, so that tasks do not fail in step."""
HEALTHY_SECONDS = 60.0
"""Seconds without a failure after which a task counts as healthy, and the next pause is the first one again."""
_LAST_PAUSE = 1.0
"""Seconds that a task has to end when all must stop: a task that waits for another machine is abandoned."""

_log = logging.getLogger(__name__)
_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """A name, and a function that runs until `stop` is set. It may raise any exception."""

    name: str
    run: Callable[[Library, threading.Event], None]


def run_tasks(tasks: Sequence[BackgroundTask], library: Library, stop: threading.Event, states: TaskStates) -> None:
    """Run all tasks until `stop` is set: the first one in this thread, each of the others in a thread of its own."""
    first, *others = tasks
    threads = [
        threading.Thread(target=supervise_task, args=(task, library, stop, states), name=task.name, daemon=True)
        for task in others
    ]
    for thread in threads:
        thread.start()
    supervise_task(first, library, stop, states)
    end = time.monotonic() + _LAST_PAUSE
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))


def supervise_task(task: BackgroundTask, library: Library, stop: threading.Event, states: TaskStates) -> None:
    """Run a task until `stop` is set, or until it ends by itself; restart it whenever it raises."""
    failures = 0
    while not stop.is_set():
        started = time.monotonic()
        try:
            task.run(library, stop)
        except Exception as error:  # noqa: BLE001 - whatever it is: the task is started again, and the log says why
            if time.monotonic() - started > HEALTHY_SECONDS:
                failures = 0
            pause = RESTART_PAUSES[min(failures, len(RESTART_PAUSES) - 1)] * _random.uniform(1 - JITTER, 1 + JITTER)
            failures += 1
            _log_failure(task.name, error, pause)
            states.record_failure(task.name, error, pause + HEALTHY_SECONDS)
            stop.wait(pause)
        else:
            if not stop.is_set():
                states.record_ended(task.name)
            return


def _log_failure(name: str, error: Exception, pause: float) -> None:
    line = "The background task “%s” failed and starts again in %.0f s"
    match error:
        case FlorilegeError():
            _log.warning(f"{line}: %s", name, pause, error)
        case OSError():
            # Only the system's message: the full text may contain a file name or an address.
            _log.warning(f"{line}: %s", name, pause, error.strerror or type(error).__name__)
        case _:
            _log.error(line, name, pause, exc_info=error)
