"""An invitation is valid only while its inviter may invite: not after they were expelled, demoted, closed or
deleted.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR, Actor
from kb.errors import Conflict, NotFound
from kb.model.people.group import Group, JoinPolicy, Role, Visibility
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.accounts.account_lifecycle import NewAccount, close_account, set_administrator
from kb.services.accounts.one_time_links import (
    account_of_password_link,
    create_account_from_link,
    create_password_link,
    join_from_link,
    one_time_link,
    reset_password,
)
from kb.services.core.library import Library
from kb.services.groups.invitations import (
    answer_invitation,
    answer_join_request,
    invite_account,
    invite_by_email,
    invite_by_link,
    invite_to_site,
    own_invitations,
    pending_site_invitations,
)
from kb.services.groups.membership import join_group, leave_group, remove_member, set_role, transfer_ownership
from kb.store import Store
from tests.factories.group import a_shared, as_, role
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account

Event = Callable[[Library, Group], None]


def expel_member(library: Library, group: Group) -> None:
    remove_member(library, OPERATOR, group.slug, "max")


def leave(library: Library, group: Group) -> None:
    leave_group(library, as_(library, "max"), group.slug)


def lower_role(library: Library, group: Group) -> None:
    set_role(library, OPERATOR, group.slug, "max", Role.MEMBER)


def closed(library: Library, group: Group) -> None:
    del group
    close_account(library, OPERATOR, "max", closed=True)


def deleted(library: Library, group: Group) -> None:
    del group
    erase_person(library, OPERATOR, "max", AnnotationHandling.KEEP)


EVENTS = [expel_member, leave, lower_role, closed, deleted]


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        for login in ("claire", "max", "paul"):
            an_account(library, login, name=login.title(), email=f"{login}@exemple.fr")
        yield library


@pytest.fixture
def group(library: Library) -> Group:
    """A closed group that Claire and Max own."""
    group = a_shared(library, JoinPolicy.INVITE, Visibility.MEMBERS)
    set_role(library, OPERATOR, group.slug, "max", Role.OWNER)
    return group


def as_before(library: Library, event: Event, group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """The event, with the rows of invitations restored: rights are checked at use, not only by revoking."""
    with monkeypatch.context() as patch:
        for module in ("accounts.account_lifecycle", "groups.membership"):
            patch.setattr(f"kb.services.{module}.revoke_invitations_by", lambda *_: None)
        event(library, group)


def invitations_in(store: Store) -> int:
    with store.read() as reading:
        return sum(len(reading.invitations.of_group(group.id)) for group in reading.groups.all())


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("is_revoked", [True, False])
def test_an_invitation_link_is_invalid_after_its_author_lost_the_right(
    library: Library, group: Group, event: Event, is_revoked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = invite_by_link(library, as_(library, "max"), group.slug, Role.OWNER)
    invite_account(library, as_(library, "max"), group.slug, "paul", Role.READER)
    (invitation,) = own_invitations(library, as_(library, "paul"))
    if is_revoked:
        event(library, group)
        assert invitations_in(library.store) == 0
    else:
        as_before(library, event, group, monkeypatch)
    with pytest.raises(NotFound):
        one_time_link(library, secret)
    with pytest.raises(NotFound):
        create_account_from_link(library, secret, NewAccount("neuf", "Neuf", password=PASSWORD), "")
    for login in ("max", "paul") if event is not deleted else ("paul",):
        before = role(library, login, group)
        with pytest.raises(NotFound):
            join_from_link(library, as_(library, login), secret)
        assert role(library, login, group) is before
    assert own_invitations(library, as_(library, "paul")) == ()
    with pytest.raises(NotFound):
        answer_invitation(library, as_(library, "paul"), invitation.invitation.id, accept=True)
    assert role(library, "paul", group) is None


def test_an_owner_who_becomes_a_moderator_has_links_for_readers_and_members_left(
    library: Library, group: Group
) -> None:
    links = {role: invite_by_link(library, as_(library, "max"), group.slug, role)[1] for role in Role}
    transfer_ownership(library, as_(library, "max"), group.slug, "claire")
    works = set()
    for granted, secret in links.items():
        try:
            one_time_link(library, secret)
        except NotFound:
            continue
        works.add(granted)
    assert works == {Role.READER, Role.MEMBER}


def test_an_invitation_sent_to_a_member_does_not_bring_them_back(library: Library, group: Group) -> None:
    _, secret = invite_by_email(library, as_(library, "claire"), group.slug, "max@exemple.fr", Role.OWNER)
    expel_member(library, group)
    assert secret is not None
    with pytest.raises(NotFound):
        join_from_link(library, as_(library, "max"), secret)


@pytest.mark.parametrize("is_closed", [True, False])
def test_links_of_an_administrator_end_with_their_office(library: Library, is_closed: bool) -> None:
    an_account(library, "ada", administrator=True)
    an_account(library, "berthe", administrator=True)
    ada = as_administrator(library, "ada")
    invitation, reset = invite_to_site(library, ada), create_password_link(library, ada, "paul")
    assert account_of_password_link(library, reset).user.login == "paul"
    if is_closed:
        close_account(library, OPERATOR, "ada", closed=True)
    else:
        set_administrator(library, OPERATOR, "ada", administrator=False)
    assert pending_site_invitations(library, OPERATOR) == ()
    for act in (
        lambda: one_time_link(library, invitation or ""),
        lambda: create_account_from_link(library, invitation or "", NewAccount("neuf", "Neuf", password=PASSWORD), ""),
        lambda: reset_password(library, reset, PASSWORD, ""),
    ):
        with pytest.raises(NotFound):
            act()


def test_a_link_to_a_password_ends_with_the_account(library: Library) -> None:
    reset = create_password_link(library, OPERATOR, "paul")
    close_account(library, OPERATOR, "paul", closed=True)
    close_account(library, OPERATOR, "paul", closed=False)
    with pytest.raises(NotFound):
        reset_password(library, reset, PASSWORD, "")


def test_a_user_whose_account_was_closed_after_the_request_is_not_admitted(library: Library) -> None:
    group = a_shared(library, JoinPolicy.REQUEST)
    join_group(library, as_(library, "paul"), group.slug)
    close_account(library, OPERATOR, "paul", closed=True)
    with pytest.raises(Conflict):
        answer_join_request(library, as_(library, "claire"), group.slug, "paul", Role.MEMBER)
    answer_join_request(library, as_(library, "claire"), group.slug, "paul", None)


def test_invitation_links_work_while_their_maker_has_the_right(library: Library, group: Group) -> None:
    for actor in (OPERATOR, as_(library, "claire")):
        _, secret = invite_by_link(library, actor, group.slug, Role.OWNER)
        lower_role(library, group)
        join_from_link(library, as_(library, "paul"), secret)
        assert role(library, "paul", group) is Role.OWNER
        remove_member(library, OPERATOR, group.slug, "paul")


def as_administrator(library: Library, login: str) -> Actor:
    return replace(as_(library, login), administrator=True)
