"""Run background tasks side by side. A task that fails is restarted after a pause, while the others go on.

Their state is a small file in the data folder, written by the one process that runs them, and replaced as a whole at
each change. A lock shows whether that process still runs: the operating system releases it, however the process ends.
"""

import fcntl
import json
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from kb.errors import FlorilegeError, ServerLost
from kb.model.task_health import BackgroundState, TaskState
from kb.services.core.library import Library
from kb.store.database.clock import timestamp_in, timestamp_now

RESTART_PAUSES = (1.0, 5.0, 15.0, 60.0)
"""Seconds before a failed task is restarted: longer after each failure in a row; the last value is then repeated."""
LONGEST_PAUSE_WITHOUT_SERVER = 5.0
"""Seconds, at most, before a task is restarted that could not reach the database server."""
JITTER = 0.25
"""The random part of a pause, longer or shorter, so that tasks do not fail in step."""
HEALTHY_SECONDS = 60.0
"""Seconds without a failure after which a task counts as healthy, and the next pause is the first one again."""
_LAST_PAUSE = 1.0
"""Seconds that a task has to end when all must stop: a task that waits for another machine is abandoned."""

_log = logging.getLogger(__name__)
_random = random.SystemRandom()
_FILE, _LOCK = "background-tasks.json", "background-tasks.lock"
_FIELDS = {field.name for field in fields(TaskState)}


class TaskStates:
    """The states of the tasks of this process. Threads may share it."""

    __slots__ = ("_file", "_guard", "_states")

    def __init__(self, file: Path, tasks: "Iterable[BackgroundTask]") -> None:
        self._file = file
        self._guard = threading.Lock()
        self._states = {task.name: TaskState(task.name, label=task.label) for task in tasks}
        self._write()

    def record_failure(self, name: str, error: BaseException, healthy_in: float) -> None:
        """Record that a task failed; it counts as healthy again after so many seconds without another failure."""
        with self._guard:
            now = timestamp_now()
            known = self._states.get(name, TaskState(name)).at(now)
            since, healthy_at = known.failing_since or now, timestamp_in(seconds=healthy_in)
            self._states[name] = replace(known, error=type(error).__name__, failing_since=since, healthy_at=healthy_at)
            self._write()

    def record_ended(self, name: str) -> None:
        """Record that a task ended by itself, because the settings leave it nothing to do."""
        with self._guard:
            self._states[name] = replace(self._states.get(name, TaskState(name)), is_off=True)
            self._write()

    def _write(self) -> None:
        unfinished = self._file.with_name(f"{self._file.name}.new")
        # On a full disk the previous state is shown: the tasks themselves must go on.
        with suppress(OSError):
            unfinished.write_text(json.dumps([asdict(state) for state in self._states.values()]), encoding="utf-8")
            unfinished.replace(self._file)


@contextmanager
def task_states(data: Path, tasks: "Iterable[BackgroundTask]") -> Iterator[TaskStates]:
    """The states of this process's tasks, which other processes can read as long as the block lasts."""
    with ExitStack() as stack:
        with suppress(OSError):
            lock = os.open(data / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            stack.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield TaskStates(data / _FILE, tasks)


def read_background_state(data: Path) -> BackgroundState:
    """The task states of the process that runs over a data folder, if there is one."""
    if not _is_locked(data / _LOCK):
        return BackgroundState(is_running=False)
    try:
        read = json.loads((data / _FILE).read_text(encoding="utf-8"))
        now = timestamp_now()
        return BackgroundState(True, tuple(TaskState(**fields).at(now) for fields in read if fields.keys() == _FIELDS))
    except (OSError, ValueError, TypeError, AttributeError):
        # Not written yet, because the disk is full.
        return BackgroundState(is_running=True)


def _is_locked(path: Path) -> bool:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # A shared lock: readers at the same time must not look like a process that runs the tasks.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """A task: `run` works until `stop` is set, and may raise any exception. `label` names it for administrators, in
    English.
    """

    name: str
    label: str
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
            pause = RESTART_PAUSES[min(failures, len(RESTART_PAUSES) - 1)]
            if isinstance(error, ServerLost):
                # Another server takes over soon, and then messages and pages should not wait for long.
                pause = min(pause, LONGEST_PAUSE_WITHOUT_SERVER)
            pause *= _random.uniform(1 - JITTER, 1 + JITTER)
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
