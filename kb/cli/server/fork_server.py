"""The process that forks the workers of `kb serve`, if there are several.

It has loaded what all workers need, so that they share its memory as long as none of them changes it. It has one
thread, and opens neither the database nor the index. Its workers inherit its standard input, the pipe of the parent:
when the parent ends, or starts another fork server because this one has died, the pipe is closed and they end.
"""

import gc
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kb.cli.server.process_supervisor import EXIT_GIVE_UP, ChildProcess, ChildProcesses
from kb.freed_memory import return_freed_memory

_STEP = 0.02  # seconds between two looks whether a worker has ended


class _InWorker(BaseException):
    """Leaves the loop of the fork server in a new worker, whose arguments it has."""


@dataclass(slots=True)
class _ForkedProcess:
    """A forked child, as `subprocess.Popen` would give it."""

    pid: int
    stdin: None = None
    _code: int | None = None

    def poll(self) -> int | None:
        if self._code is None and (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            self._code = os.waitstatus_to_exitcode(ended[1])
        return self._code

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if deadline is not None and time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired((), timeout or 0.0)
            time.sleep(_STEP)
        return code

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def fork_workers(numbers: Sequence[str], on_restart: Callable[[str], None]) -> str:
    """Fork a worker for each number, and another one for each that dies. Returns its number in each worker.

    In this process, raises SystemExit when the parent has ended, or when a worker gave up: the others end with the
    parent then.
    """
    return_freed_memory()
    # A collection writes into the objects that it looks at, and the worker gets copies of their pages.
    gc.freeze()
    workers = ChildProcesses(tuple(ChildProcess("web", (number,)) for number in numbers), _fork, on_restart)
    try:
        gave_up = workers.run(is_child=True)
    except _InWorker as worker:
        return str(worker)
    if gave_up:
        raise SystemExit(EXIT_GIVE_UP)
    workers.end()
    raise SystemExit


def _fork(child: ChildProcess) -> _ForkedProcess:
    pid = os.fork()
    if not pid:
        raise _InWorker(*child.arguments)
    return _ForkedProcess(pid)
