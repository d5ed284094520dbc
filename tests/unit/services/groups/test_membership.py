"""Groups that users create, join, leave and hand over, and the limits of each role."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from kb.access.actor import ANONYMOUS, OPERATOR, Action, Actor
from kb.errors import Conflict, Forbidden, Invalid, LoginNeeded, NotFound
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import close_account
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, change_group, create_group, is_new_slug
from kb.services.groups.group_states import archive_group
from kb.services.groups.group_views import readable_group, require_group_permission
from kb.services.groups.invitations import answer_join_request, invite_account, invite_by_link, revoke_invitation
from kb.services.groups.membership import (
    join_group,
    leave_group,
    membership_status_of,
    remove_member,
    set_role,
    transfer_ownership,
    withdraw_join_request,
)
from tests.factories.group import a_shared, as_, log_of, role
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        for login in ("claire", "paul", "sophie", "luc"):
            an_account(library, login, name=login.title())
        yield library


def test_a_logged_in_user_creates_a_group_and_owns_it(library: Library) -> None:
    group = create_group(
        library,
        as_(library, "claire"),
        GroupSettings(
            " Veille  juridique ", "Ce que nous lisons.", Visibility.SIGNED_IN, JoinPolicy.REQUEST, False, ["fr"]
        ),
    )
    assert group.slug == "veille-juridique"
    assert (group.name, group.join, group.feeds) == ("Veille juridique", JoinPolicy.REQUEST, False)
    assert readable_group(library, as_(library, "claire"), group.slug) == group
    assert role(library, "claire", group) is Role.OWNER
    assert log_of(library, group) == ["group-added"]


def test_the_address_of_a_new_group_is_its_name_with_a_number_only_when_taken(library: Library) -> None:
    slugs = [a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS).slug for _ in range(3)]
    assert slugs == ["lectures", "lectures-2", "lectures-3"]
    paul = as_(library, "paul")
    assert create_group(library, paul, GroupSettings("Usages numériques !")).slug == "usages-numeriques"
    assert create_group(library, paul, GroupSettings("Lectures", slug="cave")).slug == "cave"
    long = [create_group(library, paul, GroupSettings("à" * 64)).slug for _ in range(2)]
    assert long == ["a" * 64, "a" * 62 + "-2"]
    assert is_new_slug(create_group(library, paul, GroupSettings("会議")).slug)


def test_the_only_owner_leaves_an_archived_group(library: Library) -> None:
    group = a_shared(library)
    with pytest.raises(Conflict):
        leave_group(library, as_(library, "claire"), group.slug)
    archive_group(library, as_(library, "claire"), group.slug)
    archive_group(library, as_(library, "claire"), group.slug)
    leave_group(library, as_(library, "claire"), group.slug)
    assert role(library, "claire", group) is None
    with pytest.raises(Forbidden):
        join_group(library, as_(library, "luc"), group.slug)
    archive_group(library, OPERATOR, group.slug, archived=False)
    assert join_group(library, as_(library, "luc"), group.slug)
    assert log_of(library, group) == ["group-added", "group-archived", "left", "group-unarchived", "joined"]


def test_an_administrator_says_the_whole_address(library: Library) -> None:
    an_account(library, "chef", administrator=True)
    chef = Actor(as_(library, "chef").user_id, administrator=True)
    assert create_group(library, chef, GroupSettings("Lectures", slug="lectures")).slug == "lectures"
    with pytest.raises(Conflict):
        create_group(library, chef, GroupSettings("Lectures", slug="lectures"))
    for wrong in ("~claire", "À", "a b", "x" * 65):
        with pytest.raises(Invalid):
            create_group(library, chef, GroupSettings("Lectures", slug=wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        GroupSettings(""),
        GroupSettings("\n"),
        GroupSettings("x" * 121),
        GroupSettings("a\x00b"),
        GroupSettings("Lectures", "x" * 2001),
        GroupSettings("Lectures", languages=["klingon"]),
        GroupSettings("Lectures", visible=Visibility.MEMBERS, join=JoinPolicy.OPEN),
    ],
)
def test_invalid_group_settings_are_refused(library: Library, wrong: GroupSettings) -> None:
    group = a_shared(library)
    with pytest.raises(Invalid):
        create_group(library, as_(library, "claire"), wrong)
    with pytest.raises(Invalid):
        change_group(library, as_(library, "claire"), group.slug, wrong)
    assert require_group_permission(library, as_(library, "claire"), Action.CLOSE, group.slug) == group


def test_a_group_is_created_by_logged_in_users_only(library: Library) -> None:
    with pytest.raises(LoginNeeded):
        create_group(library, ANONYMOUS, GroupSettings("Lectures"))
    with pytest.raises(Forbidden):
        create_group(library, Actor("u", read_only=True), GroupSettings("Lectures"))


def test_only_an_owner_changes_a_group(library: Library) -> None:
    group = a_shared(library)
    for granted in (Role.READER, Role.MEMBER, Role.MODERATOR):
        set_role(library, OPERATOR, group.slug, "paul", granted)
        with pytest.raises(Forbidden):
            change_group(library, as_(library, "paul"), group.slug, GroupSettings("Autre"))
    with pytest.raises(Forbidden):
        change_group(library, as_(library, "sophie"), group.slug, GroupSettings("Autre"))
    assert change_group(library, as_(library, "claire"), group.slug, GroupSettings("Autre")).name == "Autre"


def test_an_invisible_group_answers_as_a_missing_one(library: Library) -> None:
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    stranger, messages = as_(library, "luc"), set()
    for slug in (group.slug, "nulle-part"):
        for act in (
            lambda slug=slug: join_group(library, stranger, slug),
            lambda slug=slug: withdraw_join_request(library, stranger, slug),
            lambda slug=slug: leave_group(library, stranger, slug),
            lambda slug=slug: set_role(library, stranger, slug, "paul", Role.OWNER),
            lambda slug=slug: remove_member(library, stranger, slug, "claire"),
            lambda slug=slug: transfer_ownership(library, stranger, slug, "paul"),
            lambda slug=slug: invite_by_link(library, stranger, slug, Role.READER),
            lambda slug=slug: invite_account(library, stranger, slug, "paul", Role.READER),
            lambda slug=slug: answer_join_request(library, stranger, slug, "paul", Role.READER),
            lambda slug=slug: revoke_invitation(library, stranger, slug, "x"),
            lambda slug=slug: change_group(library, stranger, slug, GroupSettings("Autre")),
        ):
            with pytest.raises(NotFound) as error:
                act()
            messages.add(str(error.value))
    assert len(messages) == 1


def test_a_user_joins_an_open_group_at_once(library: Library) -> None:
    group = a_shared(library, JoinPolicy.OPEN)
    assert membership_status_of(library, as_(library, "paul"), group).join is JoinPolicy.OPEN
    assert join_group(library, as_(library, "paul"), group.slug)
    assert join_group(library, as_(library, "paul"), group.slug)
    assert role(library, "paul", group) is Role.MEMBER
    assert log_of(library, group) == ["group-added", "joined"]
    with pytest.raises(LoginNeeded):
        join_group(library, ANONYMOUS, group.slug)


def test_a_user_does_not_join_without_an_invitation(library: Library) -> None:
    group = a_shared(library, JoinPolicy.INVITE)
    assert membership_status_of(library, as_(library, "paul"), group).join is None
    with pytest.raises(Forbidden):
        join_group(library, as_(library, "paul"), group.slug)


def test_a_removed_member_reads_nothing_afterwards(library: Library) -> None:
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    assert readable_group(library, as_(library, "paul"), group.slug) == group
    remove_member(library, as_(library, "claire"), group.slug, "paul")
    with pytest.raises(NotFound):
        readable_group(library, as_(library, "paul"), group.slug)
    with pytest.raises(NotFound):
        remove_member(library, as_(library, "claire"), group.slug, "paul")


def test_a_group_always_has_an_owner_who_can_log_in(library: Library) -> None:
    group = a_shared(library)
    set_role(library, OPERATOR, group.slug, "paul", Role.OWNER)
    close_account(library, OPERATOR, "paul", closed=True)
    claire = as_(library, "claire")
    for act in (
        lambda: leave_group(library, claire, group.slug),
        lambda: remove_member(library, claire, group.slug, "claire"),
        lambda: set_role(library, claire, group.slug, "claire", Role.MEMBER),
        lambda: set_role(library, OPERATOR, group.slug, "claire", Role.MEMBER),
        lambda: transfer_ownership(library, claire, group.slug, "paul"),
    ):
        with pytest.raises(Conflict):
            act()
    close_account(library, OPERATOR, "paul", closed=False)
    leave_group(library, claire, group.slug)
    assert role(library, "claire", group) is None


def test_an_owner_hands_over_to_a_member(library: Library) -> None:
    group = a_shared(library)
    join_group(library, as_(library, "paul"), group.slug)
    with pytest.raises(NotFound):
        transfer_ownership(library, as_(library, "claire"), group.slug, "sophie")
    with pytest.raises(Forbidden):
        transfer_ownership(library, as_(library, "paul"), group.slug, "paul")
    transfer_ownership(library, as_(library, "claire"), group.slug, "paul")
    assert (role(library, "claire", group), role(library, "paul", group)) == (Role.MODERATOR, Role.OWNER)


def test_an_owner_gives_roles_to_members_alone(library: Library) -> None:
    group = a_shared(library)
    with pytest.raises(NotFound):
        set_role(library, as_(library, "claire"), group.slug, "paul", Role.READER)
    join_group(library, as_(library, "paul"), group.slug)
    set_role(library, as_(library, "claire"), group.slug, "paul", Role.MODERATOR)
    assert role(library, "paul", group) is Role.MODERATOR


def test_an_own_library_has_no_other_member(library: Library) -> None:
    claire = as_(library, "claire")
    for act in (
        lambda: leave_group(library, claire, "~claire"),
        lambda: set_role(library, claire, "~claire", "paul", Role.READER),
        lambda: set_role(library, OPERATOR, "~claire", "paul", Role.READER),
        lambda: invite_by_link(library, claire, "~claire", Role.READER),
        lambda: invite_account(library, claire, "~claire", "paul", Role.READER),
        lambda: change_group(library, claire, "~claire", GroupSettings("À moi")),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(NotFound):
        join_group(library, as_(library, "paul"), "~claire")
