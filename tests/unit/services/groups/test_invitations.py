"""Joining a group by request, link or invitation, and the limits of each role."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from kb.access.actor import OPERATOR
from kb.errors import Conflict, Forbidden, NotFound
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import NewAccount
from kb.services.accounts.one_time_links import create_account_from_link
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.invitations import (
    answer_invitation,
    answer_join_request,
    invite_account,
    invite_by_email,
    invite_by_link,
    own_invitations,
    replace_invitation_link,
    revoke_invitation,
)
from kb.services.groups.membership import (
    join_group,
    membership_status_of,
    remove_member,
    set_role,
    withdraw_join_request,
)
from tests.factories.group import a_shared, as_, log_of, role
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        for login in ("claire", "paul", "sophie", "luc"):
            an_account(library, login, name=login.title())
        yield library


def test_a_join_request_is_accepted_or_declined(library: Library) -> None:
    group = a_shared(library, JoinPolicy.REQUEST)
    for login in ("paul", "sophie", "luc"):
        assert not join_group(library, as_(library, login), group.slug, "Bonjour !")
    assert membership_status_of(library, as_(library, "paul"), group).asked
    withdraw_join_request(library, as_(library, "luc"), group.slug)
    assert not membership_status_of(library, as_(library, "luc"), group).asked
    answer_join_request(library, as_(library, "claire"), group.slug, "paul", Role.READER)
    answer_join_request(library, as_(library, "claire"), group.slug, "sophie", None)
    assert (role(library, "paul", group), role(library, "sophie", group)) == (Role.READER, None)
    for login in ("paul", "sophie", "luc"):
        with pytest.raises(NotFound):
            answer_join_request(library, as_(library, "claire"), group.slug, login, Role.READER)
    assert log_of(library, group)[-2:] == ["approved", "declined"]


def test_a_group_that_opens_admits_pending_requests(library: Library) -> None:
    group = a_shared(library, JoinPolicy.REQUEST)
    join_group(library, as_(library, "paul"), group.slug)
    change_group(library, as_(library, "claire"), group.slug, GroupSettings("Lectures", join=JoinPolicy.OPEN))
    assert role(library, "paul", group) is Role.MEMBER


def test_a_moderator_admits_readers_and_members_and_no_higher_role(library: Library) -> None:
    group = a_shared(library, JoinPolicy.REQUEST)
    set_role(library, OPERATOR, group.slug, "paul", Role.MODERATOR)
    join_group(library, as_(library, "sophie"), group.slug)
    for granted in (Role.MODERATOR, Role.OWNER):
        with pytest.raises(Forbidden):
            answer_join_request(library, as_(library, "paul"), group.slug, "sophie", granted)
        with pytest.raises(Forbidden):
            invite_by_link(library, as_(library, "paul"), group.slug, granted)
        with pytest.raises(Forbidden):
            invite_account(library, as_(library, "paul"), group.slug, "luc", granted)
    answer_join_request(library, as_(library, "paul"), group.slug, "sophie", Role.MEMBER)
    for act in (set_role,):
        with pytest.raises(Forbidden):
            act(library, as_(library, "paul"), group.slug, "sophie", Role.READER)
    with pytest.raises(Forbidden):
        remove_member(library, as_(library, "paul"), group.slug, "sophie")


def test_a_member_neither_invites_nor_answers(library: Library) -> None:
    group = a_shared(library, JoinPolicy.REQUEST)
    set_role(library, OPERATOR, group.slug, "paul", Role.MEMBER)
    join_group(library, as_(library, "sophie"), group.slug)
    with pytest.raises(Forbidden):
        invite_by_link(library, as_(library, "paul"), group.slug, Role.READER)
    with pytest.raises(Forbidden):
        answer_join_request(library, as_(library, "paul"), group.slug, "sophie", Role.READER)


def test_a_link_gives_its_role_once(library: Library) -> None:
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    _, secret = invite_by_link(library, as_(library, "claire"), group.slug, Role.MEMBER)
    create_account_from_link(library, secret, NewAccount("marie", "Marie", password=PASSWORD), "")
    assert role(library, "marie", group) is Role.MEMBER
    with pytest.raises(NotFound):
        create_account_from_link(library, secret, NewAccount("autre", "Autre", password=PASSWORD), "")


def test_an_invited_user_accepts_or_declines(library: Library) -> None:
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    for login in ("paul", "sophie"):
        invite_account(library, as_(library, "claire"), group.slug, login, Role.READER)
    assert role(library, "paul", group) is None
    (invitation,) = own_invitations(library, as_(library, "paul"))
    assert (invitation.group, invitation.by and invitation.by.login) == (group, "claire")
    with pytest.raises(NotFound):
        answer_invitation(library, as_(library, "luc"), invitation.invitation.id, accept=True)
    answer_invitation(library, as_(library, "paul"), invitation.invitation.id, accept=True)
    assert role(library, "paul", group) is Role.READER
    (other,) = own_invitations(library, as_(library, "sophie"))
    answer_invitation(library, as_(library, "sophie"), other.invitation.id, accept=False)
    assert (role(library, "sophie", group), own_invitations(library, as_(library, "sophie"))) == (None, ())
    with pytest.raises(Conflict):
        invite_account(library, as_(library, "claire"), group.slug, "paul", Role.READER)
    with pytest.raises(NotFound):
        invite_account(library, as_(library, "claire"), group.slug, "personne", Role.READER)


def test_another_link_takes_the_place_of_the_first(library: Library) -> None:
    """Its rights are those of who makes it, and the address that it is shown for is not confirmed by it."""
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    set_role(library, OPERATOR, group.slug, "sophie", Role.MODERATOR)
    claire, sophie = as_(library, "claire"), as_(library, "sophie")
    for role_ in (Role.OWNER, Role.READER):
        invite_by_email(library, claire, group.slug, "zoe@exemple.fr", role_)
    with library.store.write() as writing:
        ids = {invitation.role: invitation.id for invitation in writing.invitations.of_group(group.id)}
    with pytest.raises(Forbidden):
        replace_invitation_link(library, sophie, group.slug, ids[Role.OWNER])
    invitation, secret = replace_invitation_link(library, sophie, group.slug, ids[Role.READER])
    assert (invitation.role, invitation.email, invitation.made_by, invitation.sent_by_email) == (
        Role.READER, "zoe@exemple.fr", sophie.user_id, False,
    )  # fmt: skip
    assert log_of(library, group)[-3:] == ["invited"] * 3
    create_account_from_link(library, secret, NewAccount("zoe", "Zoé", password=PASSWORD), "")
    assert role(library, "zoe", group) is Role.READER
    with pytest.raises(NotFound):
        replace_invitation_link(library, sophie, group.slug, ids[Role.READER])
    # Who has an account accepts on their own pages, without a link.
    invite_account(library, claire, group.slug, "paul", Role.READER)
    (own,) = own_invitations(library, as_(library, "paul"))
    with pytest.raises(NotFound):
        replace_invitation_link(library, claire, group.slug, own.invitation.id)


def test_a_withdrawn_invitation_gives_nothing(library: Library) -> None:
    group = a_shared(library, JoinPolicy.INVITE)
    invite_account(library, as_(library, "claire"), group.slug, "paul", Role.OWNER)
    (invitation,) = own_invitations(library, as_(library, "paul"))
    set_role(library, OPERATOR, group.slug, "sophie", Role.MODERATOR)
    with pytest.raises(Forbidden):
        revoke_invitation(library, as_(library, "sophie"), group.slug, invitation.invitation.id)
    revoke_invitation(library, as_(library, "claire"), group.slug, invitation.invitation.id)
    with pytest.raises(NotFound):
        answer_invitation(library, as_(library, "paul"), invitation.invitation.id, accept=True)
