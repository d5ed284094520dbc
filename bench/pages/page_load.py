"""Clients that request pages of a site, all in one cheap process, for `bench/pages/page_speed.py`.

Reads {"port", "clients", "seconds", "paths", "items"} as JSON from standard input. Each client has one connection and
requests its next page as soon as it has read the last one. Writes {"times": seconds of each page, "took", "faults"}.
"""

import json
import re
import selectors
import socket
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

_REQUEST = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: bench\r\nAccept: text/html\r\n"
    "Accept-Language: fr\r\nAccept-Encoding: gzip\r\nCookie: kb-lang=fr\r\n\r\n"
)
_ROW, _FACET, _MARK, _END = b'<article class="row', b'<section class="facet"', b"<mark>", b"</html>"
_WHY = re.compile(rb'<p class="lead">(.*?)</p>')
"""The error message of an error page."""
_MOST_FAULTS = 20


@dataclass
class Client:
    """One connection: its request, the start time, and the received part of the response."""

    connection: socket.socket
    path: str = ""
    asked: float = 0.0
    answer: bytearray = field(default_factory=bytearray)
    length: int = -1
    """Bytes of the whole response; -1 until the headers have arrived."""

    def ask(self, path: str, port: int) -> None:
        self.path, self.length = path, -1
        self.answer.clear()
        self.connection.sendall(_REQUEST.format(path=path, port=port).encode("ascii"))
        self.asked = time.perf_counter()

    def read(self) -> bool:
        """Read the available bytes; returns whether the response is complete."""
        piece = self.connection.recv(1 << 18)
        if not piece:
            raise SystemExit(f"{self.path}: the server has hung up")
        self.answer += piece
        if self.length < 0 and (end := self.answer.find(b"\r\n\r\n")) >= 0:
            length = _header(bytes(self.answer[:end]), b"content-length")
            if length is None:
                raise SystemExit(f"{self.path}: an answer without a length: {bytes(self.answer[:end])!r}")
            self.length = end + 4 + int(length)
        return 0 <= self.length <= len(self.answer)


def fault_of(answer: bytes, items: int) -> str:
    """The missing part of a response; empty for a complete page."""
    head, _, body = answer.partition(b"\r\n\r\n")
    page = zlib.decompress(body, 31) if _header(head, b"content-encoding") == b"gzip" else body
    if not head.startswith(b"HTTP/1.1 200 "):
        reason = _WHY.search(page)
        return f"{head.splitlines()[0].decode('latin-1')}: {reason[1].decode() if reason else page[:300]!r}"
    if not page.rstrip().endswith(_END):
        return "the page is cut"
    if (row_count := page.count(_ROW)) != items:
        return f"{row_count} results"
    if (row_count := page.count(_FACET)) < 3:
        return f"{row_count} facets"
    return "" if _MARK in page else "nothing is marked"


def _header(head: bytes, name: bytes) -> bytes | None:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()
    return None


def load(port: int, clients: int, seconds: float, paths: Iterator[str], items: int) -> dict[str, object]:
    """Request pages for this many seconds; returns the time of each, and the faults of some."""
    selector = selectors.DefaultSelector()
    page_visitors = []
    for _ in range(clients):
        connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client = Client(connection)
        selector.register(connection, selectors.EVENT_READ, client)
        page_visitors.append(client)
    times: list[float] = []
    faults: list[str] = []
    started = time.perf_counter()
    for client in page_visitors:
        client.ask(next(paths), port)
    waiting = clients
    while waiting:
        ready = selector.select(60)
        if not ready:
            raise SystemExit(f"{page_visitors[0].path}: no answer for a minute")
        for key, _ in ready:
            client = key.data
            if not client.read():
                continue
            now = time.perf_counter()
            times.append(now - client.asked)
            fault = fault_of(bytes(client.answer), items)
            if fault and len(faults) < _MOST_FAULTS:
                faults.append(f"{client.path}: {fault}")
            if now - started < seconds and (path := next(paths, None)) is not None:
                client.ask(path, port)
            else:
                waiting -= 1
                selector.unregister(client.connection)
                client.connection.close()
    return {"times": times, "took": time.perf_counter() - started, "faults": faults}


def main() -> None:
    options = json.load(sys.stdin)
    answer = load(options["port"], options["clients"], options["seconds"], iter(options["paths"]), options["items"])
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
