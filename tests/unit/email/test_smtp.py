"""Sending messages to a mail server: accepted and refused messages, and what the server must never receive."""

import socket
import threading
from base64 import b64encode
from dataclasses import replace
from pathlib import Path
from subprocess import run

import dkim
import pytest

import kb.email.smtp
from kb.email.smtp import DeliveryFailed, DkimKey, OutgoingMessage, SmtpServer, send_email
from kb.model.people.delivery import LONGEST_ANSWER, DeliveryState
from tests.support.mail_server import a_certificate, a_free_port, a_post_office

DEFERRED, REFUSED, UNKNOWN = DeliveryState.DEFERRED, DeliveryState.REFUSED, DeliveryState.UNKNOWN
LETTER = OutgoingMessage(
    "0198c5d2",
    "Florilège <florilege@exemple.fr>",
    "marie@exemple.org",
    "Invitation à rejoindre « Lectures »",
    "Bonjour Marie,\n\nvoici l’adresse :\nhttps://florilege.exemple.fr/welcome/" + "x" * 43 + "\n",
    "2026-01-02T03:04:05.000000Z",
)


def test_an_email_message_arrives_once_as_written() -> None:
    with a_post_office() as office:
        send_email(office.url, LETTER)
    (letter,) = office.letters
    assert office.taken[0].rcpt_tos == ["marie@exemple.org"]
    assert office.taken[0].mail_from == "florilege@exemple.fr"
    assert letter["From"] == LETTER.sender
    assert letter["To"] == LETTER.recipient
    assert letter["Subject"] == LETTER.subject
    assert letter["Message-ID"] == "<0198c5d2@exemple.fr>"
    assert letter["Date"] == "Fri, 02 Jan 2026 03:04:05 +0000"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content_charset() == "utf-8"
    assert letter.get_content().replace("\r\n", "\n") == LETTER.body
    # A server that only accepts seven bits accepts it too.
    assert office.taken[0].content.isascii()


@pytest.mark.parametrize(
    ("command", "answer", "outcome"),
    [
        ("RCPT", "550 No such user", REFUSED),
        ("RCPT", "450 Try later", DEFERRED),
        ("DATA", "554 Spam", DeliveryState.TEXT_REFUSED),
        ("DATA", "451 Try later", DEFERRED),
    ],
)
def test_a_refusal_is_for_good_or_for_now(command: str, answer: str, outcome: DeliveryState) -> None:
    with a_post_office(**{command: answer}) as office, pytest.raises(DeliveryFailed) as error:
        send_email(office.url, LETTER)
    assert (error.value.outcome, error.value.answer) == (outcome, answer)
    assert office.taken == []


def test_an_answer_is_one_line_of_bounded_length() -> None:
    hostile = "550-<b>\x1b[31m un\r\n550 deux " + "x" * 2_000
    with a_post_office(RCPT=hostile) as office, pytest.raises(DeliveryFailed) as error:
        send_email(office.url, LETTER)
    answer = error.value.answer
    assert answer.startswith("550 <b> [31m un deux xxx")
    assert answer.isprintable()
    assert len(answer) == LONGEST_ANSWER


@pytest.mark.parametrize(
    ("last", "outcome"), [(b"DATA", DEFERRED), (b".\r\n", UNKNOWN), (b"RCPT", DEFERRED)], ids=["DATA", "text", "RCPT"]
)
def test_a_connection_that_is_lost_after_the_text_has_an_unknown_outcome(last: bytes, outcome: DeliveryState) -> None:
    """The server answers to every command, and closes the connection in the place of an answer to the last."""

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as connection, connection.makefile("rb") as commands:
            connection.sendall(b"220 poste\r\n")
            in_text = False
            for line in commands:
                if line.upper().startswith(last):
                    return
                if not in_text:
                    in_text = line.upper().startswith(b"DATA")
                    connection.sendall(b"354 go on\r\n" if in_text else b"250 OK\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=serve, args=(listening,))
        serving.start()
        with pytest.raises(DeliveryFailed) as error:
            send_email(f"smtp://127.0.0.1:{listening.getsockname()[1]}", LETTER)
        serving.join()
    assert (error.value.outcome, error.value.answer) == (outcome, "")


def test_a_refused_quit_sends_no_message_again() -> None:
    with a_post_office() as office:
        office.refusals["QUIT"] = "554 I have had enough"
        send_email(office.url, LETTER)
    assert len(office.taken) == 1


def test_a_server_that_is_not_there_is_tried_later() -> None:
    with pytest.raises(DeliveryFailed) as error:
        send_email(f"smtp://127.0.0.1:{a_free_port()}", LETTER)
    assert error.value.outcome is DEFERRED


def test_a_server_that_does_not_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kb.email.smtp, "_TIMEOUT", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(DeliveryFailed) as error:
        send_email(f"smtp://127.0.0.1:{mute.getsockname()[1]}", LETTER)
    assert error.value.outcome is DEFERRED


def test_a_server_that_talks_nonsense_is_left() -> None:
    def talk(listening: socket.socket) -> None:
        with listening.accept()[0] as connection:
            connection.sendall(b"\x00\xff" * 40_000)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        talking = threading.Thread(target=talk, args=(listening,))
        talking.start()
        with pytest.raises(DeliveryFailed) as error:
            send_email(f"smtp://127.0.0.1:{listening.getsockname()[1]}", LETTER)
        talking.join()
    assert error.value.outcome is DEFERRED


@pytest.mark.parametrize("secure", [False, True], ids=["starttls", "smtps"])
def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path, *, secure: bool) -> None:
    with a_post_office(a_certificate(tmp_path), secure=secure) as office, pytest.raises(DeliveryFailed):
        send_email(office.url, LETTER)
    assert office.taken == []


@pytest.mark.parametrize("secure", [False, True], ids=["starttls", "smtps"])
def test_a_certificate_that_is_vouched_for_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, secure: bool
) -> None:
    certificate, key = a_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with a_post_office((certificate, key), secure=secure) as office:
        send_email(office.url, LETTER)
    assert len(office.taken) == 1


@pytest.mark.parametrize(("plain", "feature"), [("smtp:", "smtp+starttls:"), ("//", "//florilege:secret@")])
def test_a_missing_feature_of_the_server_is_no_permanent_failure(plain: str, feature: str) -> None:
    with a_post_office() as office, pytest.raises(DeliveryFailed) as error:
        send_email(office.url.replace(plain, feature), LETTER)
    assert error.value.outcome is DEFERRED
    assert office.taken == []


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("name", ["recipient", "subject", "sender"])
def test_no_header_or_recipient_can_be_injected(name: str, end: str) -> None:
    hostile = replace(LETTER, **{name: f"{getattr(LETTER, name)}{end}Bcc: victime@exemple.net"})
    with a_post_office() as office, pytest.raises(DeliveryFailed) as error:
        send_email(office.url, hostile)
    assert error.value.outcome is (REFUSED if name == "recipient" else DeliveryState.TEXT_REFUSED)
    assert office.taken == []


@pytest.mark.parametrize("recipient", ["marie@exemple.org, victime@exemple.net", "marie@exemple.org;victime@x.net", ""])
def test_an_email_message_goes_to_one_address(recipient: str) -> None:
    with a_post_office() as office, pytest.raises(DeliveryFailed):
        send_email(office.url, replace(LETTER, recipient=recipient))
    assert office.taken == []


def test_a_recipient_that_the_server_cannot_encode_is_given_up() -> None:
    with a_post_office() as office, pytest.raises(DeliveryFailed) as error:
        send_email(office.url, replace(LETTER, recipient="zoé@exemple.org"))
    assert error.value.outcome is REFUSED


def test_a_line_with_a_single_dot_does_not_end_the_message() -> None:
    with a_post_office() as office:
        send_email(office.url, replace(LETTER, body="avant\n.\nQUIT\n"))
    assert office.letters[0].get_content().replace("\r\n", "\n") == "avant\n.\nQUIT\n"


@pytest.mark.parametrize("reason", ["550 marie@exemple.org unknown: " + "x" * 200, "451 marie@exemple.org"])
def test_the_message_about_a_refusal_names_no_person(reason: str) -> None:
    with a_post_office(RCPT=reason) as office, pytest.raises(DeliveryFailed) as error:
        send_email(office.url, LETTER)
    assert "marie" not in str(error.value)


def test_credentials_in_the_smtp_url_are_decoded() -> None:
    server = SmtpServer.of("smtp+starttls://florilege%40exemple.fr:a%3Ab%2Fc@mail.exemple.fr")
    assert server == SmtpServer("smtp+starttls", "mail.exemple.fr", 587, "florilege@exemple.fr", "a:b/c")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[DkimKey, bytes]:
    """A key, and its record in the DNS."""
    file = tmp_path_factory.mktemp("dkim") / "dkim.pem"
    run(["openssl", "genrsa", "-out", str(file), "2048"], check=True, capture_output=True)
    command = ["openssl", "rsa", "-in", str(file), "-pubout", "-outform", "der"]
    public = b64encode(run(command, check=True, capture_output=True).stdout)
    return DkimKey(str(file), "florilege", "exemple.fr"), b"v=DKIM1; k=rsa; p=" + public


@pytest.mark.parametrize("html", ["", "<p>Bonjour à Marie,</p>" * 50, "<pre>\nFrom here on\n</pre>"])
def test_a_signed_message_is_verified_as_it_arrives(key: tuple[DkimKey, bytes], html: str) -> None:
    dkim_key, record = key
    stop = "https://florilege.exemple.fr/letters/stop/" + "k" * 60
    with a_post_office() as office:
        send_email(office.url, replace(LETTER, html=html, unsubscribe_url=stop, list_id="veille.exemple.fr"), dkim_key)
        send_email(office.url, replace(LETTER, html=html))
    signed, unsigned = (message.content for message in office.taken)
    asked: list[bytes] = []

    def dns(name: bytes, **_options: object) -> bytes:
        asked.append(name)
        return record

    assert dkim.verify(signed, dnsfunc=dns)
    assert asked == [b"florilege._domainkey.exemple.fr."]
    signed_fields = signed.partition(b"DKIM-Signature:")[2].partition(b"h=")[2].partition(b";")[0]
    assert {b"from", b"subject", b"list-unsubscribe", b"list-unsubscribe-post"} <= set(signed_fields.split(b" : "))
    assert not dkim.verify(signed.replace(b"/stop/k", b"/stop/x"), dnsfunc=dns)
    assert b"DKIM-Signature" not in unsigned


def test_a_key_that_cannot_be_used_defers_the_message(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("rien")
    with a_post_office() as office:
        for name in ("key.pem", "absente.pem"):
            with pytest.raises(DeliveryFailed) as error:
                send_email(office.url, LETTER, DkimKey(str(tmp_path / name), "florilege", "exemple.fr"))
            assert error.value.outcome is DEFERRED
    assert office.taken == []
