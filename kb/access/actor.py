"""The actor of a request (user, token or operator) and the access scope that limits what it reads, as plain data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Self

from kb.model.people.group import Group, Membership, Visibility


@dataclass(frozen=True, slots=True)
class AccessScope:
    """What one actor may read, as data: the database and the index both filter by it. `everything` needs no filter."""

    group_ids: frozenset[str] = frozenset()
    everything: bool = False

    def holds(self, group_id: str) -> bool:
        """Whether the actor may read the group's library."""
        return self.everything or group_id in self.group_ids


class ReadableGroups(NamedTuple):
    """The groups that an actor may read, and their access scope."""

    scope: AccessScope
    groups: tuple[Group, ...]

    @classmethod
    def of(cls, groups: Iterable[Group]) -> Self:
        """These groups, each of which the actor may read."""
        readable = tuple(groups)
        return cls(AccessScope(frozenset(group.id for group in readable)), readable)


@dataclass(slots=True)
class RequestMemo:
    """What a request that only reads has already asked about the rights of its actor, so that it asks once.

    An action has none: it asks again in its transaction, because the rights may have changed meanwhile.
    `join_requests` are the numbers of requests that the actor may answer, by the slug of the group.
    """

    readable: ReadableGroups | None = None
    join_requests: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """The actor of a request. An anonymous actor has no `user_id`. `operator` runs the site, at the command line.

    `read_only`: a token or a feed key that cannot change anything. `credential` is the id of the session or token that
    the request carried; `last_change` is the number of the last change made with it, 0 for none. `default_group_id` is
    the group of a token, in which a program saves that names none: it gives no right. `last_visit_at` is the end of
    the user's visit before the present one.
    """

    user_id: str | None = None
    memberships: tuple[Membership, ...] = ()
    operator: bool = False
    administrator: bool = False
    login: str = ""
    name: str = ""
    read_only: bool = False
    credential: str | None = None
    last_change: int = 0
    default_group_id: str | None = None
    last_visit_at: str | None = None
    memo: RequestMemo | None = field(default=None, compare=False, repr=False)


ANONYMOUS = Actor()
OPERATOR = Actor(operator=True)


@dataclass(frozen=True, slots=True)
class ReadableGroupsFilter:
    """The groups that an actor can possibly read, so that the others need not be loaded: groups with one of these
    visibilities, groups with one of these ids, and with `shared` every group except users' own libraries.
    """

    visible: frozenset[Visibility] = frozenset()
    group_ids: frozenset[str] = frozenset()
    shared: bool = False
    everything: bool = False


class Action(StrEnum):
    """The actions in a group."""

    READ = "read"
    EXPORT = "export"
    JOIN = "join"
    """Become a member, or ask to become one, as the group's join policy allows."""
    REPORT = "report"
    """Report content to the moderators."""
    CONTRIBUTE = "contribute"
    IMPORT = "import"
    READ_REPORT = "read-report"
    """Read the report of activity, without figures about persons."""
    MODERATE = "moderate"
    """Hide and restore content of others, read reports and the audit log."""
    EDIT_VOCABULARY = "edit-vocabulary"
    """Edit the tags and the vocabulary."""
    PUBLISH = "publish"
    """Make newsletters, and send their issues."""
    INVITE = "invite"
    """Invite users, and answer requests to join."""
    MANAGE = "manage"
    """Change the group's settings and its members' roles, and link imported authors to accounts."""
    EXPORT_WHOLE = "export-whole"
    """Take everything along: items, lists, saved searches, vocabulary, settings and members."""
    CLOSE = "close"
    """Archive the group, open it again, or delete it."""
    RESTORE = "restore"
    """Learn that a deleted group can be restored, and restore it."""
