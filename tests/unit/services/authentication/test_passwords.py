"""Passwords are hashed as OWASP recommends, only a few at once, and a flood of them does not block threads for long."""

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from kb.errors import Unavailable
from kb.services.authentication import passwords


def test_passwords_are_hashed_as_owasp_recommends(product_hasher: PasswordHasher) -> None:
    used = extract_parameters(product_hasher.hash("un mot de passe"))
    assert (used.type, used.memory_cost, used.time_cost, used.parallelism) == (Type.ID, 19 * 1024, 2, 1)


def test_a_password_waits_its_turn_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = passwords.hash_password("un mot de passe")
    monkeypatch.setattr(passwords, "_LONGEST_WAIT", 0.001)
    with passwords._HASHING_SLOTS, passwords._HASHING_SLOTS:
        with pytest.raises(Unavailable, match="Too many people are signing in"):
            passwords.is_correct_password("un mot de passe", hashed)
        with pytest.raises(Unavailable):
            passwords.hash_password("un mot de passe")
    assert passwords.is_correct_password("un mot de passe", hashed)
    assert not passwords.is_correct_password("un mot de passe", None)
