"""Users."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class User:
    """A user. An author who came with an import has no account."""

    id: str
    login: str
    name: str


def is_same_person(user: User, other: User) -> bool:
    """Whether two people are one, surely or probably: `sophiepoint`, a login, and `Sophie Point`, a name alone."""
    names = {_letters(user.login), _letters(user.name)}
    return user.id == other.id or not names.isdisjoint((_letters(other.login), _letters(other.name)))


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum()) or name
