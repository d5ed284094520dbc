"""The state of the background tasks: a small file in the data folder, written by the one process that runs them.

The file is replaced as a whole at each change. A lock shows whether that process still runs: the operating system
releases it, however the process ends.
"""

import fcntl
import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields, replace
from pathlib import Path

from kb.model.background_task import BackgroundState, TaskState
from kb.store.database.clock import timestamp_in, timestamp_now

_FILE, _LOCK = "background-tasks.json", "background-tasks.lock"
_FIELDS = {field.name for field in fields(TaskState)}


class TaskStates:
    """The states of the tasks of this process. Threads may share it."""

    __slots__ = ("_file", "_guard", "_states")

    def __init__(self, file: Path, names: Iterable[str]) -> None:
        self._file = file
        self._guard = threading.Lock()
        self._states = {name: TaskState(name) for name in names}
        self._write()

    def record_failure(self, name: str, error: BaseException, healthy_in: float) -> None:
        """Record that a task failed; it counts as healthy again after so many seconds without another failure."""
        with self._guard:
            now = timestamp_now()
            since = self._states.get(name, TaskState(name)).at(now).failing_since or now
            self._states[name] = TaskState(name, type(error).__name__, since, timestamp_in(seconds=healthy_in))
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
            unfinished.write_text(json.dumps([asdict(one) for one in self._states.values()]), encoding="utf-8")
            unfinished.replace(self._file)


@contextmanager
def task_states(data: Path, names: Iterable[str]) -> Iterator[TaskStates]:
    """The states of this process's tasks, which other processes can read as long as the block lasts."""
    lock = _open_lock(data)
    try:
        if lock is not None:
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield TaskStates(data / _FILE, names)
    finally:
        if lock is not None:
            os.close(lock)


def read_background_state(data: Path) -> BackgroundState:
    """The task states of the process that runs over a data folder, if there is one."""
    if not _is_locked(data / _LOCK):
        return BackgroundState(is_running=False)
    try:
        read = json.loads((data / _FILE).read_text(encoding="utf-8"))
        now = timestamp_now()
        return BackgroundState(True, tuple(TaskState(**one).at(now) for one in read if one.keys() == _FIELDS))
    except (OSError, ValueError, TypeError, AttributeError):
        # Not written yet, because the disk is full.
        return BackgroundState(is_running=True)


def _open_lock(data: Path) -> int | None:
    try:
        return os.open(data / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return None


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
