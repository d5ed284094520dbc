"""Groups, and their members."""

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import total_ordering

from kb.errors import Invalid

PERSONAL = "~"
"""The prefix of the slug of a personal library."""
LONGEST_GROUP_NAME = 120
LONGEST_DESCRIPTION = 2_000
MOST_FORMER_SLUGS = 20
"""How often the slug of a group can change: each former one stays the group's own."""


class Visibility(StrEnum):
    """Who may read a group's library."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed-in"
    MEMBERS = "members"


class JoinPolicy(StrEnum):
    """How a user becomes a member of a group."""

    OPEN = "open"
    REQUEST = "request"
    INVITE = "invite"


class GroupState(StrEnum):
    """What may happen in a group: `ARCHIVED` is read and no longer changed, `DELETED` is restored or purged."""

    ACTIVE = "active"
    ARCHIVED = "archived"
    DELETED = "deleted"


@total_ordering
class Role(Enum):
    """The rights of a member, from the smallest role to the largest; each includes the rights of the smaller ones.

    The database stores the number: a new role takes a new one, wherever it stands.
    """

    READER = 1
    MEMBER = 2
    MODERATOR = 3
    OWNER = 4

    def __lt__(self, other: "Role") -> bool:
        order = tuple(Role)
        return order.index(self) < order.index(other)

    @property
    def key(self) -> str:
        """The word for it in forms, commands, exports and the API."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Group:
    """A library that users share. `slug` is `[a-z0-9~-]+`; that of a user's personal library is `~login`.

    `languages` are those of its items, the most expected one first; none means those of the site. `feeds`: the group
    has feeds. `former_slugs` still lead to it, and no other group can have them. `archived_at` and `deleted_at` say
    since when it is so.
    """

    id: str
    slug: str
    name: str
    description: str | None = None
    visible: Visibility = Visibility.EVERYONE
    languages: tuple[str, ...] = ()
    join: JoinPolicy = JoinPolicy.INVITE
    feeds: bool = True
    former_slugs: tuple[str, ...] = ()
    archived_at: str | None = None
    deleted_at: str | None = None

    @property
    def state(self) -> GroupState:
        """A group that was archived and then deleted is deleted."""
        if self.deleted_at is not None:
            return GroupState.DELETED
        return GroupState.ACTIVE if self.archived_at is None else GroupState.ARCHIVED

    def has_slug(self, slugs: Container[str]) -> bool:
        """Whether one of these slugs is the group's, now or formerly."""
        return self.slug in slugs or any(former in slugs for former in self.former_slugs)

    @property
    def is_personal(self) -> bool:
        """Whether it is a user's personal library: a group with one member, for ever."""
        return self.slug.startswith(PERSONAL)


def personal_slug(login: str) -> str:
    """The slug of a user's own library."""
    return PERSONAL + login


@dataclass(frozen=True, slots=True)
class Membership:
    user_id: str
    group_id: str
    role: Role


def checked_group_name(text: str) -> str:
    """The name of a group, with single spaces. Raises Invalid if it is empty, too long or unprintable."""
    # Only ordinary spaces are joined: the narrow ones that French puts before a colon belong to the text.
    name = re.sub(r"[ \t\r\n]+", " ", text).strip()
    if not 0 < len(name) <= LONGEST_GROUP_NAME or any(
        unicodedata.category(character) in ("Cc", "Cs") for character in name
    ):
        raise Invalid("The name of a group has 1 to %(count)s characters, on one line.", count=LONGEST_GROUP_NAME)
    return name


def checked_group_description(text: str) -> str | None:
    """The description of a group; None if empty. Raises Invalid for a text that is too long."""
    description = text.strip()
    if len(description) > LONGEST_DESCRIPTION:
        raise Invalid("A description has at most %(count)s characters.", count=LONGEST_DESCRIPTION)
    return description or None


def role_named(text: str) -> Role:
    """The role that a form or a command names. Raises Invalid."""
    roles = {role.key: role for role in Role}
    if text not in roles:
        *others, last = roles
        raise Invalid("A role is %(others)s or %(last)s.", others=", ".join(others), last=last)
    return roles[text]
