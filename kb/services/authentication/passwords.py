"""Passwords: hashed with argon2id, compared in the same time whether there is an account or not."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kb.errors import Unavailable
from kb.model.people.account import LONGEST_PASSWORD, checked_password

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""19 MiB, two passes, one lane: OWASP Password Storage Cheat Sheet, argon2id."""
_AT_ONCE = BoundedSemaphore(2)
"""So that a flood of sign-ins takes neither all memory nor all processors."""
_PATIENCE = 5.0
"""Seconds that a password waits for others to be compared: a hundred of them."""


@cache
def hash_of_nobody() -> str:
    """What is compared where there is no password, so that the time does not tell.

    It takes as long as a comparison: a server makes it before the first one.
    """
    return _HASHER.hash("florilege")


def hashed(password: str) -> str:
    """What to keep of a password.

    Raises Invalid for one that is too short or too long; Unavailable when too many are compared at this moment.
    """
    checked_password(password)
    with _turn():
        return _HASHER.hash(_bytes(password))


def is_password(password: str, kept: str | None) -> bool:
    """Whether this is the password of which `kept` was kept; false, in the same time, where nothing was.

    Raises Unavailable when too many are compared at this moment.
    """
    with _turn():
        try:
            right = _HASHER.verify(kept or hash_of_nobody(), _bytes(password[: LONGEST_PASSWORD + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return right and kept is not None


@contextmanager
def _turn() -> Iterator[None]:
    if not _AT_ONCE.acquire(timeout=_PATIENCE):
        raise Unavailable("Too many people are signing in at this moment: try again in a moment.")
    try:
        yield
    finally:
        _AT_ONCE.release()


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
