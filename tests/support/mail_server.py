"""A mail server for tests, on its own port, which stores the received messages."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from subprocess import run
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

SECRET = "mot-de-passe-du-serveur"


@dataclass
class PostOffice:
    """The received messages, and the responses: `refusals` by command (`RCPT`, `DATA`), `recipients` by address."""

    taken: list[Any] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    recipients: dict[str, str] = field(default_factory=dict)
    port: int = 0
    kind: str = "smtp"

    @property
    def url(self) -> str:
        return f"{self.kind}://127.0.0.1:{self.port}"

    @property
    def letters(self) -> list[EmailMessage]:
        """The messages as a mail program parses them."""
        return [message_from_bytes(message.content, policy=default) for message in self.taken]  # type: ignore[misc]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if "RCPT" in self.refusals:
            return self.refusals["RCPT"]
        if not (answer := self.recipients.get(address, "250 OK")).startswith("2"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        self.taken.append(envelope)
        return "250 OK"

    async def handle_QUIT(self, _server: Any, _session: Any, _envelope: Any) -> str:  # noqa: N802
        return self.refusals.get("QUIT", "221 Bye")


@contextmanager
def a_post_office(
    certificate: tuple[Path, Path] | None = None, *, secure: bool = False, port: int = 0, **refusals: str
) -> Iterator[PostOffice]:
    """A running server. With a certificate it speaks TLS: from the start if `secure`, else after STARTTLS."""
    office = PostOffice(
        refusals=refusals, kind="smtp" if certificate is None else "smtps" if secure else "smtp+starttls"
    )
    context = None
    if certificate is not None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
    options = {"ssl_context": context} if secure else {"tls_context": context}

    class Office(Controller):
        def factory(self) -> SMTP:
            return SMTP(office, hostname="poste.exemple.fr", **({} if secure else options), enable_SMTPUTF8=False)

    for tries_left in reversed(range(5)):
        office.port = port or a_free_port()
        controller = Office(office, "127.0.0.1", office.port, ready_timeout=60, **(options if secure else {}))
        try:
            controller.start()
        except OSError:
            # Another process has taken the port.
            if port or not tries_left:
                raise
        else:
            break
    try:
        yield office
    finally:
        controller.stop()


def a_free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free_socket:
        free_socket.bind(("127.0.0.1", 0))
        return int(free_socket.getsockname()[1])


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key
