"""Sites that mean no good, on the loopback: each path is a way of answering, byte by byte.

with a_hostile_site({"/drip": slowly(b"HTTP/1.1 200 OK\r\n\r\n", b"x")}) as site: ...
"""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from ssl import SSLContext
from time import monotonic

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
Telling = Callable[[socket.socket, threading.Event], None]


def saying(*pieces: bytes) -> Telling:
    """Say this and hang up."""

    def tell(line: socket.socket, _stop: threading.Event) -> None:
        for piece in pieces:
            line.sendall(piece)

    return tell


def endlessly(first: bytes, then: bytes, pause: float = 0.0) -> Telling:
    """Say something, and then the other thing again and again, after a pause each time."""

    def tell(line: socket.socket, stop: threading.Event) -> None:
        line.sendall(first)
        while not stop.wait(pause) if pause else not stop.is_set():
            line.sendall(then)

    return tell


def silent(_line: socket.socket, stop: threading.Event) -> None:
    """Listen, and say nothing."""
    stop.wait(30)


@dataclass(slots=True)
class Hostile:
    """A site that is open; `asked` are the heads that it was sent."""

    port: int
    asked: list[bytes] = field(default_factory=list)

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def asked_lines(self) -> list[str]:
        return [head.partition(b"\r\n")[0].decode() for head in self.asked]


@contextmanager
def a_hostile_site(
    ways: Mapping[str, Telling] | Callable[[str], Telling], tls: SSLContext | None = None
) -> Iterator[Hostile]:
    """A site that answers each path in its way, until the end of the block."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(0.02)
    site, stop = Hostile(listening.getsockname()[1]), threading.Event()
    way_of = ways if callable(ways) else ways.__getitem__
    threads: list[threading.Thread] = []

    def answer(line: socket.socket) -> None:
        with line, suppress(OSError):
            line.settimeout(20)
            if tls is not None:
                line = tls.wrap_socket(line, server_side=True)
            with line:
                head = b""
                while b"\r\n\r\n" not in head and not head.startswith(b"\x16") and (piece := line.recv(65536)):
                    head += piece
                if head.startswith(b"\x16"):
                    # What begins TLS is no word of HTTP.
                    line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                elif head:
                    site.asked.append(head)
                    way_of(head.split(b" ", 2)[1].decode())(line, stop)

    def listen() -> None:
        while not stop.is_set():
            with suppress(TimeoutError):
                line, _ = listening.accept()
                threads.append(threading.Thread(target=answer, args=(line,)))
                threads[-1].start()

    listener = threading.Thread(target=listen)
    listener.start()
    try:
        yield site
    finally:
        stop.set()
        listener.join()
        listening.close()
        for thread in threads:
            thread.join()


@dataclass(slots=True)
class Cost:
    """What something cost: seconds, and how many bytes this process grew by at its largest."""

    seconds: float = 0.0
    memory: int = 0


@contextmanager
def costing() -> Iterator[Cost]:
    """The cost of a block."""
    cost, began = Cost(), monotonic()
    # Linux forgets the largest size so far.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _memory("VmRSS")
    yield cost
    cost.seconds, cost.memory = monotonic() - began, _memory("VmHWM") - before


def _memory(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith(name))
    return int(line.split()[1]) << 10
