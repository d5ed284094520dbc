"""Passwords: argon2id hashes. A comparison takes the same time whether the account exists or not."""

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
_HASHING_SLOTS = BoundedSemaphore(2)
"""A limit, so that many logins at once use neither all memory nor all processors."""
_LONGEST_WAIT = 5.0
"""Seconds that a password waits for its comparison: time for a hundred others."""


@cache
def hash_of_nobody() -> str:
    """The hash to compare with if there is no password, so that the time reveals nothing.

    It takes as long as a comparison: a server computes it before the first one.
    """
    return _HASHER.hash("florilege")


def hash_password(password: str) -> str:
    """The hash of a password, to store. Raises Invalid for a bad length; Unavailable if too many are being hashed."""
    checked_password(password)
    with _hashing_slot():
        return _HASHER.hash(_password_bytes(password))


def is_correct_password(password: str, stored_hash: str | None) -> bool:
    """Whether the password has the hash `stored_hash`; false, in the same time, if there is no hash.

    Raises Unavailable if too many passwords are being compared.
    """
    with _hashing_slot():
        try:
            right = _HASHER.verify(stored_hash or hash_of_nobody(), _password_bytes(password[: LONGEST_PASSWORD + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return right and stored_hash is not None


@contextmanager
def _hashing_slot() -> Iterator[None]:
    if not _HASHING_SLOTS.acquire(timeout=_LONGEST_WAIT):
        raise Unavailable("Too many people are signing in at this moment: try again in a moment.")
    try:
        yield
    finally:
        _HASHING_SLOTS.release()


def is_outdated_hash(stored_hash: str) -> bool:
    """Whether the hash has other parameters than those in use now."""
    return _HASHER.check_needs_rehash(stored_hash)


def _password_bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
