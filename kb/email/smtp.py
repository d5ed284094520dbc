"""Send a message to a mail server: plain text, one recipient, no tracking of whether it was read."""

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Self
from urllib.parse import unquote, urlsplit

from kb.model.dates import instant_of

_TIMEOUT = 20.0  # seconds to wait for each answer of a mail server
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class DeliveryFailed(Exception):
    """The server refused a message. `for_good`: another attempt would not help (RFC 5321, 4.2.1)."""

    def __init__(self, why: str, *, for_good: bool) -> None:
        super().__init__(why)
        self.for_good = for_good


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
    """A message to send. `id` and `at` are the same in each attempt, so that a server can recognize it."""

    id: str
    sender: str
    recipient: str
    subject: str
    body: str
    at: str


def send_email(url: str, outgoing: OutgoingMessage) -> None:
    """Send a message to one address. Raises DeliveryFailed."""
    server = SmtpServer.of(url)
    try:
        message = _message(outgoing)
        connection = _connect(server)
        try:
            if server.user:
                connection.login(server.user, server.password)
            connection.send_message(message, to_addrs=[outgoing.recipient])
        finally:
            _disconnect(connection)
    except (MessageError, ValueError, OSError) as error:
        raise DeliveryFailed(_error_without_addresses(error), for_good=_is_for_good(error, outgoing)) from error


def _connect(server: SmtpServer) -> smtplib.SMTP:
    secure = ssl.create_default_context()
    if server.kind == "smtps":
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT, context=secure)
    connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT)
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


def _message(outgoing: OutgoingMessage) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = outgoing.sender
    message["To"] = outgoing.recipient
    if [address.addr_spec for address in message["To"].addresses] != [outgoing.recipient]:
        raise ValueError
    message["Subject"] = outgoing.subject
    message["Date"] = format_datetime(instant_of(outgoing.at))
    host = parseaddr(outgoing.sender)[1].rpartition("@")[2] or "localhost"
    message["Message-ID"] = f"<{outgoing.id}@{host}>"
    # RFC 3834, 5: no automatic reply answers it.
    message["Auto-Submitted"] = "auto-generated"
    # Some servers accept only seven-bit text.
    message.set_content(outgoing.body, cte="quoted-printable")
    return message


def _is_for_good(error: Exception, outgoing: OutgoingMessage) -> bool:
    match error:
        case smtplib.SMTPNotSupportedError():
            # An address that the server cannot write concerns this message alone; missing TLS can be repaired.
            return not outgoing.recipient.isascii()
        case smtplib.SMTPRecipientsRefused():
            return all(code >= 500 for code, _ in error.recipients.values())
        case smtplib.SMTPDataError():
            return error.smtp_code >= 500
        case _:
            return isinstance(error, MessageError | ValueError)


def _error_without_addresses(error: Exception) -> str:
    """The error without the words of the server, which repeat the recipient."""
    code = getattr(error, "smtp_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__
