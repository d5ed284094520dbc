"""Passwords are compared a few at a time, and a flood of them does not keep threads for long."""

import pytest

from kb.errors import Unavailable
from kb.services.authentication import passwords


def test_a_password_waits_its_turn_but_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = passwords.hashed("un mot de passe")
    monkeypatch.setattr(passwords, "_PATIENCE", 0.001)
    with passwords._AT_ONCE, passwords._AT_ONCE:
        with pytest.raises(Unavailable, match="Too many people are signing in"):
            passwords.is_password("un mot de passe", kept)
        with pytest.raises(Unavailable):
            passwords.hashed("un mot de passe")
    assert passwords.is_password("un mot de passe", kept)
    assert not passwords.is_password("un mot de passe", None)
