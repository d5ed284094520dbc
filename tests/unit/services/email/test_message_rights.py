"""Queued messages are only sent to recipients who may still read their content."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

import kb.services.email.outbox
from kb.access.actor import OPERATOR
from kb.email.smtp import OutgoingMessage
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_deletion import AnnotationHandling, erase_person
from kb.services.accounts.account_lifecycle import close_account
from kb.services.accounts.one_time_links import send_password_reset_link
from kb.services.annotations.annotations import write_annotation
from kb.services.core.library import Library
from kb.services.email.outbox import send_due_messages
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.group_views import add_group
from kb.services.groups.invitations import answer_join_request, invite_by_email
from kb.services.groups.membership import join_group, remove_member, set_role, withdraw_join_request
from kb.services.item_actions.move_and_copy import move_item
from kb.services.mentions.mentions import set_mention_emails
from kb.services.moderation.moderation_actions import delete_content_permanently, hide_content, remove_content
from tests.factories.group import as_
from tests.factories.moderation import a_moderated_library
from tests.support.browser_sessions import an_account

SITE = "https://florilege.exemple.fr"


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library(Visibility.MEMBERS) as opened:
        settings = replace(opened.settings, mail_url="smtp://localhost", base_url=SITE)
        for login in ("zoe", "yann"):
            an_account(opened, login, email=f"{login}@exemple.fr")
        yield replace(opened, settings=settings)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[OutgoingMessage]:
    out: list[OutgoingMessage] = []
    monkeypatch.setattr(kb.services.email.outbox, "send_email", lambda _url, letter: out.append(letter))
    return out


def waiting(library: Library) -> int:
    with library.store.read() as reading:
        return reading.outbox.waiting()[0]


def mention_zoe(library: Library) -> str:
    """Mention Zoé, a member who wants to be notified, in an annotation of the item i1."""
    set_role(library, OPERATOR, "quais", "zoe", Role.MEMBER)
    set_mention_emails(library, as_(library, "zoe"), enabled=True)
    return write_annotation(library, as_(library, "max"), "i1", AnnotationFields(body="Qu’en dis-tu, @zoe ?")).part_id


def nothing(library: Library, part_id: str) -> None:
    del library, part_id


def expel_member(library: Library, part_id: str) -> None:
    del part_id
    remove_member(library, OPERATOR, "quais", "zoe")


def closed(library: Library, part_id: str) -> None:
    del part_id
    close_account(library, OPERATOR, "zoe", closed=True)


def deleted(library: Library, part_id: str) -> None:
    del part_id
    erase_person(library, OPERATOR, "zoe", AnnotationHandling.KEEP)


def item_hidden(library: Library, part_id: str) -> None:
    del part_id
    hide_content(library, OPERATOR, "i1")


def annotation_removed(library: Library, part_id: str) -> None:
    remove_content(library, OPERATOR, "i1", part_id)


def item_deleted(library: Library, part_id: str) -> None:
    del part_id
    delete_content_permanently(library, OPERATOR, hide_content(library, OPERATOR, "i1").id)


def item_moved(library: Library, part_id: str) -> None:
    del part_id
    add_group(library, OPERATOR, "reserve", "Réserve", visible=Visibility.MEMBERS)
    set_role(library, OPERATOR, "reserve", "max", Role.OWNER)
    move_item(library, as_(library, "max"), "i1", "reserve", confirmed=True)


EVENTS: list[tuple[Callable[[Library, str], None], int]] = [
    (nothing, 1), (expel_member, 0), (closed, 0), (deleted, 0),
    (item_hidden, 0), (annotation_removed, 0), (item_deleted, 0), (item_moved, 0),
]  # fmt: skip


@pytest.mark.parametrize(("event", "count"), EVENTS)
def test_a_mention_is_sent_only_to_users_who_may_still_read_it(
    library: Library, sent: list[OutgoingMessage], event: Callable[[Library, str], None], count: int
) -> None:
    part_id = mention_zoe(library)
    event(library, part_id)
    assert send_due_messages(library) == count
    assert len(sent) == count
    assert waiting(library) == 0


@pytest.mark.parametrize("is_open", [True, False])
def test_a_mention_in_a_closed_group_is_sent_to_no_outsider(
    library: Library, sent: list[OutgoingMessage], is_open: bool
) -> None:
    settings = GroupSettings("Quais", visible=Visibility.EVERYONE, join=JoinPolicy.INVITE)
    change_group(library, as_(library, "olga"), "quais", settings)
    mention_zoe(library)
    remove_member(library, OPERATOR, "quais", "zoe")
    if not is_open:
        change_group(library, as_(library, "olga"), "quais", replace(settings, visible=Visibility.MEMBERS))
    send_due_messages(library)
    assert len(sent) == is_open


@pytest.mark.parametrize("is_maker_expelled", [True, False])
def test_an_invitation_is_sent_while_its_maker_may_make_it(
    library: Library, sent: list[OutgoingMessage], is_maker_expelled: bool
) -> None:
    invite_by_email(library, as_(library, "max"), "quais", "neuve@exemple.org", Role.READER)
    if is_maker_expelled:
        remove_member(library, OPERATOR, "quais", "max")
    send_due_messages(library)
    assert len(sent) == (not is_maker_expelled)


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_link_to_a_password_is_sent_to_an_open_account(
    library: Library, sent: list[OutgoingMessage], is_closed: bool
) -> None:
    send_password_reset_link(library, "zoe", "fr")
    if is_closed:
        close_account(library, OPERATOR, "zoe", closed=True)
    send_due_messages(library)
    assert len(sent) == (not is_closed)


@pytest.mark.parametrize("event", ["nothing", "lowered", "expelled", "taken back"])
def test_a_join_request_is_sent_to_those_who_are_still_owners(
    library: Library, sent: list[OutgoingMessage], event: str
) -> None:
    settings = GroupSettings("Quais", visible=Visibility.EVERYONE, join=JoinPolicy.REQUEST)
    change_group(library, as_(library, "olga"), "quais", settings)
    set_role(library, OPERATOR, "quais", "zoe", Role.OWNER)
    join_group(library, as_(library, "yann"), "quais", "Bonjour")
    match event:
        case "lowered":
            set_role(library, OPERATOR, "quais", "zoe", Role.MEMBER)
        case "expelled":
            remove_member(library, OPERATOR, "quais", "zoe")
        case "taken back":
            withdraw_join_request(library, as_(library, "yann"), "quais")
        case _:
            pass
    send_due_messages(library)
    assert [message.recipient for message in sent] == (["zoe@exemple.fr"] if event == "nothing" else [])


@pytest.mark.parametrize("is_expelled", [True, False])
def test_the_answer_to_a_join_request_names_only_a_readable_group(
    library: Library, sent: list[OutgoingMessage], is_expelled: bool
) -> None:
    settings = GroupSettings("Quais", visible=Visibility.EVERYONE, join=JoinPolicy.REQUEST)
    change_group(library, as_(library, "olga"), "quais", settings)
    join_group(library, as_(library, "yann"), "quais")
    answer_join_request(library, as_(library, "olga"), "quais", "yann", Role.READER)
    change_group(
        library, as_(library, "olga"), "quais", replace(settings, visible=Visibility.MEMBERS, join=JoinPolicy.INVITE)
    )
    if is_expelled:
        remove_member(library, OPERATOR, "quais", "yann")
    send_due_messages(library)
    assert len(sent) == (not is_expelled)
