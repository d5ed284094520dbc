"""Who may do what: one table, and the only file that compares roles.

What somebody may not read does not exist for them: the same NotFound, in the same words, whether it is there or not.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType

from kb.access.actor import Action, Actor, Scope
from kb.errors import NotFound, Refused
from kb.model.group import Group, Role, Visibility


class Standing(IntEnum):
    """What somebody is in a group, from least to most; each may do all that a smaller one may."""

    ANYONE = 0
    SIGNED_IN = 1
    READER = 2
    MEMBER = 3
    MODERATOR = 4
    OWNER = 5
    OPERATOR = 6


_OF_ROLE: Mapping[Role, Standing] = MappingProxyType(
    {
        Role.READER: Standing.READER,
        Role.MEMBER: Standing.MEMBER,
        Role.MODERATOR: Standing.MODERATOR,
        Role.OWNER: Standing.OWNER,
    }
)

LEAST: Mapping[Action, Mapping[Visibility, Standing]] = MappingProxyType(
    {
        action: MappingProxyType(dict(zip(Visibility, row, strict=True)))
        for action, row in {
            # Visible to:          everyone              signed-in             members
            Action.READ:       (Standing.ANYONE,    Standing.SIGNED_IN, Standing.READER),
            Action.EXPORT:     (Standing.ANYONE,    Standing.SIGNED_IN, Standing.READER),
            Action.CONTRIBUTE: (Standing.MEMBER,    Standing.MEMBER,    Standing.MEMBER),
            Action.IMPORT:     (Standing.MEMBER,    Standing.MEMBER,    Standing.MEMBER),
            Action.MODERATE:   (Standing.MODERATOR, Standing.MODERATOR, Standing.MODERATOR),
            Action.MANAGE:     (Standing.OWNER,     Standing.OWNER,     Standing.OWNER),
        }.items()
    }
)  # fmt: skip
"""The least standing that each action asks, by the group's visibility."""


def may(actor: Actor, action: Action, group: Group) -> bool:
    """Whether somebody may do something in a group."""
    return _standing(actor, group.id) >= LEAST[action][group.visible]


def require(actor: Actor, action: Action, group: Group | None) -> Group:
    """The group itself, for somebody who may do this there.

    Raises NotFound if there is no group or they may not read it, Refused if they may read it but not do this.
    """
    if group is None or not may(actor, Action.READ, group):
        raise NotFound("This group does not exist, or you may not read it.")
    if not may(actor, action, group):
        raise Refused("You may read the group “%(group)s”, but not do this there.", group=group.name)
    return group


def require_operator(actor: Actor) -> None:
    """Raise Refused unless this is whoever runs the base."""
    if not actor.operator:
        raise Refused("Only whoever runs this site may do that.")


def scope_of(actor: Actor, groups: Iterable[Group]) -> Scope:
    """What somebody may read of all the groups that there are."""
    if actor.operator:
        return Scope(everything=True)
    return Scope(group_ids=frozenset(group.id for group in groups if may(actor, Action.READ, group)))


def reach_of(actor: Actor, groups: Iterable[Group]) -> tuple[Scope, tuple[Group, ...]]:
    """What somebody may read of all the groups that there are, and which of them it holds, in their order."""
    every = tuple(groups)
    scope = scope_of(actor, every)
    return scope, tuple(group for group in every if scope.holds(group.id))


def _standing(actor: Actor, group_id: str) -> Standing:
    if actor.operator:
        return Standing.OPERATOR
    if actor.user_id is None:
        return Standing.ANYONE
    roles = (
        _OF_ROLE[membership.role]
        for membership in actor.memberships
        # A membership of somebody else gives nothing, however it came here.
        if membership.group_id == group_id and membership.user_id == actor.user_id
    )
    return max(roles, default=Standing.SIGNED_IN)
