"""A temporary SQLite database for readers whose records name each other: in memory, or in a file without a name.

The file is opened before the process enters its sandbox, which afterwards opens none. It is deleted at once, so that
nothing is left of a process that is killed.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

LARGEST_SCRATCH_FILE = 4 << 30
"""Bytes; a Zotero library takes about as many as its own file has."""
_CACHED_KIB = 32 << 10
"""KiB of the file that stay in memory."""
_ON_DISK = "/var/tmp"  # noqa: S108 - a file of a random name, which is deleted at once
"""`/tmp` is in memory on many systems."""
_SETTINGS = f"""
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA locking_mode = EXCLUSIVE;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -{_CACHED_KIB};
BEGIN EXCLUSIVE;
CREATE TABLE opened(file);
"""
"""No other file is opened afterwards, not even for a moment."""


@contextmanager
def scratch_database(*, on_disk: bool) -> Iterator[sqlite3.Connection]:
    """An empty database within one transaction that never ends; in memory too where no folder can be written."""
    with ExitStack() as cleanup:
        path = _new_file() if on_disk else None
        if path is not None:
            cleanup.callback(path.unlink)
        database = sqlite3.connect(path or ":memory:", isolation_level=None)
        # The file is open from here on, and has its name no longer.
        with closing(database):
            database.executescript(_SETTINGS)
            cleanup.close()
            yield database


def _new_file() -> Path | None:
    """A new file in the first folder that can be written; None if there is none."""
    for folder in (os.environ.get("TMPDIR") or _ON_DISK, None):
        with suppress(OSError):
            handle, name = tempfile.mkstemp(prefix="kb-import-", dir=folder)
            os.close(handle)
            return Path(name)
    return None
