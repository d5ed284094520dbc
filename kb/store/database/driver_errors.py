"""Convert driver errors (a full disk, a lock of another program, an existing value) to errors of the program."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import StatementError

from kb.errors import Conflict, FlorilegeError, Unavailable

_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk is full: nothing was written. Make room, then try again.",
    sqlite3.SQLITE_IOERR: "The disk refuses to read or to write: nothing was written. Check it, then try again.",
    sqlite3.SQLITE_READONLY: "The base cannot be written: its folder is read-only, full or missing.",
    sqlite3.SQLITE_PERM: "The base cannot be written: its folder is read-only, full or missing.",
    sqlite3.SQLITE_CANTOPEN: "The base cannot be opened: check its address, its rights and its disk.",
    sqlite3.SQLITE_BUSY: "Another program holds the base: try again in a moment.",
    sqlite3.SQLITE_LOCKED: "Another program holds the base: try again in a moment.",
    sqlite3.SQLITE_CORRUPT: "The base is damaged: put a copy back in its place.",
    sqlite3.SQLITE_NOTADB: "This file is not a base.",
}

_TAKEN = ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_ROWID")


def _ours(error: BaseException | None) -> FlorilegeError | None:
    match error:
        case FlorilegeError():
            return error
        case sqlite3.IntegrityError() if error.sqlite_errorname in _TAKEN:
            return Conflict("There is already something with this name or this id.")
        case sqlite3.Error():
            # Errors of Python's own module have no code; the low byte of a code is its family.
            sentence = _SENTENCES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
            return Unavailable(sentence) if sentence else None
        case _:
            return None


@contextmanager
def driver_errors_translated() -> Iterator[None]:
    """Convert driver errors (a full disk, a lock of another program, an existing value) to our exceptions."""
    try:
        yield
    except (StatementError, sqlite3.Error) as error:
        ours = _ours(error.orig if isinstance(error, StatementError) else error)
        if ours is None:
            raise
        raise ours from error


def transaction_given_up() -> Unavailable:
    """The error at the end of a transaction that SQLite ended, if the code ignored the first error."""
    return Unavailable(_SENTENCES[sqlite3.SQLITE_IOERR])
