"""Servers with OpenAI's interface for embeddings, on a port of this machine: good ones, and each kind of bad one."""

import base64
import json
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

DIMENSIONS = 8


def vector_of(text: str, dimensions: int = DIMENSIONS) -> list[float]:
    """The vector of a text: the same for the same words, in any order."""
    numbers = [0.01] * dimensions
    for word in text.casefold().split():
        numbers[sha256(word.encode()).digest()[0] % dimensions] += 1
    return numbers


def openai_answer(texts: list[str], dimensions: int = DIMENSIONS, *, in_base64: bool = False) -> dict[str, Any]:
    """The answer in the official shape."""
    data = []
    for index, text in enumerate(texts):
        vector: Any = vector_of(text, dimensions)
        if in_base64:
            vector = base64.b64encode(struct.pack(f"<{dimensions}f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    return {"object": "list", "data": data, "model": "m", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


Answer = Callable[["_Handler", dict[str, Any]], None]


@dataclass
class EmbeddingServer:
    """The requests that a server got, and how it answers the next ones: by the first of `answers`, then by `answer`."""

    answer: Answer
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    connections: set[Any] = field(default_factory=set)
    released: Event = field(default_factory=Event)
    """What lets an answer of `held` go on."""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def texts(self) -> list[str]:
        """All texts that were sent, in their order."""
        return [text for request in self.requests for text in request["input"]]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "_Server"

    def do_POST(self) -> None:
        known = self.server.known
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        known.requests.append(request)
        known.headers.append(dict(self.headers))
        known.paths.append(self.path)
        known.connections.add(self.client_address)
        answer = known.answers.pop(0) if known.answers else known.answer
        with suppress(BrokenPipeError, ConnectionResetError):
            answer(self, request)

    def reply(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, known: EmbeddingServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.known = known

    def handle_error(self, *_: Any) -> None:
        pass


def good(dimensions: int = DIMENSIONS, *, in_base64: bool = False) -> Answer:
    def answer(handler: _Handler, request: dict[str, Any]) -> None:
        found = openai_answer(request["input"], dimensions, in_base64=in_base64)
        handler.reply(200, json.dumps(found).encode(), Content_Type="application/json")

    return answer


def saying(value: Any) -> Answer:
    """An answer of this JSON, or of these bytes."""
    return lambda handler, _: handler.reply(200, value if isinstance(value, bytes) else json.dumps(value).encode())


def failing(status: int, **headers: str) -> Answer:
    return lambda handler, _: handler.reply(status, b"<html>Erreur</html>", **headers)


def vectors(*numbers: Any) -> Answer:
    """An answer with these vectors, whatever was asked."""
    return saying({"data": [{"index": place, "embedding": vector} for place, vector in enumerate(numbers)]})


def held(handler: _Handler, request: dict[str, Any]) -> None:
    """A good answer, once the test releases it."""
    handler.server.known.released.wait(60)
    good()(handler, request)


def endless(handler: _Handler, _request: dict[str, Any]) -> None:
    """An answer that never ends, as fast as it is read."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(b'{"data": [')
    while True:
        handler.wfile.write(b" " * 65_536)


def dripping(handler: _Handler, _request: dict[str, Any]) -> None:
    """A header, a byte at a time."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.known.released.wait(0.02):
        handler.wfile.write(b"a")


def dripping_body(handler: _Handler, _request: dict[str, Any]) -> None:
    """The body of an answer, a byte at a time, until the connection ends."""
    handler.send_response(200)
    handler.send_header("Connection", "close")
    handler.end_headers()
    while not handler.server.known.released.wait(0.02):
        handler.wfile.write(b" ")


def closing(handler: _Handler, _request: dict[str, Any]) -> None:
    """No answer."""
    handler.close_connection = True


@contextmanager
def an_embedding_server(answer: Answer | None = None, *answers: Answer) -> Iterator[EmbeddingServer]:
    """A server that gives `answers`, then always `answer`."""
    known = EmbeddingServer(answer or good(), list(answers))
    server = _Server(known)
    known.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield known
    finally:
        known.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def wait_until(is_true: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Wait for a condition that another thread makes true; the limit is only for a test that fails."""
    end = time.monotonic() + seconds
    while not is_true():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True
