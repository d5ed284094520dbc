"""The rights of each role: one table, in the only file that compares roles.

Content that the actor may not read raises the same NotFound, with the same message, as content that does not exist.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum
from types import MappingProxyType

from kb.access.actor import AccessScope, Action, Actor, ReadableGroupsFilter
from kb.errors import Forbidden, LoginNeeded, NotFound
from kb.model.people.group import Group, Role, Visibility


class EffectiveRole(IntEnum):
    """What somebody is in a group, from least to most; each may do all that a smaller one may."""

    ANYONE = 0
    SIGNED_IN = 1
    READER = 2
    MEMBER = 3
    MODERATOR = 4
    OWNER = 5
    ADMINISTRATOR = 6
    OPERATOR = 7


_EFFECTIVE_ROLES: Mapping[Role, EffectiveRole] = MappingProxyType(
    {
        Role.READER: EffectiveRole.READER,
        Role.MEMBER: EffectiveRole.MEMBER,
        Role.MODERATOR: EffectiveRole.MODERATOR,
        Role.OWNER: EffectiveRole.OWNER,
    }
)

MINIMUM_ROLES: Mapping[Action, Mapping[Visibility, EffectiveRole]] = MappingProxyType(
    {
        action: MappingProxyType(dict(zip(Visibility, row, strict=True)))
        for action, row in {
            # Visible to:          everyone              signed-in             members
            Action.READ:       (EffectiveRole.ANYONE,    EffectiveRole.SIGNED_IN, EffectiveRole.READER),
            Action.EXPORT:     (EffectiveRole.ANYONE,    EffectiveRole.SIGNED_IN, EffectiveRole.READER),
            Action.JOIN:       (EffectiveRole.SIGNED_IN, EffectiveRole.SIGNED_IN, EffectiveRole.READER),
            Action.FLAG:       (EffectiveRole.SIGNED_IN, EffectiveRole.SIGNED_IN, EffectiveRole.READER),
            Action.CONTRIBUTE: (EffectiveRole.MEMBER,    EffectiveRole.MEMBER,    EffectiveRole.MEMBER),
            Action.IMPORT:     (EffectiveRole.MEMBER,    EffectiveRole.MEMBER,    EffectiveRole.MEMBER),
            Action.MODERATE:   (EffectiveRole.MODERATOR, EffectiveRole.MODERATOR, EffectiveRole.MODERATOR),
            Action.INVITE:     (EffectiveRole.MODERATOR, EffectiveRole.MODERATOR, EffectiveRole.MODERATOR),
            Action.MANAGE:     (EffectiveRole.OWNER,     EffectiveRole.OWNER,     EffectiveRole.OWNER),
        }.items()
    }
)  # fmt: skip
"""The least standing that each action asks, by the group's visibility."""


_READ_ONLY_ACTIONS = frozenset({Action.READ, Action.EXPORT})
_SHARED_GROUP_ACTIONS = frozenset({Action.JOIN, Action.INVITE})
"""What makes no sense in somebody's own library, which is theirs alone."""


def is_allowed(actor: Actor, action: Action, group: Group) -> bool:
    """Whether somebody may do something in a group."""
    if actor.read_only and action not in _READ_ONLY_ACTIONS:
        return False
    if group.is_personal and action in _SHARED_GROUP_ACTIONS:
        return False
    return _effective_role(actor, group) >= MINIMUM_ROLES[action][group.visible]


def require_permission(actor: Actor, action: Action, group: Group | None) -> Group:
    """The group itself, for somebody who may do this there.

    Raises NotFound if there is no group or they may not read it, Refused if they may read it but not do this,
    SignInNeeded if nobody may who is not signed in.
    """
    if group is None or not is_allowed(actor, Action.READ, group):
        raise NotFound("This group does not exist, or you may not read it.")
    if not is_allowed(actor, action, group):
        require_signed_in_user(actor)
        raise Forbidden("You may read the group “%(group)s”, but not do this there.", group=group.name)
    return group


def require_operator(actor: Actor) -> None:
    """Raise Refused unless this is whoever runs the base."""
    if not actor.operator:
        raise Forbidden("Only whoever runs this site may do that.")


def require_administrator(actor: Actor) -> None:
    """Raise Refused unless this is an administrator or whoever runs the base; SignInNeeded for nobody."""
    if actor.operator:
        return
    require_signed_in_user(actor)
    if not actor.administrator:
        raise Forbidden("Only an administrator of this site may do that.")


def require_signed_in_user(actor: Actor, *, reading: bool = False) -> str:
    """The id of who is signed in. Raises SignInNeeded for nobody, Refused for a token that only reads."""
    if actor.user_id is None:
        raise LoginNeeded("One must be signed in for this.")
    if not reading:
        _require_write_credential(actor)
    return actor.user_id


def readable_groups_filter(actor: Actor) -> ReadableGroupsFilter:
    """The groups among which are all that somebody may read."""
    if actor.operator:
        return ReadableGroupsFilter(everything=True)
    standing = EffectiveRole.ANYONE if actor.user_id is None else EffectiveRole.SIGNED_IN
    return ReadableGroupsFilter(
        frozenset(visible for visible, least in MINIMUM_ROLES[Action.READ].items() if standing >= least),
        frozenset(membership.group_id for membership in actor.memberships),
        shared=actor.administrator,
    )


def access_scope_of(actor: Actor, groups: Iterable[Group]) -> AccessScope:
    """What somebody may read of all the groups that there are."""
    if actor.operator:
        return AccessScope(everything=True)
    return AccessScope(group_ids=frozenset(group.id for group in groups if is_allowed(actor, Action.READ, group)))


def access_scope_and_groups(actor: Actor, groups: Iterable[Group]) -> tuple[AccessScope, tuple[Group, ...]]:
    """What somebody may read of all the groups that there are, and which of them it holds, in their order."""
    every = tuple(groups)
    scope = access_scope_of(actor, every)
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


def _effective_role(actor: Actor, group: Group) -> EffectiveRole:
    if actor.operator:
        return EffectiveRole.OPERATOR
    if actor.user_id is None:
        return EffectiveRole.ANYONE
    # What people keep for themselves is no business of whoever looks after the site.
    if actor.administrator and not group.is_personal:
        return EffectiveRole.ADMINISTRATOR
    role = role_of(actor, group)
    return EffectiveRole.SIGNED_IN if role is None else _EFFECTIVE_ROLES[role]


def _require_write_credential(actor: Actor) -> None:
    if actor.read_only:
        raise Forbidden("This token may only read.")
