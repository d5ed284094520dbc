"""Messages of features: a kind that asks for the rights again, an HTML part, header fields, and a result by key."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import kb.email.smtp
import kb.services.email.outbox
from kb.access.actor import OPERATOR
from kb.email.smtp import OutgoingMessage
from kb.errors import Unavailable
from kb.model.people.delivery import DeliveryState
from kb.services.accounts.account_lifecycle import close_account
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import Library, MessageKind
from kb.services.email.outbox import (
    MESSAGE_RETRY_DELAYS,
    may_still_be_sent,
    queue_feature_message,
    queue_message,
    send_due_messages,
)
from kb.store import OutboxMessage, ReadSnapshot
from kb.store.database.clock import timestamp_in
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account
from tests.support.mail_server import PostOffice, a_post_office

STOP = "https://florilege.exemple.fr/subscription/" + "k" * 60 + "/stop"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with a_post_office() as office:
        yield office


@pytest.fixture
def library(office: PostOffice) -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        yield with_kind(library, office.url, lambda _library, _reading, message: message)


def with_kind(
    library: Library, url: str, at_sending: Callable[[Library, ReadSnapshot, OutboxMessage], OutboxMessage | None]
) -> Library:
    kinds = {"letter": MessageKind("letter", at_sending)}
    settings = replace(library.settings, mail_url=url, mail_from="Florilège <florilege@exemple.fr>")
    return replace(library, settings=settings, message_kinds=lambda: kinds)


def write(library: Library, key: str = "n48 zoe", kind: str = "letter", recipient_id: str | None = None) -> bool:
    texts = {"body": "Bonjour à tous,\n", "html": "<p>Bonjour à tous,</p>"}
    fields = {"unsubscribe_url": STOP, "list_id": "lettre.florilege.exemple.fr"}
    with library.store.write() as writing:
        return queue_feature_message(
            writing, kind, key, "zoe@exemple.org", "Numéro 48", **texts, **fields, recipient_id=recipient_id
        )


def state_of(library: Library, key: str = "n48 zoe") -> DeliveryState | None:
    with library.store.read() as reading:
        result = reading.outbox.results("letter", [key]).get(key)
        return result.state if result else None


def make_due(library: Library) -> None:
    with library.store.write() as writing:
        for message in writing.outbox.due(timestamp_in(days=30)):
            writing.outbox.remove([message.id])
            writing.outbox.add(replace(message, next_at=message.created_at))


def test_a_message_has_two_parts_and_the_header_fields_of_a_list(library: Library, office: PostOffice) -> None:
    assert write(library)
    assert send_due_messages(library) == 1
    (letter,) = office.letters
    assert [part.get_content_type() for part in letter.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    plain, html = letter.iter_parts()
    assert (plain.get_content().strip(), html.get_content().strip()) == ("Bonjour à tous,", "<p>Bonjour à tous,</p>")
    assert letter["List-Unsubscribe"] == f"<{STOP}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Id"] == "<lettre.florilege.exemple.fr>"
    # No program need decode the address to find it.
    assert f"\r\nList-Unsubscribe: <{STOP}>\r\n".encode() in b"\r\n" + office.taken[0].content
    assert all(len(line) <= 998 for line in office.taken[0].content.split(b"\r\n"))


def test_a_message_of_the_site_has_one_part_and_no_list(library: Library, office: PostOffice) -> None:
    with library.store.write() as writing:
        queue_message(writing, "zoe@exemple.org", "Bonjour", "Bonjour")
    send_due_messages(library)
    (letter,) = office.letters
    assert letter.get_content_type() == "text/plain"
    assert [name for name in letter if name.startswith("List-")] == []


def test_a_message_with_a_key_is_sent_once_however_often_it_is_queued(library: Library, office: PostOffice) -> None:
    assert (write(library), write(library)) == (True, False)
    assert send_due_messages(library) == 1
    assert (write(library), send_due_messages(library)) == (False, 0)
    assert write(library, "n48 yann")
    assert send_due_messages(library) == 1
    assert len({letter["Message-ID"] for letter in office.letters}) == 2


def test_what_became_of_a_message_is_known_by_its_key(library: Library, office: PostOffice) -> None:
    assert state_of(library) is None
    write(library)
    assert state_of(library) is DeliveryState.QUEUED
    office.recipients = {"zoe@exemple.org": "451 Later"}
    send_due_messages(library)
    assert state_of(library) is DeliveryState.DEFERRED
    office.recipients = {"zoe@exemple.org": "550 Unknown user"}
    make_due(library)
    send_due_messages(library)
    with library.store.read() as reading:
        results = reading.outbox.results("letter", ["n48 zoe"])
        assert reading.outbox.undelivered(5)[0][0] == "zoe@exemple.org"
    assert {key: (result.state, result.answer) for key, result in results.items()} == {
        "n48 zoe": (DeliveryState.REFUSED, "550 Unknown user")
    }


def test_a_sent_message_leaves_its_result_alone_for_thirty_days(library: Library) -> None:
    write(library)
    send_due_messages(library)
    assert state_of(library) is DeliveryState.SENT
    with library.store.read() as reading:
        (row,) = reading.outbox.due("9999-12-31T23")
        assert (reading.outbox.failures(), reading.outbox.undelivered(5), reading.outbox.waiting()[0]) == (
            (0, 0),
            (),
            0,
        )
    assert (row.recipient, row.subject, row.body, row.html, row.unsubscribe_url) == ("", "", "", "", "")
    purge_expired_data(library, datetime.now(UTC) + timedelta(days=31))
    assert state_of(library) is None


def test_a_message_that_was_given_up_may_be_queued_again_with_its_message_id(
    library: Library, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = []

    def note(url: str, letter: OutgoingMessage, _key: object) -> None:
        ids.append(letter.id)
        kb.email.smtp.send_email(url, letter)

    monkeypatch.setattr(kb.services.email.outbox, "send_email", note)
    office.refusals["RCPT"] = "450 Later"
    write(library)
    for _ in range(len(MESSAGE_RETRY_DELAYS) + 1):
        send_due_messages(library)
        make_due(library)
    assert state_of(library) is DeliveryState.GIVEN_UP
    office.refusals.clear()
    assert write(library)
    assert send_due_messages(library) == 1
    assert len(set(ids)) == 1


def test_a_text_that_cannot_be_written_keeps_no_other_message(library: Library, office: PostOffice) -> None:
    def written(_library: Library, _reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage:
        if message.author_key == "bad":
            raise ValueError
        return message

    library = with_kind(library, office.url, written)
    write(library, "bad")
    write(library, "good")
    assert send_due_messages(library) == 1
    assert (state_of(library, "bad"), state_of(library, "good")) == (DeliveryState.DEFERRED, DeliveryState.SENT)
    for _ in MESSAGE_RETRY_DELAYS:
        make_due(library)
        assert send_due_messages(library) == 0
    assert state_of(library, "bad") is DeliveryState.UNKNOWN
    with library.store.read() as reading:
        assert reading.outbox.waiting()[0] == 0


def test_a_database_that_is_away_counts_no_try(library: Library, office: PostOffice) -> None:
    def away(_library: Library, _reading: ReadSnapshot, _message: OutboxMessage) -> None:
        raise Unavailable("The database is away.")

    library = with_kind(library, office.url, away)
    write(library)
    with pytest.raises(Unavailable):
        send_due_messages(library)
    assert state_of(library) is DeliveryState.QUEUED


def test_a_message_of_an_unknown_kind_is_not_sent(library: Library, office: PostOffice) -> None:
    write(library, "a", kind="a kind of no feature")
    with library.store.write() as writing:
        writing.outbox.add(OutboxMessage("b", "zoe@exemple.org", "b", "", timestamp_in(), timestamp_in(), kind="other"))
    assert send_due_messages(library) == 0
    assert office.taken == []
    with library.store.read() as reading:
        result = reading.outbox.results("a kind of no feature", ["a"])["a"]
        assert (result.state, reading.outbox.waiting()[0]) == (DeliveryState.DROPPED, 0)


@pytest.mark.parametrize("path", ["g/quais/secret", "lists/l1", "subscription/k", "groupe", "reset/a/b"])
def test_a_message_of_the_site_with_an_address_that_is_not_known_is_not_sent(library: Library, path: str) -> None:
    base = "https://florilege.exemple.fr"
    message = OutboxMessage("m", "zoe@exemple.org", "", f"Bonjour\n\n{base}/{path}\n", "", "")
    with library.store.read() as reading:
        assert not may_still_be_sent(reading, message, base)
        assert may_still_be_sent(reading, replace(message, body=f"{base}/reset\n{base}/account/identity\n"), base)


def test_the_kind_decides_at_sending_and_may_write_the_text_then(library: Library, office: PostOffice) -> None:
    def at_sending(_library: Library, _reading: ReadSnapshot, message: OutboxMessage) -> OutboxMessage | None:
        if message.author_key == "dropped":
            return None
        return replace(message, recipient="neuve@exemple.org", subject="Numéro\n49", body="Écrit maintenant\n", html="")

    late = with_kind(library, office.url, at_sending)
    write(late, "dropped")
    write(late)
    assert send_due_messages(late) == 1
    (letter,) = office.letters
    assert (letter["To"], letter["Subject"], letter.get_content().strip()) == (
        "neuve@exemple.org", "Numéro 49", "Écrit maintenant",
    )  # fmt: skip
    assert (state_of(late, "dropped"), state_of(late)) == (DeliveryState.DROPPED, DeliveryState.SENT)


def test_a_message_to_a_closed_account_is_not_sent(library: Library, office: PostOffice) -> None:
    account = an_account(library, "zoe")
    write(library, recipient_id=account.user.id)
    close_account(library, OPERATOR, "zoe", closed=True)
    assert send_due_messages(library) == 0
    assert office.taken == []


def test_messages_of_the_site_leave_before_those_of_features(library: Library, office: PostOffice) -> None:
    for number in range(25):
        write(library, f"n48 {number}")
    with library.store.write() as writing:
        queue_message(writing, "marie@exemple.org", "Votre mot de passe", "")
    assert send_due_messages(library) == 20
    assert office.letters[0]["Subject"] == "Votre mot de passe"
