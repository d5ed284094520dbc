"""Forked processes: those of `kb serve`, and its workers if there are several.

`kb serve` imports what its children need before it forks them, so that they share its memory as long as none of them
changes it. It has one thread then. The process that forks workers has also loaded what all of them need, and opens
neither the database nor the index; they inherit its standard input, the pipe of the parent: when the parent ends, or
forks another such process because this one has died, the pipe is closed and they end.
"""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import IO

from kb.cli.server.process_supervisor import EXIT_GIVE_UP, STOP_SIGNALS, ChildProcess, ChildProcesses
from kb.freed_memory import return_freed_memory

_STEP = 0.02  # seconds between two looks whether a child has ended


@dataclass(slots=True)
class ForkedProcess:
    """A forked child, as `subprocess.Popen` would give it."""

    pid: int
    stdin: IO[bytes] | None = None
    _code: int | None = None

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        if self._code is None and (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            self._code = os.waitstatus_to_exitcode(ended[1])
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the exit code. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired((), timeout or 0.0)
            time.sleep(_STEP)
        return code

    def kill(self) -> None:
        """End it at once."""
        os.kill(self.pid, signal.SIGKILL)


def fork_with_pipe(work: Callable[[], int], close_siblings: Callable[[], None]) -> ForkedProcess:
    """Fork a process in a session of its own, whose standard input ends with this process and whose output is
    discarded. It calls `close_siblings` to let go of the pipes of this process's other children.
    """
    reading, writing = os.pipe()

    def begin() -> int:
        close_siblings()
        os.close(writing)
        nothing = os.open(os.devnull, os.O_WRONLY)
        for ours, standard in ((reading, 0), (nothing, 1)):
            os.dup2(ours, standard)
            os.close(ours)
        # Ctrl-C reaches only the parent, which lets the children finish.
        os.setsid()
        return work()

    process = _fork(begin)
    os.close(reading)
    process.stdin = os.fdopen(writing, "wb", buffering=0)
    return process


def fork_workers(numbers: Sequence[str], work: Callable[[str], int], on_restart: Callable[[str], None]) -> int:
    """Fork a worker for each number, and another one for each that dies, until the parent has ended or a worker gave
    up: the others end with the parent then. Returns an exit code.
    """
    prepare_to_fork()
    workers = ChildProcesses(
        tuple(ChildProcess("web", (number,)) for number in numbers),
        lambda child: _fork(partial(work, *child.arguments)),
        on_restart,
    )
    if workers.run(is_child=True):
        return EXIT_GIVE_UP
    workers.end()
    return 0


def prepare_to_fork() -> None:
    """Return free memory, and leave what is there out of garbage collections: these write into the objects that they
    look at, and a child would get copies of their pages.
    """
    return_freed_memory()
    gc.freeze()


def _fork(work: Callable[[], int]) -> ForkedProcess:
    """Fork a process that does this work and ends with its exit code. Nothing that this process has begun is finished
    there.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    pid = os.fork()
    if pid:
        return ForkedProcess(pid)
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (*STOP_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        code = work()
        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.current_thread():
                thread.join()
    except BaseException:  # noqa: BLE001 - the stack of the parent ends here
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
