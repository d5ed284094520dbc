"""Convert driver errors (a full disk, a lock of another program, an existing value) to errors of the program."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import PendingRollbackError, StatementError

from kb.errors import Conflict, FlorilegeError, ServerLost, Unavailable

_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full: nothing was written. Make room, then try again.",
    sqlite3.SQLITE_IOERR: "The disk refuses to read or to write: nothing was written. Check it, then try again.",
    sqlite3.SQLITE_READONLY: "The database cannot be written: its folder is read-only, full or missing.",
    sqlite3.SQLITE_PERM: "The database cannot be written: its folder is read-only, full or missing.",
    sqlite3.SQLITE_CANTOPEN: "The database cannot be opened: check its address, its rights and its disk.",
    sqlite3.SQLITE_BUSY: "Another program holds the database: try again in a moment.",
    sqlite3.SQLITE_LOCKED: "Another program holds the database: try again in a moment.",
    sqlite3.SQLITE_CORRUPT: "The database is damaged: put a copy back in its place.",
    sqlite3.SQLITE_NOTADB: "This file is not a database.",
}

_UNREACHABLE = "The database server cannot be reached: try again in a moment."
_SERVER = {
    "08": _UNREACHABLE,
    "25": "The database server refuses to write: try again in a moment.",
    "28": "The database server refuses the user or the password: check KB_STORE_URL.",
    "3D": "There is no database of this name: create it, then “kb migrate” fills it.",
    "40": "Another program holds the database: try again in a moment.",
    "53": "The database server has no more room: nothing was written. Make room, then try again.",
    "55": "Another program holds the database: try again in a moment.",
    "57": _UNREACHABLE,
    "58": "The disk refuses to read or to write: nothing was written. Check it, then try again.",
}
"""A sentence for each class of PostgreSQL's error codes (SQLSTATE) that is no fault of the program."""

_TAKEN = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_ROWID")


def _ours(error: BaseException | None) -> FlorilegeError | None:
    match error:
        case FlorilegeError():
            return error
        case PendingRollbackError():
            # The code went on after it lost the server.
            return ServerLost(_UNREACHABLE)
        case sqlite3.IntegrityError() if error.sqlite_errorname in _TAKEN:
            return Conflict("There is already something with this name or this id.")
        case sqlite3.Error():
            # Errors of Python's own module have no code; the low byte of a code is its family.
            code = getattr(error, "sqlite_errorcode", 0)
            # A log whose index finds no room is an error of the disk in SQLite.
            sentence = _SENTENCES.get(sqlite3.SQLITE_FULL if code == sqlite3.SQLITE_IOERR_SHMSIZE else code & 0xFF)
            return Unavailable(sentence) if sentence else None
        case _ if type(error).__module__.startswith("psycopg"):
            names = {kind.__name__ for kind in type(error).__mro__}
            return _of_server(getattr(error, "sqlstate", None), names)
        case _:
            return None


def _of_server(code: str | None, names: set[str]) -> FlorilegeError | None:
    """The error for a code of PostgreSQL. A driver that has lost the server gives no code, but its own classes."""
    if code == "23505":
        return Conflict("There is already something with this name or this id.")
    if code is None:
        return ServerLost(_UNREACHABLE) if names & {"OperationalError", "InterfaceError"} else None
    sentence = _SERVER.get(code[:2])
    # 40001: a standby cancels a read that stands in the way of what it receives.
    if sentence is not None and (sentence == _UNREACHABLE or code == "40001"):
        return ServerLost(sentence)
    return Unavailable(sentence) if sentence else None


@contextmanager
def driver_errors_translated() -> Iterator[None]:
    """Convert driver errors (a full disk, a lock of another program, an existing value) to our exceptions."""
    try:
        yield
    except Exception as error:
        ours = _ours(error.orig if isinstance(error, StatementError) and error.orig else error)
        if ours is None or ours is error:
            raise
        raise ours from error


def transaction_given_up() -> Unavailable:
    """The error at the end of a transaction that SQLite ended, if the code ignored the first error."""
    return Unavailable(_SENTENCES[sqlite3.SQLITE_IOERR])
