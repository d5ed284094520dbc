"""The cost of many concurrent large bodies, measured in the server process that handles them."""

import re
import socket
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.functional.server.test_cli_serve import Server, children
from tests.support.browser_sessions import PASSWORD

MIB = 1 << 20
SIZE = 21 * MIB
SENDERS = 50
LARGEST_GROWTH = 60 * MIB
"""The limit on the growth of the peak memory: for pieces in transit, and for nothing that grows with the bodies."""


def highest_memory(server):
    """The peak memory of the process that handles the bodies, in bytes (Linux, `VmHWM`)."""
    status = Path(f"/proc/{children(server.process.pid)['web']}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def begin_request(address, head):
    """A connection with a started request, with a short timeout."""
    parts = urlsplit(address)
    connection = socket.create_connection((parts.hostname, parts.port), timeout=60)
    connection.sendall(head)
    connection.setblocking(False)
    return connection


def send_all(connections, body):
    """Send a body on all connections in turns, as far as each is read, until none accepts more or all is sent.

    Returns the number of bytes that each connection accepted.
    """
    sent = dict.fromkeys(connections, 0)
    last = time.monotonic()
    while time.monotonic() - last < 3 and any(size < len(body) for size in sent.values()):
        for connection, size in sent.items():
            try:
                sent_size = connection.send(body[size : size + 256 * 1024]) if size < len(body) else 0
            except (BlockingIOError, ConnectionError):
                continue
            sent[connection] += sent_size
            last = time.monotonic() if sent_size else last
        time.sleep(0.001)
    return list(sent.values())


def statuses(connections):
    """The status of each response that arrived."""
    statuses_seen = []
    for connection in connections:
        connection.settimeout(30)
        try:
            statuses_seen.append(int(connection.recv(4096).split(b" ", 2)[1]))
        except (ConnectionError, TimeoutError, IndexError):
            statuses_seen.append(0)
    return statuses_seen


@pytest.fixture
def server(kb):
    assert kb("group", "add", "veille").code == 0
    assert kb("user", "add", "claire", "--password-stdin", stdin=PASSWORD).code == 0
    assert kb("group", "member", "veille", "claire", "--role", "owner").code == 0
    with Server(kb) as server:
        yield server


def head_of(path, boundary, **headers):
    lines = {
        "Host": "127.0.0.1",
        "Content-Length": str(SIZE),
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    lines |= {name.replace("_", "-"): value for name, value in headers.items()}
    return f"POST {path} HTTP/1.1\r\n".encode() + b"".join(f"{n}: {v}\r\n".encode() for n, v in lines.items()) + b"\r\n"


@pytest.mark.parametrize(("path", "status"), [("/g/missing/import", 404), ("/g/veille/import", 403)])
def test_bodies_of_strangers_are_not_read(server, path, status):
    httpx2.post(f"{server.address}{path}", data={"a": "b"}, timeout=60)
    before = highest_memory(server)
    with ExitStack() as stack:
        senders = [stack.enter_context(begin_request(server.address, head_of(path, "x"))) for _ in range(SENDERS)]
        send_all(senders, b"a" * SIZE)
        assert highest_memory(server) - before < LARGEST_GROWTH
        assert httpx2.get(f"{server.address}/healthz", timeout=60).status_code == 200
        assert set(statuses(senders)) == {status}


def test_uploads_of_a_member_lie_on_the_disk_and_are_few_at_once(server):
    with httpx2.Client(base_url=server.address, timeout=60) as claire:
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', claire.get("/login").text)[1]
        claire.post("/login", data={"login": "claire", "password": PASSWORD, "form_token": token})
        token = re.search(r'name="form_token" value="([0-9a-f]+)"', claire.get("/g/veille/import").text)[1]
        cookie = "; ".join(f"{name}={value}" for name, value in claire.cookies.items())

    fields = f'--x\r\nContent-Disposition: form-data; name="form_token"\r\n\r\n{token}\r\n'
    file = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.jsonl"\r\n\r\n'
    body = (fields + file).encode()
    body += b"a" * (SIZE - len(body) - 9) + b"\r\n--x--\r\n"
    before = highest_memory(server)
    with ExitStack() as stack:
        head = head_of("/g/veille/import", "x", Cookie=cookie)
        senders = [stack.enter_context(begin_request(server.address, head)) for _ in range(SENDERS)]
        send_all(senders, body)
        counts = statuses(senders)
        assert highest_memory(server) - before < LARGEST_GROWTH
    # The body is over the limit: requests that were received get the form page with a message, the others a request to
    # wait.
    assert set(counts) <= {400, 429, 503}
    assert 1 <= counts.count(400) <= SENDERS // 2
