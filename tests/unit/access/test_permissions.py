"""The whole table of permissions."""

from contextlib import closing
from dataclasses import replace
from itertools import product

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, AccessScope, Action, Actor
from kb.access.permissions import (
    MINIMUM_ROLES,
    access_scope_of,
    is_allowed,
    readable_groups_filter,
    require_operator,
    require_permission,
)
from kb.errors import Forbidden, NotFound
from kb.model.people.group import Membership, Role, Visibility
from tests.factories.items import a_base, a_group, a_member, a_user

SIGNED_IN = Actor(user_id=a_user("luc").id)

# One letter for each kind of caller with the right: Anonymous, Signed in, Reader, Member, mOderator, oWner,
# aDministrator, oPerator.
ACTORS = {
    "A": ANONYMOUS,
    "S": SIGNED_IN,
    "R": a_member(role=Role.READER),
    "M": a_member(role=Role.MEMBER),
    "O": a_member(role=Role.MODERATOR),
    "W": a_member(role=Role.OWNER),
    "D": Actor(user_id=a_user("paul").id, administrator=True),
    "P": OPERATOR,
}
EXPECTED = {
    (Action.READ, Visibility.EVERYONE): "ASRMOWDP",
    (Action.READ, Visibility.SIGNED_IN): "SRMOWDP",
    (Action.READ, Visibility.MEMBERS): "RMOWDP",
    (Action.EXPORT, Visibility.EVERYONE): "ASRMOWDP",
    (Action.EXPORT, Visibility.SIGNED_IN): "SRMOWDP",
    (Action.EXPORT, Visibility.MEMBERS): "RMOWDP",
    (Action.JOIN, Visibility.EVERYONE): "SRMOWDP",
    (Action.JOIN, Visibility.SIGNED_IN): "SRMOWDP",
    (Action.JOIN, Visibility.MEMBERS): "RMOWDP",
    (Action.REPORT, Visibility.EVERYONE): "SRMOWDP",
    (Action.REPORT, Visibility.SIGNED_IN): "SRMOWDP",
    (Action.REPORT, Visibility.MEMBERS): "RMOWDP",
    **{(Action.CONTRIBUTE, visible): "MOWDP" for visible in Visibility},
    **{(Action.IMPORT, visible): "MOWDP" for visible in Visibility},
    **{(Action.READ_REPORT, visible): "MOWDP" for visible in Visibility},
    **{(Action.MODERATE, visible): "OWDP" for visible in Visibility},
    **{(Action.INVITE, visible): "OWDP" for visible in Visibility},
    **{(Action.PUBLISH, visible): "OWDP" for visible in Visibility},
    **{(Action.EDIT_VOCABULARY, visible): "OWDP" for visible in Visibility},
    **{(Action.MANAGE, visible): "WDP" for visible in Visibility},
    **{(Action.EXPORT_WHOLE, visible): "WDP" for visible in Visibility},
    **{(Action.CLOSE, visible): "WDP" for visible in Visibility},
    **{(Action.RESTORE, visible): "" for visible in Visibility},
}


@pytest.mark.parametrize(("action", "visible"), tuple(product(Action, Visibility)))
def test_an_archived_group_is_read_and_a_deleted_one_restored(action: Action, visible: Visibility) -> None:
    archived = replace(a_group(visible=visible), archived_at="2026-01-01T09:00:00Z")
    deleted = replace(archived, deleted_at="2026-02-01T09:00:00Z")
    lasting = {Action.READ, Action.EXPORT, Action.EXPORT_WHOLE, Action.REPORT, Action.MODERATE, Action.CLOSE}
    lasting.add(Action.READ_REPORT)
    for letter, actor in ACTORS.items():
        assert is_allowed(actor, action, archived) == (action in lasting and letter in EXPECTED[action, visible])
        assert is_allowed(actor, action, deleted) == (action is Action.RESTORE and letter in "WDP")


@pytest.mark.parametrize(("action", "visible"), tuple(product(Action, Visibility)))
def test_each_action_is_allowed_to_these_roles_only(action: Action, visible: Visibility) -> None:
    group = a_group(visible=visible)
    allowed = "".join(letter for letter, actor in ACTORS.items() if is_allowed(actor, action, group))
    assert allowed == EXPECTED[action, visible]


def test_every_action_has_its_line_for_every_visibility() -> None:
    assert {action: set(row) for action, row in MINIMUM_ROLES.items()} == {action: set(Visibility) for action in Action}


def test_a_role_in_one_group_gives_nothing_in_another() -> None:
    hidden = a_group("histoire", visible=Visibility.MEMBERS)
    assert not is_allowed(a_member(role=Role.OWNER, of=a_group("physique")), Action.READ, hidden)


def test_memberships_of_other_users_give_no_rights() -> None:
    group = a_group(visible=Visibility.MEMBERS)
    theirs = Membership(a_user("sophie").id, group.id, Role.OWNER)
    for actor in (Actor(a_user("claire").id, (theirs,)), Actor(None, (theirs,))):
        assert not is_allowed(actor, Action.READ, group)


def test_the_highest_of_several_roles_counts() -> None:
    group, claire = a_group(visible=Visibility.MEMBERS), a_user("claire")
    roles = (Role.READER, Role.MODERATOR, Role.MEMBER)
    actor = Actor(claire.id, tuple(Membership(claire.id, group.id, role) for role in roles))
    assert is_allowed(actor, Action.MODERATE, group)
    assert not is_allowed(actor, Action.MANAGE, group)


def test_unreadable_content_gets_the_same_error_as_missing_content() -> None:
    hidden = a_group(visible=Visibility.MEMBERS)
    for action in Action:
        with pytest.raises(NotFound) as absent:
            require_permission(SIGNED_IN, action, None)
        with pytest.raises(NotFound) as unreadable:
            require_permission(SIGNED_IN, action, hidden)
        assert str(absent.value) == str(unreadable.value)


def test_a_forbidden_action_in_a_readable_group_names_the_group() -> None:
    with pytest.raises(Forbidden, match="Physique"):
        require_permission(a_member(role=Role.READER), Action.CONTRIBUTE, a_group("physique"))


def test_require_permission_returns_the_group() -> None:
    group = a_group()
    assert require_permission(a_member(), Action.CONTRIBUTE, group) is group


def test_a_scope_holds_the_readable_groups() -> None:
    public_group = a_group("physique")
    signed_in = a_group("histoire", visible=Visibility.SIGNED_IN)
    own_library = a_group("~claire", visible=Visibility.MEMBERS)
    other = a_group("~sophie", visible=Visibility.MEMBERS)
    groups = (public_group, signed_in, own_library, other)

    assert access_scope_of(ANONYMOUS, groups) == AccessScope(frozenset({public_group.id}))
    assert access_scope_of(SIGNED_IN, groups) == AccessScope(frozenset({public_group.id, signed_in.id}))
    assert access_scope_of(a_member(of=own_library), groups) == AccessScope(
        frozenset({public_group.id, signed_in.id, own_library.id})
    )
    assert access_scope_of(OPERATOR, groups) == AccessScope(everything=True)
    assert access_scope_of(ANONYMOUS, ()) == AccessScope()


def test_readable_groups_are_in_the_scope() -> None:
    groups = [
        *(a_group(visible.value, visible=visible) for visible in Visibility),
        a_group("~claire", visible=Visibility.MEMBERS),
    ]
    actors = [*ACTORS.values(), a_member(role=Role.READER, of=groups[2]), a_member(role=Role.OWNER, of=groups[3])]
    for actor in actors:
        with closing(a_base(*groups)) as store, store.read() as reading:
            readable = reading.groups.readable(readable_groups_filter(actor))
        assert {group.id for group in groups if is_allowed(actor, Action.READ, group)} == {
            group.id for group in readable
        }


def test_a_scope_holds_its_groups_and_no_other() -> None:
    assert AccessScope(frozenset({"g-physique"})).holds("g-physique")
    assert not AccessScope(frozenset({"g-physique"})).holds("g-histoire")
    assert not AccessScope().holds("g-physique")
    assert AccessScope(everything=True).holds("g-physique")


@pytest.mark.parametrize(("letter", "actor"), ACTORS.items())
def test_operator_actions_are_allowed_to_the_operator_only(letter: str, actor: Actor) -> None:
    if letter == "P":
        require_operator(actor)
    else:
        with pytest.raises(Forbidden):
            require_operator(actor)
