"""Groups, and who belongs to them."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Visibility(StrEnum):
    """Who may read a group's library."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed-in"
    MEMBERS = "members"


class Role(IntEnum):
    """What a member may do; each role may do all that a smaller one may."""

    READER = 1
    MEMBER = 2
    MODERATOR = 3
    OWNER = 4


@dataclass(frozen=True, slots=True)
class Group:
    """A library that people share. `slug` is `[a-z0-9~-]+`.

    `languages` are those in which its items are, the expected one first; none means those of the site.
    """

    id: str
    slug: str
    name: str
    description: str | None = None
    visible: Visibility = Visibility.EVERYONE
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Membership:
    user_id: str
    group_id: str
    role: Role
