"""A real server refuses requests whose end a proxy may see elsewhere, and closes their connection."""

from collections.abc import Iterator

import pytest

from tests.conftest import Kb, database_variables
from tests.functional.server.test_cli_connections import connect, read_all
from tests.functional.server.test_cli_serve import Server

INSIDE = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
START = b"POST /login HTTP/1.1\r\nHost: a\r\n"
AMBIGUOUS = {
    "folded encoding": START + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "encoding folded by a tab": START + b"Transfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n",
    "bare line feeds": b"GET /login HTTP/1.1\nHost: a\n\n",
    "a bare line feed between fields": b"GET /login HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "an empty line of a line feed": b"GET /login HTTP/1.1\r\nHost: a\r\n\n",
    "a length twice in a field": START + b"Content-Length: 0, 0\r\n\r\n",
    "a length of five twice in a field": START + b"Content-Length: 5, 5\r\n\r\nabcde",
    "a length in two fields": START + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "lengths that disagree": START + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\nabcde",
    "a length with a sign": START + b"Content-Length: +5\r\n\r\nabcde",
    "a negative length": START + b"Content-Length: -1\r\n\r\n",
    "an encoding and a length": START + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "a length and an encoding": START + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an encoding of HTTP/1.0": b"POST /login HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an encoding that is not whole": START + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two encodings": START + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "a space before the colon": START + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "no host": b"GET /login HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /login HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a chunk that ends in a line feed": START + b"Transfer-Encoding: chunked\r\n\r\n1\na\n0\n\n",
    "trailers that end in a line feed": START + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\n",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    kb = Kb(tmp_path_factory.mktemp("site") / "données", tmp_path_factory.mktemp("flux"), database_variables())
    with Server(kb) as running:
        yield running
    assert set(running.errors.splitlines()) <= {"Invalid HTTP request received."}


@pytest.mark.parametrize("request_", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_an_ambiguous_request_is_refused_and_its_connection_closed(server: Server, request_: bytes) -> None:
    with connect(server.address) as sender:
        sender.sendall(request_ + INSIDE)
        answer = read_all(sender)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize("method", [b"HEAD", b"OPTIONS", b"DELETE"])
def test_an_ambiguous_request_of_any_method_is_refused(server: Server, method: bytes) -> None:
    with connect(server.address) as sender:
        sender.sendall(method + b" /login HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n")
        assert read_all(sender).startswith(b"HTTP/1.1 400 ")


def test_a_body_that_breaks_after_its_answer_closes_the_connection(server: Server) -> None:
    for path in (b"/nothing", b"/login"):
        with connect(server.address) as sender:
            sender.sendall(b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            sender.sendall(b"3\r\nabc\r\n")
            answer = sender.recv(65536) if path == b"/nothing" else b""
            sender.sendall(b"x\r\n\r\n" + INSIDE)
            answer += read_all(sender)
        assert answer.count(b"HTTP/1.1 ") == 1
