"""Who may do what: one table, and the only file that compares roles.

What somebody may not read does not exist for them: the same NotFound, in the same words, whether it is there or not.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType

from kb.access.actor import Action, Actor, Scope, Sight
from kb.errors import NotFound, Refused, SignInNeeded
from kb.model.people.group import Group, Role, Visibility


class Standing(IntEnum):
    """What somebody is in a group, from least to most; each may do all that a smaller one may."""

    ANYONE = 0
    SIGNED_IN = 1
    READER = 2
    MEMBER = 3
    MODERATOR = 4
    OWNER = 5
    ADMINISTRATOR = 6
    OPERATOR = 7


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
            Action.JOIN:       (Standing.SIGNED_IN, Standing.SIGNED_IN, Standing.READER),
            Action.FLAG:       (Standing.SIGNED_IN, Standing.SIGNED_IN, Standing.READER),
            Action.CONTRIBUTE: (Standing.MEMBER,    Standing.MEMBER,    Standing.MEMBER),
            Action.IMPORT:     (Standing.MEMBER,    Standing.MEMBER,    Standing.MEMBER),
            Action.MODERATE:   (Standing.MODERATOR, Standing.MODERATOR, Standing.MODERATOR),
            Action.INVITE:     (Standing.MODERATOR, Standing.MODERATOR, Standing.MODERATOR),
            Action.MANAGE:     (Standing.OWNER,     Standing.OWNER,     Standing.OWNER),
        }.items()
    }
)  # fmt: skip
"""The least standing that each action asks, by the group's visibility."""


_WITHOUT_CHANGE = frozenset({Action.READ, Action.EXPORT})
_OF_SEVERAL = frozenset({Action.JOIN, Action.INVITE})
"""What makes no sense in somebody's own library, which is theirs alone."""


def may(actor: Actor, action: Action, group: Group) -> bool:
    """Whether somebody may do something in a group."""
    if actor.read_only and action not in _WITHOUT_CHANGE:
        return False
    if group.is_personal and action in _OF_SEVERAL:
        return False
    return _standing(actor, group) >= LEAST[action][group.visible]


def require(actor: Actor, action: Action, group: Group | None) -> Group:
    """The group itself, for somebody who may do this there.

    Raises NotFound if there is no group or they may not read it, Refused if they may read it but not do this,
    SignInNeeded if nobody may who is not signed in.
    """
    if group is None or not may(actor, Action.READ, group):
        raise NotFound("This group does not exist, or you may not read it.")
    if not may(actor, action, group):
        require_person(actor)
        raise Refused("You may read the group “%(group)s”, but not do this there.", group=group.name)
    return group


def require_operator(actor: Actor) -> None:
    """Raise Refused unless this is whoever runs the base."""
    if not actor.operator:
        raise Refused("Only whoever runs this site may do that.")


def require_administrator(actor: Actor) -> None:
    """Raise Refused unless this is an administrator or whoever runs the base; SignInNeeded for nobody."""
    if actor.operator:
        return
    require_person(actor)
    if not actor.administrator:
        raise Refused("Only an administrator of this site may do that.")


def require_person(actor: Actor, *, reading: bool = False) -> str:
    """The id of who is signed in. Raises SignInNeeded for nobody, Refused for a token that only reads."""
    if actor.user_id is None:
        raise SignInNeeded("One must be signed in for this.")
    if not reading:
        _require_change(actor)
    return actor.user_id


def sight_of(actor: Actor) -> Sight:
    """The groups among which are all that somebody may read."""
    if actor.operator:
        return Sight(everything=True)
    standing = Standing.ANYONE if actor.user_id is None else Standing.SIGNED_IN
    return Sight(
        frozenset(visible for visible, least in LEAST[Action.READ].items() if standing >= least),
        frozenset(membership.group_id for membership in actor.memberships),
        shared=actor.administrator,
    )


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


def role_of(actor: Actor, group: Group) -> Role | None:
    """The role that somebody has in a group; None for who is not a member."""
    roles = (
        membership.role
        for membership in actor.memberships
        # A membership of somebody else gives nothing, however it came here.
        if membership.group_id == group.id and membership.user_id == actor.user_id
    )
    return max(roles, default=None)


def _standing(actor: Actor, group: Group) -> Standing:
    if actor.operator:
        return Standing.OPERATOR
    if actor.user_id is None:
        return Standing.ANYONE
    # What people keep for themselves is no business of whoever looks after the site.
    if actor.administrator and not group.is_personal:
        return Standing.ADMINISTRATOR
    role = role_of(actor, group)
    return Standing.SIGNED_IN if role is None else _OF_ROLE[role]


def _require_change(actor: Actor) -> None:
    if actor.read_only:
        raise Refused("This token may only read.")
