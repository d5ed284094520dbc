"""What on the disk is ours, by the marks that our files carry. Each function only reads: no file, mode or time changes.

A place where nothing is yet may become ours. A place that cannot be read is left to the program that opens it, whose
error says why.
"""

import os
import re
import stat
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

APPLICATION_ID = 0x466C6F72
"""The mark in the head of our SQLite files, `PRAGMA application_id`: the bytes “Flor”."""
RESERVE = 1 << 16
"""The size of the lock file beside a database, whose bytes are all zero."""
INDEX_FILES = frozenset({"current", "current.new", "generations", "writing.lock", "merging.lock"})
BACKGROUND_FILES = frozenset(
    {
        *("background.lock", "background-tasks.json", "background-tasks.lock"),
        *("subprocess-failures.json", "subprocess-failures.lock"),
    }
)
_DATA_FILES = BACKGROUND_FILES | {
    *("import-jobs", "metrics", "servers", "files", "index", "background-tasks.json.new"),
    *("erasure-merged.txt", "compared-generation.txt"),
}
MANIFEST = "manifest.json"
"""The first member of a backup."""
_OF_THE_SYSTEM = frozenset({"lost+found", ".cache"})
"""What lies in the root of a disk, and in the home of a user that never logs in."""
_MAGIC = b"SQLite format 3\0"
_HEAD = 100
_GENERATION = re.compile(r"[0-9]{1,9}-[0-9a-f]{8}")
_SHELF = re.compile(r"[0-9a-f]{2}")
_KEPT_FILE = re.compile(r"[0-9a-f]{62}")


def is_own_database(path: Path) -> bool:
    """Whether a file is a database of ours: it has our mark or, made by an older version, our tables.

    A file that is missing, empty or without tables may become one. One whose head is damaged is ours if our lock file
    lies beside it.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return False
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return True
    if not head:
        return True
    if not head.startswith(_MAGIC):
        return _has_our_lock_file(path)
    if int.from_bytes(head[68:72]) == APPLICATION_ID:
        return True
    tables = _table_names(path)
    if tables is None:
        return _has_our_lock_file(path)
    return not tables or {"alembic_version", "meta"} <= tables


def is_own_index(folder: Path) -> bool:
    """Whether a folder is an index of ours, or is missing or empty."""
    names = _names_in(folder) - _OF_THE_SYSTEM
    return names <= INDEX_FILES or any(map(_GENERATION.fullmatch, _names_in(folder / "generations")))


def is_own_file_store(folder: Path) -> bool:
    """Whether a folder holds files of ours, each under its SHA-256, or is missing or empty."""
    names = _names_in(folder) - _OF_THE_SYSTEM
    shelves = {name for name in names if _SHELF.fullmatch(name)}
    return names == shelves or any(any(map(_KEPT_FILE.fullmatch, _names_in(folder / name))) for name in shelves)


def is_own_backup(path: Path) -> bool:
    """Whether a file begins as our backups do, however it ends. False for a missing file."""
    try:
        with path.open("rb") as file:
            return has_manifest_first(file)
    except OSError:
        return False


def has_manifest_first(file: BinaryIO) -> bool:
    """Whether an open file is a zip whose first member is our manifest."""
    head = file.read(30 + len(MANIFEST))
    return head.startswith(b"PK\x03\x04") and head.endswith(MANIFEST.encode())


def is_own_data_folder(folder: Path, store: Path | None, paths: Iterable[Path]) -> bool:
    """Whether a data folder holds something that is certainly ours, or else nothing of others.

    `store` is the file of the database, if it is one; it, the index and the files of items (`places`) may lie in it.
    """
    names = _names_in(folder) - _OF_THE_SYSTEM
    if not names.isdisjoint(BACKGROUND_FILES):
        return True
    known = {own_path.relative_to(folder).parts[0] for own_path in paths if folder in own_path.parents} | _DATA_FILES
    database, index = (
        store if store is not None and store.parent == folder else folder / "store.sqlite3",
        folder / "index",
    )
    # Copies, locks and drafts lie beside a database.
    if all(name in known or name.removeprefix(".").startswith(database.name) for name in names):
        return True
    return (
        (bool(_names_in(index)) and is_own_index(index))
        or (database.exists() and is_own_database(database))
        or any(is_own_backup(folder / name) for name in names if name.endswith(".zip"))
    )


def _names_in(folder: Path) -> set[str]:
    """The names in a folder; none in one that is missing or cannot be read."""
    with suppress(OSError):
        return set(os.listdir(folder))  # noqa: PTH208 - the names are compared
    return set()


def _table_names(path: Path) -> set[str] | None:
    """The tables of a database, without its log; None if the file is damaged."""
    # Most databases carry the mark, and most commands start faster without this module.
    import sqlite3  # noqa: PLC0415

    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.Error:
        return None


def _has_our_lock_file(path: Path) -> bool:
    with suppress(OSError):
        lock = path.with_name(f"{path.name}.lock")
        return lock.stat().st_size == RESERVE and not any(lock.read_bytes())
    return False
