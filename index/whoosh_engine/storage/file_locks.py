"""Locks between threads and processes. The operating system releases the locks of a process that dies.

A lock belongs to an open file. It is released when the file is closed or when no reference to it is left, so an
interrupt between any two steps leaves no lock behind.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from index.engine import Busy

PATIENCE = 1.0
"""Seconds to wait for another writer."""
STEP = 0.005


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Hold the lock of this file. Raises Busy when another holds it for longer than `PATIENCE`."""
    with path.open("ab") as file:
        end = time.monotonic() + PATIENCE
        while not _locked(file):
            if time.monotonic() > end:
                raise Busy("Somebody else is writing this index.")
            time.sleep(STEP)
        yield


def try_lock(path: Path) -> BinaryIO | None:
    """The lock of this file, held while the returned file is open; None if another process or thread holds it."""
    file = path.open("ab")
    if _locked(file):
        return file
    file.close()
    return None


def is_locked(path: Path) -> bool:
    """Whether the lock of this file is held."""
    file = try_lock(path)
    if file is None:
        return True
    file.close()
    return False


def _locked(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
