"""E-mail that waits is sent to who may still read what it says, and drops what its recipient may not read any more."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

import kb.services.email.outbox
from kb.access.actor import OPERATOR
from kb.email.smtp import Outgoing
from kb.model.items.item_fields import Words
from kb.model.people.group import Joining, Role, Visibility
from kb.services.accounts.account_deletion import Words as Kept
from kb.services.accounts.account_deletion import forget_person
from kb.services.accounts.accounts import close_account
from kb.services.accounts.password_reset import send_password_link
from kb.services.annotations.annotations import annotate
from kb.services.core.library import Library
from kb.services.email.outbox import send_letters
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.groups import add_group
from kb.services.groups.invitations import answer_request, invite_by_email
from kb.services.groups.membership import join_group, remove_member, set_role, take_back
from kb.services.item_actions.move_and_copy import move
from kb.services.mentions.mentions import want_letters
from kb.services.moderation.moderation_actions import hide, purge, remove
from tests.browser_sessions import an_account
from tests.group_factories import as_
from tests.moderation_factories import a_moderated_library

SITE = "https://florilege.exemple.fr"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library(Visibility.MEMBERS) as opened:
        settings = replace(opened.settings, mail_url="smtp://localhost", base_url=SITE)
        for login in ("zoe", "yann"):
            an_account(opened, login, email=f"{login}@exemple.fr")
        yield replace(opened, settings=settings)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Outgoing]:
    out: list[Outgoing] = []
    monkeypatch.setattr(kb.services.email.outbox, "send", lambda _url, letter: out.append(letter))
    return out


def waiting(library: Library) -> int:
    with library.store.read() as reading:
        return reading.letters.waiting()[0]


def mention_zoe(library: Library) -> str:
    """Zoé, a member, is mentioned in an annotation of the item i1, and wants to know."""
    set_role(library, OPERATOR, "quais", "zoe", Role.MEMBER)
    want_letters(library, as_(library, "zoe"), wanted=True)
    return annotate(library, as_(library, "max"), "i1", Words(body="Qu’en dis-tu, @zoe ?")).part_id


def nothing(library: Library, part_id: str) -> None:
    del library, part_id


def expelled(library: Library, part_id: str) -> None:
    del part_id
    remove_member(library, OPERATOR, "quais", "zoe")


def closed(library: Library, part_id: str) -> None:
    del part_id
    close_account(library, OPERATOR, "zoe", closed=True)


def deleted(library: Library, part_id: str) -> None:
    del part_id
    forget_person(library, OPERATOR, "zoe", Kept.KEPT)


def item_hidden(library: Library, part_id: str) -> None:
    del part_id
    hide(library, OPERATOR, "i1")


def annotation_removed(library: Library, part_id: str) -> None:
    remove(library, OPERATOR, "i1", part_id)


def item_deleted(library: Library, part_id: str) -> None:
    del part_id
    purge(library, OPERATOR, hide(library, OPERATOR, "i1").id)


def item_moved(library: Library, part_id: str) -> None:
    del part_id
    add_group(library, OPERATOR, "reserve", "Réserve", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, "reserve", "max", Role.OWNER)
    move(library, as_(library, "max"), "i1", "reserve", confirmed=True)


EVENTS: list[tuple[Callable[[Library, str], None], int]] = [
    (nothing, 1), (expelled, 0), (closed, 0), (deleted, 0),
    (item_hidden, 0), (annotation_removed, 0), (item_deleted, 0), (item_moved, 0),
]  # fmt: skip


@pytest.mark.parametrize(("event", "count"), EVENTS)
def test_a_mention_is_sent_to_who_may_still_read_it(
    library: Library, sent: list[Outgoing], event: Callable[[Library, str], None], count: int
) -> None:
    part_id = mention_zoe(library)
    event(library, part_id)
    assert send_letters(library) == count
    assert len(sent) == count
    assert waiting(library) == 0


@pytest.mark.parametrize("is_open", [True, False])
def test_a_mention_in_a_group_that_closed_is_sent_to_nobody_outside(
    library: Library, sent: list[Outgoing], is_open: bool
) -> None:
    settings = GroupSettings("Quais", visible=Visibility.EVERYONE, join=Joining.INVITE)
    change_group(library, as_(library, "olga"), "quais", settings)
    mention_zoe(library)
    remove_member(library, OPERATOR, "quais", "zoe")
    if not is_open:
        change_group(library, as_(library, "olga"), "quais", replace(settings, visible=Visibility.MEMBERS))
    send_letters(library)
    assert len(sent) == is_open


@pytest.mark.parametrize("is_maker_expelled", [True, False])
def test_an_invitation_is_sent_while_its_maker_may_make_it(
    library: Library, sent: list[Outgoing], is_maker_expelled: bool
) -> None:
    invite_by_email(library, as_(library, "max"), "quais", "neuve@exemple.org", Role.READER)
    if is_maker_expelled:
        remove_member(library, OPERATOR, "quais", "max")
    send_letters(library)
    assert len(sent) == (not is_maker_expelled)


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_link_to_a_password_is_sent_to_an_open_account(
    library: Library, sent: list[Outgoing], is_closed: bool
) -> None:
    send_password_link(library, "zoe", "fr")
    if is_closed:
        close_account(library, OPERATOR, "zoe", closed=True)
    send_letters(library)
    assert len(sent) == (not is_closed)


@pytest.mark.parametrize("event", ["nothing", "lowered", "expelled", "taken back"])
def test_a_request_to_join_is_sent_to_who_is_still_an_owner(library: Library, sent: list[Outgoing], event: str) -> None:
    settings = GroupSettings("Quais", visible=Visibility.EVERYONE, join=Joining.REQUEST)
    change_group(library, as_(library, "olga"), "quais", settings)
    set_role(library, OPERATOR, "quais", "zoe", Role.OWNER)
    join_group(library, as_(library, "yann"), "quais", "Bonjour")
    match event:
        case "lowered":
            set_role(library, OPERATOR, "quais", "zoe", Role.MEMBER)
        case "expelled":
            remove_member(library, OPERATOR, "quais", "zoe")
        case "taken back":
            take_back(library, as_(library, "yann"), "quais")
        case _:
            pass
    send_letters(library)
    assert [one.recipient for one in sent] == (["zoe@exemple.fr"] if event == "nothing" else [])


@pytest.mark.parametrize("is_expelled", [True, False])
def test_an_answer_names_the_group_to_who_may_read_it(
    library: Library, sent: list[Outgoing], is_expelled: bool
) -> None:
    settings = GroupSettings("Quais", visible=Visibility.EVERYONE, join=Joining.REQUEST)
    change_group(library, as_(library, "olga"), "quais", settings)
    join_group(library, as_(library, "yann"), "quais")
    answer_request(library, as_(library, "olga"), "quais", "yann", Role.READER)
    change_group(
        library, as_(library, "olga"), "quais", replace(settings, visible=Visibility.MEMBERS, join=Joining.INVITE)
    )
    if is_expelled:
        remove_member(library, OPERATOR, "quais", "yann")
    send_letters(library)
    assert len(sent) == (not is_expelled)
