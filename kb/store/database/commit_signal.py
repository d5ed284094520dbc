"""Wake the threads and processes that wait for commits, so that none of them polls the database.

A listener has a named pipe (FIFO) in a folder beside the database file; a commit writes a byte into each pipe of that
folder. A killed process needs no cleanup: the next writer removes a pipe that has no reader. The signal is a hint: a
program that writes to the database without it wakes nobody, so a listener also looks at the database by itself after
`longest` seconds.
"""

import errno
import os
import secrets
import select
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

POLL = 0.05
"""Seconds between two looks at the database where no pipe can be made (a full disk, a file system without pipes)."""
_SOME = 4096
_UNFINISHED = "."
"""First character of the name of a pipe that has no reader yet."""


class Stop(Protocol):
    """The stop signal of a loop, for example a `threading.Event` or `multiprocessing.Event`."""

    def is_set(self) -> bool: ...
    def wait(self, timeout: float) -> bool: ...


class Listener(Protocol):
    """A listener for commits of this process and of others. A context manager, for one thread only."""

    signals: int
    """How many waits a commit has ended."""

    def wait(self, stop: Stop, longest: float, shortest: float = 0.0) -> bool:
        """Wait for a commit since the last wait; return True if there was one: see `CommitListener`."""

    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class CommitListener:
    """A listener for commits of this process and of others. A context manager, for one thread only."""

    __slots__ = ("_folder", "_path", "_pipe", "_returned", "signals")

    def __init__(self, database: Path) -> None:
        self.signals = 0
        """How many waits a commit has ended."""
        self._returned = 0.0
        self._folder = _folder(database)
        self._path: Path | None
        self._pipe: int | None
        self._path, self._pipe = _new_pipe(self._folder)

    def wait(self, stop: Stop, longest: float, shortest: float = 0.0) -> bool:
        """Wait for a commit since the last wait; return True if there was one.

        The wait takes `longest` seconds at most. A commit ends it at once, but not earlier than `shortest` seconds
        after the end of the last wait, so that the caller does not look at the database for each of many small
        commits. `stop` ends it too, if `wake_listeners` is called after it is set.
        """
        if self._pipe is None:
            stop.wait(min(longest, max(shortest, POLL)))
            # The caller looks at the database now, so no commit from before the pipe existed is missed.
            self._path, self._pipe = _new_pipe(self._folder)
            return False
        is_signalled = _is_readable(self._pipe, stop, longest)
        if is_signalled:
            self.signals += 1
            rest = self._returned + shortest - time.monotonic()
            if rest > 0:
                stop.wait(rest)
            # A commit from here on ends the next wait, because the caller looks at the database only now.
            with suppress(BlockingIOError):
                while len(os.read(self._pipe, _SOME)) == _SOME:
                    pass
        self._returned = time.monotonic()
        return is_signalled

    def close(self) -> None:
        """Remove the pipe."""
        if self._path is not None and self._pipe is not None:
            _remove(self._path)
            os.close(self._pipe)
            self._path = self._pipe = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def wake_listeners(database: Path) -> None:
    """End the wait of every listener of a database. It never fails and never blocks."""
    try:
        pipes = list(_folder(database).iterdir())
    except OSError:
        return
    for pipe in pipes:
        if not pipe.name.startswith(_UNFINISHED) and not _write_byte(pipe):
            _remove(pipe)


def _is_readable(pipe: int, stop: Stop, longest: float) -> bool:
    # The caller of `wake_listeners` sets `stop` first: it is seen either here or by the pipe.
    return not stop.is_set() and bool(select.select([pipe], [], [], longest)[0])


def _write_byte(path: Path) -> bool:
    """Write a byte. False if the pipe has no reader, because its process was killed."""
    try:
        pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return error.errno != errno.ENXIO
    # A full pipe wakes its reader too.
    with suppress(OSError):
        os.write(pipe, b"\n")
    os.close(pipe)
    return True


def _remove(pipe: Path) -> None:
    """Remove a pipe, and its folder if there is no other listener."""
    with suppress(OSError):
        pipe.unlink()
    with suppress(OSError):
        pipe.parent.rmdir()


def _folder(database: Path) -> Path:
    return database.with_name(f"{database.name}.listeners")


def _new_pipe(folder: Path) -> tuple[Path, int] | tuple[None, None]:
    """Make a pipe that this process reads. The reader opens before a writer can see the pipe and remove it."""
    name = secrets.token_hex(8)
    unfinished, path = folder / f"{_UNFINISHED}{name}", folder / name
    try:
        folder.mkdir(exist_ok=True)
        # Another listener may have removed the folder when it ended: the next wait tries again.
        os.mkfifo(unfinished)
        # Open for writing too: a pipe without any writer is at its end, which would wake its reader for ever.
        pipe = os.open(unfinished, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        unfinished.rename(path)
    except OSError:
        with suppress(OSError):
            unfinished.unlink()
        return None, None
    return path, pipe
