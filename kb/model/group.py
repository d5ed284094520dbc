"""Groups, and who belongs to them."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

PERSONAL = "~"
"""How the slug of somebody's own library begins."""


class Visibility(StrEnum):
    """Who may read a group's library."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed-in"
    MEMBERS = "members"


class Joining(StrEnum):
    """How one becomes a member of a group."""

    OPEN = "open"
    REQUEST = "request"
    INVITE = "invite"


class Role(IntEnum):
    """What a member may do; each role may do all that a smaller one may."""

    READER = 1
    MEMBER = 2
    MODERATOR = 3
    OWNER = 4


@dataclass(frozen=True, slots=True)
class Group:
    """A library that people share. `slug` is `[a-z0-9~-]+`; that of somebody's own library is `~login`.

    `languages` are those in which its items are, the expected one first; none means those of the site. `feeds`: it can
    be followed.
    """

    id: str
    slug: str
    name: str
    description: str | None = None
    visible: Visibility = Visibility.EVERYONE
    languages: tuple[str, ...] = ()
    join: Joining = Joining.INVITE
    feeds: bool = True

    @property
    def is_personal(self) -> bool:
        """Whether it is somebody's own library: a group of one, for ever."""
        return self.slug.startswith(PERSONAL)


@dataclass(frozen=True, slots=True)
class Membership:
    user_id: str
    group_id: str
    role: Role
