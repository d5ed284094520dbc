"""E-mail messages: recipients, texts, and limits."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from kb.access.actor import OPERATOR
from kb.model.people.group import JoinPolicy, Role
from kb.services.accounts.account_lifecycle import close_account, set_password
from kb.services.accounts.oidc_signup import set_identity
from kb.services.accounts.one_time_links import (
    account_of_password_link,
    one_time_link,
    reset_password,
    send_password_reset_link,
)
from kb.services.accounts.own_account import change_name
from kb.services.core.library import Library
from kb.services.groups.group_settings import GroupSettings, change_group, create_group
from kb.services.groups.invitations import MOST_INVITATIONS, answer_join_request, invite_by_email, invite_by_link
from kb.services.groups.membership import join_group
from kb.store import OutboxMessage
from kb.store.database.clock import timestamp_in
from tests.factories.group import a_shared, as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import PASSWORD, an_account


@pytest.fixture
def library() -> Iterator[Library]:
    with closing(an_empty_library()) as plain:
        settings = replace(plain.settings, mail_url="smtp://localhost", base_url="https://florilege.exemple.fr")
        library = replace(plain, settings=settings)
        for login in ("claire", "paul", "sophie"):
            an_account(library, login, name=login.title(), email=f"{login}@exemple.fr")
        an_account(library, "luc", name="Luc")
        yield library


def waiting_messages(library: Library) -> list[OutboxMessage]:
    """The queued messages, in the order in which they were written."""
    with library.store.read() as reading:
        return sorted(reading.outbox.due(timestamp_in(days=1), 1000), key=lambda message: message.created_at)


def last_secret(library: Library) -> str:
    return next(line for line in waiting_messages(library)[-1].body.splitlines() if "/" in line).rpartition("/")[2]


@pytest.mark.parametrize("typed", ["paul", " Paul@Exemple.FR"])
def test_a_link_to_another_password_is_sent_to_the_address_of_the_account(library: Library, typed: str) -> None:
    send_password_reset_link(library, typed, "fr")
    (letter,) = waiting_messages(library)
    assert (letter.recipient, letter.subject) == (
        "paul@exemple.fr",
        "[Florilège] Un lien pour changer de mot de passe",
    )
    assert "Bonjour Paul," in letter.body
    assert "https://florilege.exemple.fr/reset/" in letter.body
    assert account_of_password_link(library, last_secret(library)).user.login == "paul"


def test_a_link_is_sent_in_the_language_in_which_it_was_asked_for(library: Library) -> None:
    send_password_reset_link(library, "paul", "en")
    assert waiting_messages(library)[0].body.startswith("Hello Paul,")


@pytest.mark.parametrize("typed", ["personne", "personne@exemple.fr", "luc", "", "\0", "x" * 100_000])
def test_without_an_account_or_an_address_no_link_is_sent(library: Library, typed: str) -> None:
    send_password_reset_link(library, typed, "fr")
    assert waiting_messages(library) == []


def test_a_closed_account_gets_no_link(library: Library) -> None:
    close_account(library, OPERATOR, "paul", closed=True)
    send_password_reset_link(library, "paul", "fr")
    assert waiting_messages(library) == []


def test_a_mailbox_cannot_be_filled_with_links_by_others(library: Library) -> None:
    for _ in range(10):
        send_password_reset_link(library, "paul", "fr")
    assert len(waiting_messages(library)) == 3
    send_password_reset_link(library, "sophie", "fr")
    assert len(waiting_messages(library)) == 4


def test_a_changed_password_is_notified(library: Library) -> None:
    set_password(library, OPERATOR, "paul", "une tout autre phrase")
    send_password_reset_link(library, "paul", "fr")
    reset_password(library, last_secret(library), PASSWORD, "")
    recipients = [
        letter.recipient for letter in waiting_messages(library) if "Votre mot de passe a été changé" in letter.subject
    ]
    assert recipients == ["paul@exemple.fr"] * 2
    set_password(library, OPERATOR, "luc", "une tout autre phrase")
    assert len(waiting_messages(library)) == 3


def test_a_user_is_notified_of_the_answer_to_a_join_request(library: Library) -> None:
    group = a_shared(library, JoinPolicy.REQUEST)
    join_group(library, as_(library, "paul"), group.slug, "Bonjour.")
    answer_join_request(library, as_(library, "claire"), group.slug, "paul", Role.MEMBER)
    (answer,) = waiting_messages(library)
    assert answer.recipient == "paul@exemple.fr"
    assert "Vous êtes membre de «\u202fLectures\u202f»" in answer.subject
    join_group(library, as_(library, "sophie"), group.slug)
    answer_join_request(library, as_(library, "claire"), group.slug, "sophie", None)
    assert "n’a pas été acceptée" in waiting_messages(library)[-1].body
    assert len(waiting_messages(library)) == 2


def test_users_admitted_because_a_group_opens_are_notified(library: Library) -> None:
    group = a_shared(library, JoinPolicy.REQUEST)
    join_group(library, as_(library, "paul"), group.slug)
    change_group(library, as_(library, "claire"), group.slug, GroupSettings("Lectures", join=JoinPolicy.OPEN))
    assert waiting_messages(library)[-1].recipient == "paul@exemple.fr"


def test_an_invitation_is_the_same_whether_an_account_has_the_address_or_not(library: Library) -> None:
    group = a_shared(library)
    claire = replace(as_(library, "claire"), name="Claire Aubert")
    answers = [
        invite_by_email(library, claire, group.slug, email, Role.MEMBER)
        for email in ("Zoe@Exemple.org", "sophie@exemple.fr", "claire@exemple.fr")
    ]
    assert answers == [(group, None)] * 3
    assert [letter.recipient for letter in waiting_messages(library)] == [
        "zoe@exemple.org",
        "sophie@exemple.fr",
        "claire@exemple.fr",
    ]
    first = waiting_messages(library)[0]
    assert first.subject == "[Florilège] Claire Aubert vous invite à rejoindre « Lectures »"
    assert (
        len({letter.body.replace(letter.body.split("/welcome/")[1][:43], "") for letter in waiting_messages(library)})
        == 1
    )
    promise = one_time_link(library, last_secret(library))
    assert (promise.group, promise.by and promise.by.login) == (group, "claire")


def test_the_invitations_to_one_address_are_bounded(library: Library) -> None:
    group = a_shared(library)
    sent = [
        invite_by_email(library, as_(library, "claire"), group.slug, "zoe@exemple.org", Role.MEMBER)[1] is None
        for _ in range(15)
    ]
    assert sent.count(True) == 2
    assert len(waiting_messages(library)) == 2 < MOST_INVITATIONS


def test_without_a_mail_server_nothing_is_written(library: Library) -> None:
    without = replace(library, settings=replace(library.settings, mail_url=""))
    group = a_shared(without, JoinPolicy.REQUEST)
    join_group(without, as_(without, "paul"), group.slug)
    answer_join_request(without, as_(without, "claire"), group.slug, "paul", Role.MEMBER)
    set_password(without, OPERATOR, "paul", "une tout autre phrase")
    _, secret = invite_by_email(without, as_(without, "claire"), group.slug, "zoe@exemple.org", Role.READER)
    assert secret is not None
    assert one_time_link(without, secret).invitation.email == "zoe@exemple.org"
    assert waiting_messages(without) == []


def test_a_hostile_name_stays_in_its_line(library: Library) -> None:
    group = a_shared(library)
    change_group(library, as_(library, "claire"), group.slug, GroupSettings("Lectures\u2028Bcc: x@y.fr"))
    actor = as_(library, "claire")
    invite_by_email(library, actor, group.slug, "zoe@exemple.org", Role.READER)
    assert "\u2028" not in waiting_messages(library)[0].subject
    assert invite_by_link(library, actor, group.slug, Role.READER)[0].id == group.id


def test_a_user_is_notified_of_a_new_identity(library: Library) -> None:
    settings = replace(
        library.settings, oidc_issuer="https://id.exemple.fr", oidc_client_id="florilege", oidc_name="Le Guichet"
    )
    configured = replace(library, settings=settings)
    for _ in range(2):
        set_identity(configured, OPERATOR, "paul", "sujet-1")
    set_identity(configured, OPERATOR, "luc", "sujet-2")
    (letter,) = waiting_messages(configured)
    assert letter.recipient == "paul@exemple.fr"
    assert letter.subject == "[Florilège] On peut se connecter à votre compte avec Le Guichet"
    assert "https://florilege.exemple.fr/account/identity" in letter.body


def test_no_name_of_a_user_puts_a_link_into_an_e_mail_to_others(library: Library) -> None:
    """Invitations and answers to requests are sent in our name and link to our own pages only."""
    hostile = "Gagnez sur https://voleur.example ou www.voleur.example, voleur@voleur.example"
    claire = as_(library, "claire")
    group = create_group(library, claire, GroupSettings(hostile, join=JoinPolicy.REQUEST))
    for login in ("claire", "paul"):
        change_name(library, as_(library, login), hostile[:80])
    invite_by_email(library, as_(library, "claire"), group.slug, "x@exemple.fr", Role.READER)
    join_group(library, as_(library, "paul"), group.slug, f"Bonjour.\n{hostile}")
    answer_join_request(library, as_(library, "claire"), group.slug, "paul", Role.READER)
    written = waiting_messages(library)
    assert len(written) == 2
    for letter in written:
        text = f"{letter.subject}\n{letter.body}".replace(library.settings.base_url, "")
        assert "Gagnez sur" in text
        assert not re.search(r"://|www\.\S|\w\.example|\w@\w", text), text
