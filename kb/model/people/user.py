"""Users."""

from dataclasses import dataclass, field

from kb.model.text_direction import without_direction_changes

IMPORT_MARK = " (import)"
"""The end of the shown name of an imported author, in every language."""


@dataclass(frozen=True, slots=True)
class User:
    """A user. An author who came with an import has no account, and perhaps the name of somebody who has one."""

    id: str
    login: str
    name: str
    imported: bool = field(default=False, compare=False)

    @property
    def shown_name(self) -> str:
        """The name for readers, which says of an imported author that they are one. Exports and APIs give `name`."""
        return marked_name(self.name) if self.imported else self.name


@dataclass(frozen=True, slots=True)
class Contribution:
    """How many items a user shared in a group, how many annotations and replies the user wrote, and the latest date."""

    user: User
    shared: int
    annotated: int
    last: str | None


def marked_name(name: str) -> str:
    """The shown name of an imported author. No character of the name turns the mark round."""
    plain = without_direction_changes(name)
    return plain if plain.endswith(IMPORT_MARK) else f"{plain}{IMPORT_MARK}"


def is_same_person(user: User, other: User) -> bool:
    """Whether two people are one, surely or probably: `sophiepoint`, a login, and `Sophie Point`, a name alone."""
    names = {_letters(user.login), _letters(user.name)}
    return user.id == other.id or not names.isdisjoint((_letters(other.login), _letters(other.name)))


def _letters(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum()) or name
