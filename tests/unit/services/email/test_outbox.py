"""The outbox: messages are sent once, retried, given up, and never logged."""

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import kb.email.smtp
import kb.services.email.outbox
from kb.email.smtp import DeliveryFailed, OutgoingMessage
from kb.model.people.delivery import DeliveryState
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import Library
from kb.services.email.outbox import MESSAGE_RETRY_DELAYS, queue_message, send_due_messages
from kb.store import OutboxMessage
from kb.store.database.clock import timestamp_in
from tests.factories.library import an_empty_library
from tests.support.mail_server import SECRET, PostOffice, a_free_port, a_post_office

LINK = "https://florilege.exemple.fr/reset/un-secret-qui-ouvre"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with a_post_office() as office:
        yield office


@pytest.fixture
def library(office: PostOffice) -> Iterator[Library]:
    with closing(an_empty_library()) as library:
        yield at(library, office.url)


def at(library: Library, url: str) -> Library:
    settings = replace(library.settings, mail_url=url, mail_from="Florilège <florilege@exemple.fr>")
    return replace(library, settings=settings)


def write(library: Library, subject: str = "Votre mot de passe") -> None:
    with library.store.write() as writing:
        queue_message(writing, "marie@exemple.org", subject, f"Bonjour Marie,\n\n{LINK}\n")


def waiting(library: Library) -> tuple[OutboxMessage, ...]:
    with library.store.read() as reading:
        return reading.outbox.due(timestamp_in(days=30))


def kept(library: Library) -> tuple[OutboxMessage, ...]:
    """All messages of the outbox, also those that are not tried again."""
    with library.store.read() as reading:
        return reading.outbox.due("9999-12-31T23")


def make_due(library: Library) -> None:
    """Make all queued messages due."""
    with library.store.write() as writing:
        for letter in writing.outbox.due(timestamp_in(days=30)):
            writing.outbox.remove([letter.id])
            writing.outbox.add(replace(letter, next_at=letter.created_at))


def test_an_email_message_is_sent_once_and_deleted(library: Library, office: PostOffice) -> None:
    write(library)
    assert (send_due_messages(library), send_due_messages(library)) == (1, 0)
    assert [letter["Subject"] for letter in office.letters] == ["Votre mot de passe"]
    assert waiting(library) == ()


def test_without_a_mail_server_messages_stay_queued(library: Library) -> None:
    write(library)
    assert send_due_messages(at(library, "")) == 0
    assert len(waiting(library)) == 1


def test_a_subject_has_one_line(library: Library, office: PostOffice) -> None:
    write(library, "Invitation\r\nBcc: victime@exemple.net\n\n à lire")
    send_due_messages(library)
    (letter,) = office.letters
    assert letter["Subject"] == "Invitation Bcc: victime@exemple.net à lire"
    assert letter["Bcc"] is None
    assert office.taken[0].rcpt_tos == ["marie@exemple.org"]


def test_an_email_message_that_is_not_accepted_is_retried_and_then_dropped(
    library: Library, office: PostOffice
) -> None:
    office.refusals["RCPT"] = "450 Later"
    write(library)
    for tries, wait in enumerate(MESSAGE_RETRY_DELAYS, 1):
        before = timestamp_in(seconds=wait - 5)
        assert send_due_messages(library) == 0
        (letter,) = waiting(library)
        assert (letter.tries, letter.state, letter.answer) == (tries, DeliveryState.DEFERRED, "450 Later")
        assert before < letter.next_at < timestamp_in(seconds=wait + 5)
        assert send_due_messages(library) == 0, "its turn has not come"
        make_due(library)
    send_due_messages(library)
    assert waiting(library) == ()
    (letter,) = kept(library)
    assert (letter.state, letter.subject, letter.body) == (DeliveryState.GIVEN_UP, "", "")


def test_a_queued_email_message_is_sent_when_the_server_is_back(library: Library) -> None:
    port = a_free_port()
    away = at(library, f"smtp://127.0.0.1:{port}")
    write(away)
    assert send_due_messages(away) == 0
    make_due(away)
    with a_post_office(port=port) as office:
        assert send_due_messages(away) == 1
    assert len(office.taken) == 1


def test_an_email_message_refused_for_good_is_dropped_and_stops_no_other(library: Library, office: PostOffice) -> None:
    with library.store.write() as writing:
        queue_message(writing, "personne d’autre@exemple.org", "Perdue", "")
    write(library)
    assert send_due_messages(library) == 1
    assert waiting(library) == ()
    assert [letter.state for letter in kept(library)] == [DeliveryState.REFUSED]


def test_of_several_messages_each_has_its_own_outcome(library: Library, office: PostOffice) -> None:
    answers = {"non": "550 Unknown <user>", "oui": "250 OK", "plustard": "451 Greylisted", "aussi": "250 OK"}
    office.recipients = {f"{name}@exemple.org": answer for name, answer in answers.items()}
    with library.store.write() as writing:
        for name in answers:
            queue_message(writing, f"{name}@exemple.org", "Invitation", f"{LINK}\n")
    assert send_due_messages(library) == 2
    assert sorted(envelope.rcpt_tos[0] for envelope in office.taken) == ["aussi@exemple.org", "oui@exemple.org"]
    outcomes = {letter.recipient: (letter.state, letter.answer) for letter in kept(library)}
    assert outcomes == {
        "non@exemple.org": (DeliveryState.REFUSED, "550 Unknown <user>"),
        "plustard@exemple.org": (DeliveryState.DEFERRED, "451 Greylisted"),
    }
    with library.store.read() as reading:
        counts, failures, (unsent, _) = (
            reading.outbox.counts(),
            reading.outbox.failures(),
            reading.outbox.waiting(),
        )
    assert (counts[DeliveryState.REFUSED], counts[DeliveryState.DEFERRED], counts[DeliveryState.QUEUED]) == (1, 1, 0)
    assert (failures, unsent) == ((1, 0), 1)


def test_a_message_whose_outcome_is_unknown_is_sent_again_and_stays_unknown(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(_url: str, _letter: OutgoingMessage, _key: object) -> None:
        raise DeliveryFailed("SMTPServerDisconnected", DeliveryState.UNKNOWN)

    monkeypatch.setattr(kb.services.email.outbox, "send_email", lose)
    write(library)
    for _ in range(len(MESSAGE_RETRY_DELAYS) + 1):
        assert send_due_messages(library) == 0
        (letter,) = kept(library)
        assert letter.state is DeliveryState.UNKNOWN
        make_due(library)
    assert (letter.body, waiting(library)) == ("", ())


class Killed(BaseException):
    """Raised where a process is killed."""


def test_a_sender_killed_after_sending_sends_again_with_the_same_message_id(
    library: Library, office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send_and_die(url: str, letter: OutgoingMessage, _key: object) -> None:
        kb.email.smtp.send_email(url, letter)
        raise Killed

    write(library)
    with monkeypatch.context() as patched:
        patched.setattr(kb.services.email.outbox, "send_email", send_and_die)
        with pytest.raises(Killed):
            send_due_messages(library)
    assert send_due_messages(library) == 0, "not at once"
    make_due(library)
    assert send_due_messages(library) == 1
    assert send_due_messages(library) == 0
    first, second = (letter["Message-ID"] for letter in office.letters)
    assert first == second
    assert waiting(library) == ()


def test_an_email_message_that_kills_its_sender_is_not_retried_for_ever(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_url: str, _letter: OutgoingMessage, _key: object) -> None:
        raise Killed

    monkeypatch.setattr(kb.services.email.outbox, "send_email", die)
    write(library)
    for _ in range(len(MESSAGE_RETRY_DELAYS) + 1):
        with pytest.raises(Killed):
            send_due_messages(library)
        (letter,) = kept(library)
        assert letter.state is DeliveryState.SENDING
        make_due(library)
    assert send_due_messages(library) == 0
    assert waiting(library) == ()
    (letter,) = kept(library)
    assert (letter.state, letter.body) == (DeliveryState.UNKNOWN, "")


@pytest.mark.parametrize("answer", ["550 marie@exemple.org is unknown", "450 marie@exemple.org waits"])
def test_the_log_names_neither_recipient_nor_content(
    library: Library, office: PostOffice, caplog: pytest.LogCaptureFixture, answer: str
) -> None:
    office.refusals["RCPT"] = answer
    secret = at(library, office.url.replace("//", f"//florilege:{SECRET}@"))
    write(library)
    write(secret)
    with caplog.at_level(logging.DEBUG):
        send_due_messages(library)
        make_due(library)
        send_due_messages(secret)
    # The mail server of the tests logs everything that it receives.
    log = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("kb."))
    assert "a message was not taken" in log
    for word in ("marie", "un-secret", "mot de passe", SECRET):
        assert word not in log


def test_what_is_known_of_a_failed_message_expires(library: Library, office: PostOffice) -> None:
    office.refusals["RCPT"] = "550 No"
    write(library)
    send_due_messages(library)
    purge_expired_data(library, datetime.now(UTC) + timedelta(days=29))
    assert len(kept(library)) == 1
    purge_expired_data(library, datetime.now(UTC) + timedelta(days=31))
    assert kept(library) == ()


def test_an_unsent_email_message_expires(library: Library) -> None:
    write(library)
    purge_expired_data(library, datetime.now(UTC) + timedelta(days=0.9))
    assert len(waiting(library)) == 1
    purge_expired_data(library, datetime.now(UTC) + timedelta(days=1.1))
    assert waiting(library) == ()
