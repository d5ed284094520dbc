"""Temporary folders for results that are moved into place when complete. Folders of killed processes are removed."""

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_LEFTOVER_MIN_AGE = 60.0
"""Seconds in which a draft is left alone: its maker may not yet hold it."""


@contextmanager
def locked_temporary_folder(home: Path, name: str) -> Iterator[Path]:
    """A new hidden folder in `home`, deleted at the end with all that is still in it.

    A lock that is released when its process dies protects it; folders of killed processes with the same name are
    deleted here. Raises OSError if `home` cannot be written.
    """
    start = f".{name[:100]}.draft-"
    _remove_leftovers(home, start)
    folder = home / f"{start}{secrets.token_hex(4)}"
    folder.mkdir(mode=0o700)
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # Where locks do not work (some network disks), only the deletion is left out.
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield folder
        finally:
            os.close(handle)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_leftovers(home: Path, start: str) -> None:
    for path in home.iterdir() if home.is_dir() else ():
        if path.name.startswith(start) and path.is_dir() and not path.is_symlink():
            with suppress(OSError):
                _remove_leftover(path)


def _remove_leftover(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if time.time() - os.fstat(handle).st_mtime < _LEFTOVER_MIN_AGE:
            return
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)
