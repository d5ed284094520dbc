"""Allow one background process at a time, with a lock that is released when its process dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_leader_lock(data: Path) -> Iterator[bool]:
    """Whether this process is now the one that works behind, for as long as the block lasts.

    The lock belongs to the open file: a killed process lets go of it, and a file that is left behind holds nothing.
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
