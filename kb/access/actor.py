"""Who asks, and what they may read, as data."""

from dataclasses import dataclass
from enum import StrEnum

from kb.model.group import Membership


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks. Nobody signed in: no `user_id`. `operator` is whoever runs the base, at the command line."""

    user_id: str | None = None
    memberships: tuple[Membership, ...] = ()
    operator: bool = False


ANONYMOUS = Actor()
OPERATOR = Actor(operator=True)


@dataclass(frozen=True, slots=True)
class Scope:
    """What one actor may read, as data: the store and the index both filter by it. `everything` needs no filter."""

    group_ids: frozenset[str] = frozenset()
    everything: bool = False

    def holds(self, group_id: str) -> bool:
        """Whether the group's library may be read."""
        return self.everything or group_id in self.group_ids


class Action(StrEnum):
    READ = "read"
    CONTRIBUTE = "contribute"
    MODERATE = "moderate"
    MANAGE = "manage"
    IMPORT = "import"
    EXPORT = "export"
