"""One writer at a time, across the threads of a process and across processes.

SQLite's own waiting retries without a queue, so that under several writers some time out. Here writers wait for a
kernel lock, which is released if its process dies. All stores of a process on one file share one lock.
"""

import fcntl
import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kb.errors import Unavailable


class FairLock:
    """A lock that threads get in the order in which they asked. With an ordinary lock, some threads wait very long."""

    __slots__ = ("_guard", "_is_held", "_waiting")

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._is_held = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._is_held:
                self._is_held = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()
        except BaseException:
            self._give_up(turn)
            raise

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                # The lock is handed over and never released between, so that no other thread can take it.
                self._waiting.popleft().release()
            else:
                self._is_held = False

    def _give_up(self, turn: threading.Lock) -> None:
        with self._guard:
            if turn in self._waiting:
                self._waiting.remove(turn)
                return
        # The turn came while the wait was interrupted: pass it on.
        self.__exit__()


class WriteLock:
    """The right to write to one database."""

    __slots__ = ("_file", "_owner", "_path", "_threads")

    def __init__(self, file: Path | None) -> None:
        self._path = file
        self._threads = FairLock()
        self._owner: int | None = None
        self._file: int | None = None

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock. Raises RuntimeError if this thread holds it already, because it would wait for ever."""
        if self._owner == threading.get_ident():
            raise RuntimeError("a write transaction was opened inside another one, in the same thread")
        with self._threads:
            self._owner = threading.get_ident()
            try:
                self._file = self._locked_file()
                yield
            finally:
                self._owner = None
                if self._file is not None:
                    os.close(self._file)
                    self._file = None

    def _locked_file(self) -> int | None:
        if self._path is None:
            return None
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise Unavailable("The database cannot be written: its folder is read-only, full or missing.") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
        except BaseException:
            os.close(file)
            raise
        return file

    def pause(self) -> bool:
        """Wait until no other thread writes, and let none begin; return whether `resume` must be called."""
        if self._owner == threading.get_ident():
            return False
        self._threads.__enter__()
        return True

    def resume(self) -> None:
        """Let threads write again."""
        self._threads.__exit__()

    def renew(self) -> None:
        """Give the new child process a lock that no thread holds."""
        if self._file is not None:
            # The child shares its parent's open file: left open, it would hold the lock after the parent's death.
            os.close(self._file)
        self._threads = FairLock()
        self._owner = self._file = None


_LOCKS: dict[str, WriteLock] = {}


def write_lock_of(database: str, file: Path | None) -> WriteLock:
    """The one lock of this process for a database. `file` is the lock of other processes, unless its server has one."""
    # One atomic step of a plain dictionary, for threads that open the same database together.
    return _LOCKS.setdefault(database, WriteLock(file))


def all_locks() -> list[WriteLock]:
    """Every lock of this process."""
    return list(_LOCKS.values())
