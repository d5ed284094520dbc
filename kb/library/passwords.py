"""Passwords: hashed with argon2id, compared in the same time whether there is an account or not."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kb.model.account import LONGEST_PASSWORD, checked_password

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""19 MiB, two passes, one lane: OWASP Password Storage Cheat Sheet, argon2id."""
_AT_ONCE = BoundedSemaphore(2)
"""So that a flood of sign-ins takes neither all memory nor all processors."""
_NOBODY = _HASHER.hash("florilege")
"""What is compared where there is no password, so that the time does not tell."""


def hashed(password: str) -> str:
    """What to keep of a password. Raises Invalid for one that is too short or too long."""
    checked_password(password)
    with _AT_ONCE:
        return _HASHER.hash(_bytes(password))


def is_password(password: str, kept: str | None) -> bool:
    """Whether this is the password of which `kept` was kept; false, in the same time, where nothing was."""
    with _AT_ONCE:
        try:
            right = _HASHER.verify(kept or _NOBODY, _bytes(password[: LONGEST_PASSWORD + 1]))
        except (VerificationError, InvalidHashError):
            return False
    return right and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
