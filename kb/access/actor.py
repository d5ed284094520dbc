"""The actor of a request (user, token or operator) and the access scope that limits what it reads, as plain data."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.people.group import Membership, Visibility


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. Nobody signed in: no `user_id`. `operator` is whoever runs the base, at the command line.

    `read_only`: a token, or the key of a feed, with which nothing can be changed. `credential` is the id of the session
    or the token that was shown; `written`, the number of the last change that was made with it, 0 for none.
    """

    user_id: str | None = None
    memberships: tuple[Membership, ...] = ()
    operator: bool = False
    administrator: bool = False
    login: str = ""
    name: str = ""
    read_only: bool = False
    credential: str | None = None
    written: int = 0


ANONYMOUS = Actor()
OPERATOR = Actor(operator=True)


@dataclass(frozen=True, slots=True)
class AccessScope:
    """What one actor may read, as data: the store and the index both filter by it. `everything` needs no filter."""

    group_ids: frozenset[str] = frozenset()
    everything: bool = False

    def holds(self, group_id: str) -> bool:
        """Whether the group's library may be read."""
        return self.everything or group_id in self.group_ids


@dataclass(frozen=True, slots=True)
class ReadableGroupsFilter:
    """Which groups can possibly be read, so that not all need be looked at: those of these visibilities, these ones,
    and `shared`: all but what people have for themselves.
    """

    visible: frozenset[Visibility] = frozenset()
    group_ids: frozenset[str] = frozenset()
    shared: bool = False
    everything: bool = False


class Action(StrEnum):
    """What can be done in a group."""

    READ = "read"
    EXPORT = "export"
    JOIN = "join"
    """Become a member, or ask to, as the group lets one."""
    FLAG = "flag"
    """Report something to the moderators."""
    CONTRIBUTE = "contribute"
    IMPORT = "import"
    MODERATE = "moderate"
    """Hide and restore what others wrote, see what is reported and who did what, put the vocabulary in order."""
    INVITE = "invite"
    """Invite people, and answer who asks to be let in."""
    MANAGE = "manage"
    """Change what the group is, who has which role in it, and to whom an imported author belongs."""
