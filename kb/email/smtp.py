"""Send a message to a mail server: plain text and perhaps HTML, one recipient, no tracking of whether it was read."""

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.header import Header
from email.headerregistry import BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage, Message
from email.policy import SMTP, Policy
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from kb.model.dates import instant_of
from kb.model.inline_picture import InlinePicture
from kb.model.people.delivery import LONGEST_ANSWER, DeliveryState

_TIMEOUT = 20.0  # seconds to wait for each answer of a mail server
_SEND_THE_TEXT = 354
_LONGEST_LINE = 76
"""Characters of a line with an encoded word (RFC 2047, 2)."""
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class DeliveryFailed(Exception):
    """The server did not accept a message, or perhaps: `outcome` is REFUSED if another attempt would not help because
    of the address, TEXT_REFUSED if because of this message (RFC 5321, 4.2.1), UNKNOWN if the connection was lost before
    the server answered to the text, else DEFERRED.

    `answer` is what the server said, as a stranger's text of one line: it may repeat the recipient.
    """

    def __init__(self, why: str, outcome: DeliveryState, answer: str = "") -> None:
        super().__init__(why)
        self.outcome, self.answer = outcome, answer


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server. `kind` is `smtp`, `smtp+starttls` or `smtps`; without a user, it needs no password."""

    kind: str
    host: str
    port: int
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> Self:
        """The server of a URL. Raises ValueError if the URL names none."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
            raise ValueError(url)
        port = parts.port or _PORTS[parts.scheme]
        return cls(parts.scheme, parts.hostname, port, unquote(parts.username or ""), unquote(parts.password or ""))


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A message to send. `id` and `at` are the same in each attempt, so that a server can recognize it.

    `html` is the content of `body` once more. A `POST` to `unsubscribe_url` stops such messages (RFC 8058), and
    `list_id` names them (RFC 2919). Both are ASCII without spaces, because they were written by the program.
    """

    id: str
    sender: str
    recipient: str
    subject: str
    body: str
    at: str
    html: str = ""
    unsubscribe_url: str = ""
    list_id: str = ""
    pictures: tuple[InlinePicture, ...] = ()


@dataclass(frozen=True, slots=True)
class DkimKey:
    """The file of a private key (PEM), whose public key is at `<selector>._domainkey.<domain>` in the DNS."""

    file: str
    selector: str
    domain: str


def send_email(url: str, outgoing: OutgoingMessage, dkim_key: DkimKey | None = None) -> None:
    """Send a message to one address, signed if there is a key. Raises DeliveryFailed, also if the key cannot be used:
    the message is tried again.
    """
    server = SmtpServer.of(url)
    connection: _Connection | None = None
    try:
        message = _message(outgoing)
        _sign(message, dkim_key)
        connection = _connect(server)
        try:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message, to_addrs=[outgoing.recipient])
        finally:
            _disconnect(connection)
    except (MessageError, ValueError, OSError) as error:
        outcome = _outcome(error, outgoing)
        answer = _answer(error)
        if not answer and connection is not None and connection.last_code == _SEND_THE_TEXT:
            outcome = DeliveryState.UNKNOWN
        raise DeliveryFailed(_error_without_addresses(error), outcome, answer) from error


class _Connection(smtplib.SMTP):
    """A connection that remembers the code of the last answer."""

    last_code = 0

    def getreply(self) -> tuple[int, bytes]:
        self.last_code, text = super().getreply()
        return self.last_code, text


class _TlsConnection(smtplib.SMTP_SSL, _Connection):
    """The same with TLS from the start."""


def _connect(server: SmtpServer) -> _Connection:
    secure = ssl.create_default_context()
    if server.kind == "smtps":
        return _TlsConnection(server.host, server.port, timeout=_TIMEOUT, context=secure)
    connection = _Connection(server.host, server.port, timeout=_TIMEOUT)
    if server.kind == "smtp+starttls":
        try:
            connection.starttls(context=secure)
        except BaseException:
            connection.close()
            raise
    return connection


def _disconnect(connection: smtplib.SMTP) -> None:
    """Close the connection. The server's answer is ignored: a message that it accepted must not be sent again."""
    with suppress(OSError, smtplib.SMTPException):
        connection.quit()
    connection.close()


class _UnfoldedHeader(UnstructuredHeader, BaseHeader):
    """A header field on one line, because folding would encode a long address, which mail programs do not decode."""

    def fold(self, *, policy: "Policy[Message]") -> str:
        return f"{self.name}: {self}{policy.linesep}"


class _SubjectHeader(UnstructuredHeader, BaseHeader):
    """A subject that is what its writer typed: an encoded word in a title (`=?utf-8?…?=`) stands for nothing else.

    Python's own field decodes such words, and loses spaces beside emoji where it folds them.
    """

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        kwds |= {"decoded": value, "parse_tree": None}

    def fold(self, *, policy: "Policy[Message]") -> str:
        charset = None if _is_plain(self) else "utf-8"
        subject = Header(self, charset, _LONGEST_LINE, self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {subject}{policy.linesep}"


def _is_plain(subject: str) -> bool:
    """Whether a subject can stand in a header field as it is, folded between words (RFC 5322, RFC 2047)."""
    words = subject.split(" ")
    return subject.isascii() and "=?" not in subject and all(0 < len(word) < _LONGEST_LINE // 2 for word in words)


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _SubjectHeader)
_HEADERS.map_to_type("list-unsubscribe", _UnfoldedHeader)
_HEADERS.map_to_type("dkim-signature", _UnfoldedHeader)
_POLICY = SMTP.clone(header_factory=_HEADERS)


def _sign(message: EmailMessage, key: DkimKey | None) -> None:
    if key is None:
        return
    from kb.email.dkim_signature import dkim_signature  # noqa: PLC0415 - few sites sign, and the library is large

    private_key = Path(key.file).read_bytes()
    try:
        message["DKIM-Signature"] = dkim_signature(message, private_key, key.selector, key.domain)
    except ValueError as error:
        # An operator repairs the key; the message is not at fault.
        raise OSError(str(error)) from error


def _message(outgoing: OutgoingMessage) -> EmailMessage:
    message = EmailMessage(policy=_POLICY)
    message["From"] = outgoing.sender
    _address_to(message, outgoing.recipient)
    message["Subject"] = outgoing.subject
    message["Date"] = format_datetime(instant_of(outgoing.at))
    host = parseaddr(outgoing.sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{outgoing.id}@{host}>"
    # RFC 3834, 5: no automatic reply answers it.
    message["Auto-Submitted"] = "auto-generated"
    if outgoing.list_id:
        message["List-Id"] = f"<{outgoing.list_id}>"
    if outgoing.unsubscribe_url:
        message["List-Unsubscribe"] = f"<{outgoing.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # Some servers accept only seven-bit text.
    message.set_content(outgoing.body, cte="quoted-printable")
    if outgoing.html:
        message.add_alternative(outgoing.html, subtype="html", cte="quoted-printable")
        *_, html = message.iter_parts()
        for number, picture in enumerate(outgoing.pictures, 1):
            name = f"image{number}.png"
            # Named, because some programs show no part without a name.
            html.add_related(picture.png, "image", "png", cid=f"<{picture.content_id}>", filename=name)
    for part in message.walk():
        if part.get_content_maintype() == "text":
            # Programs that store messages one after the other write `>From` instead, smtplib too: the signature would
            # not hold.
            part.set_payload(re.sub("^From ", "=46rom ", str(part.get_payload()), flags=re.MULTILINE))
    return message


class _UnusableAddress(ValueError):
    """No message can be sent to this address."""


def _address_to(message: EmailMessage, recipient: str) -> None:
    try:
        message["To"] = recipient
        is_alone = [address.addr_spec for address in message["To"].addresses] == [recipient]
    except (MessageError, ValueError) as error:
        raise _UnusableAddress from error
    if not is_alone:
        raise _UnusableAddress


def _outcome(error: Exception, outgoing: OutgoingMessage) -> DeliveryState:
    """Whether another attempt may help; else whether the address is at fault, or this message alone."""
    address, text, later = DeliveryState.REFUSED, DeliveryState.TEXT_REFUSED, DeliveryState.DEFERRED
    match error:
        case smtplib.SMTPNotSupportedError():
            # An address that the server cannot write concerns this message alone; missing TLS can be repaired.
            return later if outgoing.recipient.isascii() else address
        case smtplib.SMTPRecipientsRefused():
            return address if all(code >= 500 for code, _ in error.recipients.values()) else later
        case smtplib.SMTPDataError():
            return text if error.smtp_code >= 500 else later
        case _UnusableAddress():
            return address
        case _:
            return text if isinstance(error, MessageError | ValueError) else later


def _answer(error: Exception) -> str:
    """The code and the text of the server's answer, on one line and not too long; empty if it gave none."""
    code: int
    text: bytes | str
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, text = next(iter(error.recipients.values()))
        case smtplib.SMTPResponseException():
            code, text = error.smtp_code, error.smtp_error
        case _:
            return ""
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    line = "".join(letter if letter.isprintable() else " " for letter in said[: 2 * LONGEST_ANSWER])
    return f"{code} {' '.join(line.split())}"[:LONGEST_ANSWER]


def _error_without_addresses(error: Exception) -> str:
    """The error without the words of the server, which repeat the recipient."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
