"""One writer at a time, across threads and processes. The system frees the lock of a process that dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from index.engine import Busy

PATIENCE = 1.0
"""Seconds to wait for another writer."""
STEP = 0.02


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of this file. Raises Busy when another holds it for longer than `PATIENCE`."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        _wait(handle)
        yield
    finally:
        os.close(handle)


def _wait(handle: int) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise Busy("Somebody else is writing this index.") from None
            time.sleep(STEP)
        else:
            return
