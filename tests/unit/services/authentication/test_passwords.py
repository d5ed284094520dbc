"""Only a few passwords are hashed at once, and a flood of them does not block threads for long."""

import pytest

from kb.errors import Unavailable
from kb.services.authentication import passwords


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
