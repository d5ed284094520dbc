"""The processes of `kb serve` and of a large import: one parent, and children that never outlive it.

The standard input of each child is a pipe whose other end only the parent holds. However the parent ends, the pipe is
closed, and the child stops. A child that dies is started again, after a pause that grows while it keeps dying.
"""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from logging import WARNING, LogRecord
from pathlib import Path
from types import FrameType
from typing import IO, Protocol, Self

from kb.cli.console import print_error
from kb.settings import Settings
from kb.translation import Translator

EXIT_GIVE_UP = 3
"""The exit code of a child that said why it cannot work: it is not started again, and the parent ends."""
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PAUSES = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds before a dead child is started again
_STABLE_SECONDS = 30.0  # seconds after which a child counts as stable
_GRACE = 8.0  # seconds for children to finish their current work
_LOOK_EVERY = 5.0  # seconds: a dead child sends a signal; this is for a lost one
_ALLOCATION = {"MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1"}
"""The C library would keep freed memory apart for each thread; one computes at a time. Numpy would start threads
that nothing here uses, and a process with threads cannot be forked.
"""
_PACKAGES = Path(__file__).resolve().parents[3]


class Process(Protocol):
    """What a supervisor needs of `subprocess.Popen`."""

    @property
    def stdin(self) -> IO[bytes] | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...


@dataclass(slots=True)
class ChildProcess:
    """One role, and the process that has it at the moment."""

    name: str
    arguments: tuple[str, ...]
    process: Process | None = None
    started: float = 0.0
    next_start: float = 0.0
    death_count: int = 0


@dataclass(slots=True)
class ChildProcesses:
    """The children of this process. `start` makes a process. `on_restart` is called with the name of one that died."""

    children: tuple[ChildProcess, ...]
    start: Callable[[ChildProcess], Process]
    on_restart: Callable[[str], None]
    _is_stopping: bool = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Stop the children, with some time to finish their current work."""
        _end_processes([child.process for child in self.children if child.process is not None])

    def start_all(self) -> None:
        """Start the children. From here on a signal makes `run` end."""
        for number in STOP_SIGNALS:
            signal.signal(number, self._handle_stop_signal)
        for child in self.children:
            self._restart_child(child)

    def close_pipes(self) -> None:
        """Close our ends of the pipes, in a forked child: they tell its siblings that this process has ended."""
        for child in self.children:
            if child.process is not None:
                _close_pipe(child.process)

    def run(self, *, is_child: bool = False) -> int:
        """Keep the children running until this process is asked to stop, or, if it is a child, its parent ends. Returns
        an exit code.
        """
        with _signals() as signals:
            while not self._is_stopping:
                for child in self.children:
                    if self._restart_child(child):
                        return 1
                if _wait_for_signal(signals, self._until_next_start(), [0] if is_child else []):
                    self._is_stopping = True
        return 0

    def _until_next_start(self) -> float:
        """Seconds until the next restart of a dead child, or until the next regular check."""
        waiting = [child.next_start - time.monotonic() for child in self.children if child.process is None]
        return min([_LOOK_EVERY, *(max(0.0, seconds) for seconds in waiting)])

    def _handle_stop_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _restart_child(self, child: ChildProcess) -> bool:
        """Start the child if its process is dead; returns True if it reported that it cannot run."""
        now = time.monotonic()
        if child.process is not None:
            code = child.process.poll()
            if code is None:
                return False
            _close_pipe(child.process)
            child.process = None
            if code == EXIT_GIVE_UP:
                return True
            child.death_count = 0 if now - child.started > _STABLE_SECONDS else child.death_count + 1
            child.next_start = now + _PAUSES[min(child.death_count, len(_PAUSES) - 1)]
            self.on_restart(child.name)
        if now >= child.next_start:
            child.started = now
            child.process = self.start(child)
        return False


@contextmanager
def _signals() -> Iterator[int]:
    """A pipe that gets a byte for each signal, the end of a child among them. For the main thread."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    # By default this signal is ignored, and would write nothing into the pipe.
    ignored = signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    try:
        yield reading
    finally:
        signal.signal(signal.SIGCHLD, ignored)
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)


def _wait_for_signal(signals: int, seconds: float, parents: list[int]) -> bool:
    """Whether the parent, whose pipe this may be, has ended."""
    ready = select.select([signals, *parents], [], [], seconds)[0]
    if signals in ready:
        with suppress(BlockingIOError):
            os.read(signals, 4096)
    return any(parent in ready for parent in parents)


@dataclass(slots=True)
class HelperProcess:
    """One child that helps a command, started for a large enough task and ended with the block.

    Its output is discarded: the command does itself what a helper that ended has not done, and reports the reason.
    """

    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.process is not None:
            if kind is not None:
                # The command failed or was interrupted: do not wait for unfinished work.
                self.process.kill()
            _end_processes([self.process])

    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start the process, once."""
        if self.process is None:
            # A session of its own, so that Ctrl-C reaches only the parent, which lets the child finish.
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
                [sys.executable, "-P", "-m", "kb.cli.server.child_main", *self.arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=child_environment(self.environment),
                start_new_session=True,
            )


def _end_processes(processes: Sequence[Process]) -> None:
    """Stop all processes, with some time to finish their current work."""
    for process in processes:
        _close_pipe(process)
    deadline = time.monotonic() + _GRACE
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _close_pipe(process: Process) -> None:
    """Close our end of the child's pipe: it stops, if it still runs."""
    if process.stdin is not None:
        process.stdin.close()


def report_restart(settings: Settings, name: str) -> None:
    """Say on standard error that a child died, in the language and format of the settings."""
    line = Translator(settings.language).gettext("The process “%(name)s” ended; the server restarts it.", name=name)
    if settings.log_format == "json":
        from kb.cli.server.log_configuration import JsonFormatter  # noqa: PLC0415

        line = JsonFormatter().format(LogRecord(__name__, WARNING, __file__, 0, line, None, None))
    print_error(line)


def child_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child: ours, the settings, and the path of this package, which may not be installed."""
    own = () if _PACKAGES.name in {"site-packages", "dist-packages"} else (str(_PACKAGES),)
    paths = [*own, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    path = {"PYTHONPATH": os.pathsep.join(paths)} if paths else {}
    return {**_ALLOCATION, **os.environ, **settings, **path, "PYTHONSAFEPATH": "1"}


def call_when_parent_ends(callback: Callable[[], None], grace: float) -> None:
    """Call `callback` in a thread when the parent has ended, and end this process `grace` seconds later if it still
    runs.
    """

    def watch() -> None:
        while os.read(0, 4096):
            pass
        callback()
        time.sleep(grace)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
