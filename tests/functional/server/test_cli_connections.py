"""Idle connections: the server keeps answering, and does not fill its log."""

import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.conftest import Kb, database_variables
from tests.functional.server.test_cli_serve import Server

SILENT = 1_100
DESCRIPTORS = 1_024
MALFORMED = "Invalid HTTP request received."


def connect(address):
    parts = urlsplit(address)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
    connection.settimeout(60)
    return connection


def read_all(connection):
    """All bytes until the server closes the connection; a reset counts as the end."""
    data = b""
    try:
        while piece := connection.recv(65536):
            data += piece
    except ConnectionError:
        pass
    return data


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """A server whose processes may open 1,024 files and connections."""
    if shutil.which("prlimit") is None:
        pytest.skip("prlimit is not here")
    kb = Kb(tmp_path_factory.mktemp("limité") / "données", tmp_path_factory.mktemp("flux"), database_variables())
    with Server(replace(kb, prefix=("prlimit", f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"))) as server:
        server.expected_errors = set()
        yield server
    # Malformed requests write a few lines, and not one each.
    assert server.errors.count("\n") <= 10
    assert set(server.errors.splitlines()) == server.expected_errors


@pytest.fixture(scope="module")
def late(limited):
    """What three connections without a whole head receive until they are closed, each with the seconds until then;
    other tests run meanwhile.
    """
    begun = time.monotonic()
    with (
        connect(limited.address) as silent,
        connect(limited.address) as slow,
        connect(limited.address) as second,
        ThreadPoolExecutor() as readers,
    ):
        second.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert second.recv(65536).startswith(b"HTTP/1.1 200")
        second.sendall(b"GET /")
        slow.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        yield readers.map(lambda connection: (read_all(connection), time.monotonic() - begun), (silent, slow, second))


def test_silent_connections_do_not_keep_others_out(limited):
    httpx2.get(limited.address + "/", timeout=60)
    with ExitStack() as stack:
        for _ in range(SILENT):
            stack.enter_context(connect(limited.address))
        for path in ("/healthz", "/", "/search?q=a"):
            assert httpx2.get(limited.address + path, timeout=60).status_code == 200


@pytest.mark.usefixtures("late")
def test_an_answer_to_a_body_that_is_too_large_can_be_read(limited):
    size = 40 << 20
    with connect(limited.address) as sender:
        sender.sendall(b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size >> 20):
            sender.sendall(b"a" * (1 << 20))
        assert sender.recv(65536).startswith(b"HTTP/1.1 413")


def test_a_connection_serves_again_after_the_rest_of_a_body(limited):
    with connect(limited.address) as sender:
        sender.sendall(b"POST /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na")
        assert sender.recv(65536).startswith(b"HTTP/1.1 404")
        time.sleep(0.2)
        sender.sendall(b"b" * 8 + b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        assert b"HTTP/1.1 200" in read_all(sender)


def test_a_body_that_does_not_come_does_not_hold_up_the_end_of_a_server(kb):
    with Server(kb) as server, ExitStack() as stack:
        head = b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\nExpect: 100-continue\r\n\r\n"
        for _ in range(20):
            sender = stack.enter_context(connect(server.address))
            sender.sendall(head)
            # The server waits for the body.
            assert sender.recv(65536).startswith(b"HTTP/1.1 100")
        server.process.terminate()
        server.process.wait(60)
    assert server.errors == ""


def test_malformed_requests_write_a_few_lines_and_not_one_each(limited):
    for _ in range(300):
        with connect(limited.address) as stranger:
            stranger.sendall(b"\x16\x03\x01 no request\r\n\r\n")
            assert read_all(stranger).startswith(b"HTTP/1.1 400")
    limited.expected_errors.add(MALFORMED)


def test_an_address_with_letters_as_they_are_is_refused_with_a_reason(limited):
    for target, reason in (("/search?q=été", b"percent-encoded"), ("/search?q= x", b"Invalid HTTP request")):
        with connect(limited.address) as sender:
            sender.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            answer = read_all(sender)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert reason in answer
    limited.expected_errors.add(MALFORMED)


def test_a_request_inside_another_one_is_not_answered(limited):
    """Two lengths for one body: a proxy that uses the first one would forward the second request as a part of the
    body.
    """
    inside = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    body = b"0\r\n\r\n" + inside
    for version, more in ((b"1.1", b"Content-Length: %d\r\n" % len(body)), (b"1.0", b"Connection: keep-alive\r\n")):
        with connect(limited.address) as sender:
            head = b"POST /login HTTP/" + version + b"\r\nHost: a\r\n" + more + b"Transfer-Encoding: chunked\r\n\r\n"
            sender.sendall(head + body)
            answer = read_all(sender)
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert answer.count(b"HTTP/1.1 ") == 1


def test_a_connection_without_a_whole_head_is_closed_after_a_while(late):
    (silent, slow, second), times = zip(*late, strict=True)
    assert silent == b""
    assert slow.startswith(b"HTTP/1.1 408")
    assert b"HTTP/1.1 408" in second
    assert min(times) > 5
