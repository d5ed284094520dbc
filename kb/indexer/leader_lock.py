"""Allow one background process at a time, with a lock that is released when its process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_leader_lock(data: Path) -> Iterator[bool]:
    """Try to take the lock of the background process; yields whether this process holds it, for the duration of the
    block.

    The lock belongs to the open file: the death of a process releases it, and a file that is left behind holds no lock.
    """
    data.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data / "background.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
