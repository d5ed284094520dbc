"""The rights of each role: one table, in the only file that compares roles.

Content that the actor may not read raises the same NotFound, with the same message, as content that does not exist.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum, auto
from types import MappingProxyType

from kb.access.actor import AccessScope, Action, Actor, ReadableGroups, ReadableGroupsFilter
from kb.errors import Forbidden, LoginNeeded, NotFound
from kb.model.people.group import Group, GroupState, Role, Visibility


class EffectiveRole(IntEnum):
    """The role of an actor in a group, from least to most; each role may do everything that a lower role may."""

    ANYONE = auto()
    SIGNED_IN = auto()
    READER = auto()
    MEMBER = auto()
    MODERATOR = auto()
    OWNER = auto()
    ADMINISTRATOR = auto()
    OPERATOR = auto()


MINIMUM_ROLES: Mapping[Action, Mapping[Visibility, EffectiveRole]] = MappingProxyType(
    {
        action: MappingProxyType(dict(zip(Visibility, row, strict=True)))
        for action, row in {
            # Visible to:          everyone              signed-in             members
            Action.READ:       (EffectiveRole.ANYONE,    EffectiveRole.SIGNED_IN, EffectiveRole.READER),
            Action.EXPORT:     (EffectiveRole.ANYONE,    EffectiveRole.SIGNED_IN, EffectiveRole.READER),
            Action.JOIN:       (EffectiveRole.SIGNED_IN, EffectiveRole.SIGNED_IN, EffectiveRole.READER),
            Action.REPORT:       (EffectiveRole.SIGNED_IN, EffectiveRole.SIGNED_IN, EffectiveRole.READER),
            Action.CONTRIBUTE: (EffectiveRole.MEMBER,    EffectiveRole.MEMBER,    EffectiveRole.MEMBER),
            Action.IMPORT:     (EffectiveRole.MEMBER,    EffectiveRole.MEMBER,    EffectiveRole.MEMBER),
            Action.READ_REPORT: (EffectiveRole.MEMBER,   EffectiveRole.MEMBER,    EffectiveRole.MEMBER),
            Action.MODERATE:   (EffectiveRole.MODERATOR, EffectiveRole.MODERATOR, EffectiveRole.MODERATOR),
            Action.INVITE:     (EffectiveRole.MODERATOR, EffectiveRole.MODERATOR, EffectiveRole.MODERATOR),
            Action.PUBLISH:    (EffectiveRole.MODERATOR, EffectiveRole.MODERATOR, EffectiveRole.MODERATOR),
            Action.EDIT_VOCABULARY: (EffectiveRole.MODERATOR, EffectiveRole.MODERATOR, EffectiveRole.MODERATOR),
            Action.MANAGE:     (EffectiveRole.OWNER,     EffectiveRole.OWNER,     EffectiveRole.OWNER),
            Action.EXPORT_WHOLE: (EffectiveRole.OWNER,   EffectiveRole.OWNER,     EffectiveRole.OWNER),
            Action.CLOSE:      (EffectiveRole.OWNER,     EffectiveRole.OWNER,     EffectiveRole.OWNER),
            Action.RESTORE:    (EffectiveRole.OWNER,     EffectiveRole.OWNER,     EffectiveRole.OWNER),
        }.items()
    }
)  # fmt: skip
"""The lowest role that may do each action, by the group's visibility."""

ACTIONS_IN_STATE: Mapping[GroupState, frozenset[Action]] = MappingProxyType(
    {
        GroupState.ACTIVE: frozenset(Action) - {Action.RESTORE},
        # Content that is against the law is still reported and hidden.
        GroupState.ARCHIVED: frozenset(
            {
                Action.READ,
                Action.EXPORT,
                Action.EXPORT_WHOLE,
                Action.REPORT,
                Action.READ_REPORT,
                Action.MODERATE,
                Action.CLOSE,
            }
        ),
        GroupState.DELETED: frozenset({Action.RESTORE}),
    }
)
"""The actions that the state of a group allows, to those whose role allows them."""


_READ_ONLY_ACTIONS = frozenset({Action.READ, Action.EXPORT})
_SHARED_GROUP_ACTIONS = frozenset({Action.JOIN, Action.INVITE, Action.PUBLISH, Action.CLOSE, Action.RESTORE})
"""Actions without a meaning in a user's own library, which has no other members."""


def is_allowed(actor: Actor, action: Action, group: Group) -> bool:
    """Whether the actor may do the action in the group."""
    return action in ACTIONS_IN_STATE[group.state] and _role_allows(actor, action, group)


def _role_allows(actor: Actor, action: Action, group: Group) -> bool:
    if actor.read_only and action not in _READ_ONLY_ACTIONS:
        return False
    if group.is_personal and action in _SHARED_GROUP_ACTIONS:
        return False
    return _effective_role(actor, group) >= MINIMUM_ROLES[action][group.visible]


def require_permission(actor: Actor, action: Action, group: Group | None) -> Group:
    """Return the group, if the actor may do this in it.

    Raises NotFound if the group does not exist or the actor may not read it, Forbidden if the actor may read it but not
    do this, LoginNeeded if the actor must log in first.
    """
    if group is None or not is_allowed(actor, Action.READ, group):
        raise NotFound("This group does not exist, or you may not read it.")
    if not is_allowed(actor, action, group):
        if not actor.operator:
            require_signed_in_user(actor)
        if group.state is GroupState.ARCHIVED and _role_allows(actor, action, group):
            raise Forbidden("The group “%(group)s” is archived: it is read, and no longer changed.", group=group.name)
        raise Forbidden("You may read the group “%(group)s”, but not do this there.", group=group.name)
    return group


def require_operator(actor: Actor) -> None:
    """Raise Forbidden unless the actor is the operator."""
    if not actor.operator:
        raise Forbidden("Only the operator of this site may do that.")


def require_administrator(actor: Actor) -> None:
    """Raise Forbidden unless the actor is an administrator or the operator; LoginNeeded for an anonymous actor."""
    if actor.operator:
        return
    require_signed_in_user(actor)
    if not actor.administrator:
        raise Forbidden("Only an administrator of this site may do that.")


def require_signed_in_user(actor: Actor, *, reading: bool = False) -> str:
    """The id of the actor's user. Raises LoginNeeded for an anonymous actor, Forbidden for a read-only token."""
    if actor.user_id is None:
        raise LoginNeeded("Log in first.")
    if not reading and actor.read_only:
        raise Forbidden("This token may only read.")
    return actor.user_id


def readable_groups_filter(actor: Actor) -> ReadableGroupsFilter:
    """A filter that keeps every group that the actor may read, and possibly others."""
    if actor.operator:
        return ReadableGroupsFilter(everything=True)
    standing = EffectiveRole.ANYONE if actor.user_id is None else EffectiveRole.SIGNED_IN
    return ReadableGroupsFilter(
        frozenset(visible for visible, least in MINIMUM_ROLES[Action.READ].items() if standing >= least),
        frozenset(membership.group_id for membership in actor.memberships),
        shared=actor.administrator,
    )


def access_scope_of(actor: Actor, groups: Iterable[Group]) -> AccessScope:
    """The access scope of the actor, from the list of all groups."""
    if actor.operator:
        every = tuple(groups)
        if all(is_allowed(actor, Action.READ, group) for group in every):
            return AccessScope(everything=True)
        groups = every
    return AccessScope(group_ids=frozenset(group.id for group in groups if is_allowed(actor, Action.READ, group)))


def filter_readable_groups(actor: Actor, groups: Iterable[Group]) -> ReadableGroups:
    """The groups that the actor may read, of the list of all groups, in its order."""
    every = tuple(groups)
    scope = access_scope_of(actor, every)
    return ReadableGroups(scope, tuple(group for group in every if scope.holds(group.id)))


def role_of(actor: Actor, group: Group) -> Role | None:
    """The actor's role in a group; None if the actor is not a member."""
    roles = (
        membership.role
        for membership in actor.memberships
        # A membership in another user's own library gives no right, however it was created.
        if membership.group_id == group.id and membership.user_id == actor.user_id
    )
    return max(roles, default=None)


def _effective_role(actor: Actor, group: Group) -> EffectiveRole:
    if actor.operator:
        return EffectiveRole.OPERATOR
    if actor.user_id is None:
        return EffectiveRole.ANYONE
    # Administrators have no right to users' own libraries.
    if actor.administrator and not group.is_personal:
        return EffectiveRole.ADMINISTRATOR
    role = role_of(actor, group)
    return EffectiveRole.SIGNED_IN if role is None else EffectiveRole[role.name]
