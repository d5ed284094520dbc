"""What the proxies of `deploy/` pass on of requests that two readers may end at different places."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import h11
import pytest

from kb.cli.server.strict_connection import StrictConnection
from tests.functional.deploy.test_proxies import PROXIES, Proxy, program
from tests.functional.server.test_cli_connections import read_all
from tests.functional.server.test_request_framing import AMBIGUOUS, INSIDE

__all__ = ["program"]
OTHERS = {"Missing mandatory Host: header"}
"""Refusals for another reason."""
ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class Upstream:
    """A server that takes down what each connection sends, and answers once."""

    def __init__(self) -> None:
        self.received: list[bytearray] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._take_down, args=(connection,), daemon=True).start()

    def _take_down(self, connection: socket.socket) -> None:
        received, reader = bytearray(), h11.Connection(h11.SERVER)
        self.received.append(received)
        # A proxy may give up what it has begun.
        with connection, suppress(h11.RemoteProtocolError, ConnectionError):
            connection.settimeout(60)
            while not isinstance(event := reader.next_event(), h11.EndOfMessage | h11.ConnectionClosed):
                if event is h11.NEED_DATA:
                    data = connection.recv(65536)
                    received += data
                    reader.receive_data(data)
            connection.sendall(ANSWER)


@contextmanager
def an_upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    thread = threading.Thread(target=upstream.run, daemon=True)
    thread.start()
    try:
        yield upstream
    finally:
        upstream.listener.shutdown(socket.SHUT_RDWR)
        upstream.listener.close()
        thread.join()


@pytest.fixture(scope="module")
def behind(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, Upstream]]:
    with an_upstream() as upstream, PROXIES[program](tmp_path_factory.mktemp("proxy"), upstream.port) as proxy:
        yield proxy, upstream


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_a_proxy_refuses_an_ambiguous_request_or_writes_it_plainly(
    behind: tuple[Proxy, Upstream], request_: bytes
) -> None:
    proxy, upstream = behind
    upstream.received.clear()
    plain = socket.create_connection(("127.0.0.1", proxy.port), timeout=60)
    with proxy.context().wrap_socket(plain, server_hostname="localhost") as sender:
        last = INSIDE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        sender.sendall((request_ + last).replace(b"Host: a", b"Host: localhost"))
        read_all(sender)
    for received in filter(None, upstream.received):
        assert refusal_of(bytes(received)) in {"", *OTHERS}


def refusal_of(received: bytes) -> str:
    """Why the server of this program would refuse what a proxy has sent; empty if it reads it."""
    server = StrictConnection(h11.SERVER)
    server.receive_data(received)
    try:
        while server.next_event() not in (h11.NEED_DATA, h11.PAUSED):
            pass
    except h11.RemoteProtocolError as error:
        return str(error)
    return ""
