"""Queued messages are only sent to recipients who may still read their content."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

import kb.services.email.outbox
from kb.access.actor import OPERATOR
from kb.email.smtp import OutgoingMessage
from kb.model.people.group import JoinPolicy, Role, Visibility
from kb.services.accounts.account_lifecycle import close_account
from kb.services.accounts.one_time_links import send_password_reset_link
from kb.services.core.library import Library
from kb.services.email.outbox import send_due_messages
from kb.services.groups.group_settings import GroupSettings, change_group
from kb.services.groups.invitations import answer_join_request, invite_by_email
from kb.services.groups.membership import join_group, remove_member
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
    monkeypatch.setattr(kb.services.email.outbox, "send_email", lambda _url, letter, _key: out.append(letter))
    return out


def waiting(library: Library) -> int:
    with library.store.read() as reading:
        return reading.outbox.waiting()[0]


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
