"""A fake internet for tests: DNS names with the addresses of the test, and connections that all end at one local
port.
"""

import socket
from dataclasses import dataclass, field

from kb.fetcher.connections import WebAccess, WebProxy
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure


@dataclass(slots=True)
class FakeInternet:
    """`names` are the addresses of a name at each lookup; the last ones apply from then on.

    `looked_up` and `connected` record the requests. `dead` are addresses that refuse connections, `ports` other local
    ports for some addresses.
    """

    names: dict[str, list[tuple[str, ...]]]
    port: int
    ports: dict[int, int] = field(default_factory=dict)
    dead: tuple[str, ...] = ()
    looked_up: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    def ways(self, proxy: WebProxy | None = None) -> WebAccess:
        return WebAccess("Florilege/test (+https://veille.example)", self.resolve, self.connect, proxy)

    def resolve(self, host: str, _seconds: float) -> tuple[str, ...]:
        self.looked_up.append(host)
        answers = self.names.get(host)
        if not answers:
            raise FetchFailed(FetchFailure.NO_HOST)
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        self.connected.append((address, port))
        if address in self.dead:
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.ports.get(port, self.port)), timeout=seconds)
