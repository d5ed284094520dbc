"""The shown names of users."""

import pytest

from kb.model.people.user import User


@pytest.mark.parametrize("name", ["\u202enimdA tooR", "\u2067nimdA tooR", "Root\u2069\u202e Admin", "Paul\u202b Roy"])
def test_no_character_of_a_name_turns_the_mark_of_imports_round(name: str) -> None:
    shown = User("u", "u", name, imported=True).shown_name
    assert shown.endswith(" (import)")
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_a_name_with_the_mark_is_not_marked_again() -> None:
    assert User("u", "u", "Paul Roy (import)", imported=True).shown_name == "Paul Roy (import)"


def test_the_name_of_an_account_is_shown_as_it_is() -> None:
    assert User("u", "u", "Paul \u202eRoy").shown_name == "Paul \u202eRoy"
