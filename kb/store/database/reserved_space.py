"""Reserve some disk space, to be used when the disk is full.

The first process that opens a database needs 32 KB beside it, even to read; a server that starts on a full disk would
find none. The lock file of the database, whose content has no meaning, is filled with these bytes.
"""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kb.own_files import RESERVE

_NOTHING = bytes(RESERVE)
_FULL = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)


def lock_file_path(base: Path) -> Path:
    """The lock file of a database."""
    return base.with_name(f"{base.name}.lock")


def reserve_space(base: Path) -> None:
    """Reserve the space that opening a database needs, so that it can be opened when the disk is full."""
    place = lock_file_path(base)
    with suppress(OSError):
        if place.stat().st_size < RESERVE:
            try:
                place.write_bytes(_NOTHING)
            except OSError:
                os.truncate(place, 0)


def open_with_reserved_space(base: Path, connect: Callable[[], sqlite3.Connection]) -> sqlite3.Connection:
    """Open a database; if the disk is full, give it the reserved space. `connect` reads something from it."""
    try:
        return connect()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _FULL or not _give_room(base):
            raise
    return connect()


def _give_room(base: Path) -> bool:
    place = lock_file_path(base)
    with suppress(OSError):
        # Leave another program's file of this name alone.
        if place.stat().st_size == RESERVE and place.read_bytes() == _NOTHING:
            os.truncate(place, 0)
            return True
    return False
