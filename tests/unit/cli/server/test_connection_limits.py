"""The connections that a worker keeps open, and those that it closes because they are idle."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from kb.cli.server import http_protocol
from kb.cli.server.connection_limits import (
    MOST_LARGE_HEADS,
    MOST_REFUSED,
    ConnectionRegistry,
    connection_limit,
    peer_networks,
)
from kb.cli.server.http_protocol import bounded_protocol
from tests.support.event_loop import run


class AConnection:
    def __init__(self) -> None:
        self.is_closed = False

    def close_idle(self) -> None:
        self.is_closed = True


def opened(connections: ConnectionRegistry, number: int, peer: str = "203.0.113.1") -> list[AConnection]:
    connections_made = [AConnection() for _ in range(number)]
    assert [connections.admit(connection, peer) for connection in connections_made] == [True] * number
    return connections_made


def test_a_new_connection_takes_the_place_of_the_oldest_of_the_network_that_has_the_most() -> None:
    connections = ConnectionRegistry(most=8)
    (reader,) = opened(connections, 1, "198.51.100.1")
    flood = [connection for number in range(4) for connection in opened(connections, 2, f"203.0.113.{number // 2}")]
    assert [connection.is_closed for connection in flood] == [True] + [False] * 7
    assert not reader.is_closed
    assert len(connections.networks) == 8


def test_a_busy_connection_is_never_closed_for_a_newer_one() -> None:
    connections = ConnectionRegistry(most=16)
    busy = opened(connections, 4)
    for connection in busy:
        connections.begin_request(connection)
    assert not connections.admit(AConnection(), "203.0.113.1")
    assert connections.admit(AConnection(), "203.0.113.2")
    connections.end_request(busy[2])
    assert connections.admit(AConnection(), "203.0.113.1")
    assert [connection.is_closed for connection in busy] == [False, False, True, False]


def test_a_network_holds_at_most_a_quarter_of_the_connections_and_its_oldest_is_closed() -> None:
    connections = ConnectionRegistry(most=40)
    flood = opened(connections, 25, "2001:db8::1")
    assert sum(connection.is_closed for connection in flood) == 15
    opened(connections, 5, "2001:db8:0:1::1")
    assert len(connections.networks) == 15


def test_this_machine_and_proxies_may_hold_all_there_are() -> None:
    connections = ConnectionRegistry(16, peer_networks("10.0.0.0/8"))
    assert not any(
        connection.is_closed for peer in ("127.0.0.1", "10.1.2.3") for connection in opened(connections, 8, peer)
    )


def test_a_connection_that_is_closed_leaves_nothing_behind() -> None:
    connections = ConnectionRegistry(most=8)
    for connection in opened(connections, 4):
        connections.drop(connection)
        connections.drop(connection)
        connections.end_request(connection)
    assert connections == ConnectionRegistry(most=8)


def test_few_long_heads_are_received_at_once() -> None:
    connections = ConnectionRegistry(most=100)
    allowed = [connections.allow_large_head(AConnection()) for _ in range(MOST_LARGE_HEADS + 3)]
    assert allowed == [True] * MOST_LARGE_HEADS + [False] * 3


def test_connections_stay_well_below_the_files_that_may_be_open() -> None:
    for descriptors in (64, 256, 1024, 4096, 65_536):
        assert connection_limit(descriptors) + MOST_REFUSED * (descriptors >= 512) < descriptors * 0.8
    assert connection_limit(65_536) == 1024


Client = Callable[[int], Awaitable[None]]


def served(connections: ConnectionRegistry, act: Client, answer: bytes = b"ok") -> None:
    """Answer every request with one response, in this process, while a client acts on the port."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(answer))]}
        )
        await send({"type": "http.response.body", "body": answer})

    async def main() -> None:
        loop = asyncio.get_running_loop()
        protocol = bounded_protocol(connections)
        config, state = uvicorn.Config(app, http=protocol, ws="none", log_config=None), ServerState()
        server = await loop.create_server(lambda: protocol(config, state, {}, loop), "127.0.0.1", 0)
        async with server:
            await asyncio.wait_for(act(server.sockets[0].getsockname()[1]), 60)

    run(main())


def test_a_client_that_does_not_read_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "STALL", 0.3)
    connections = ConnectionRegistry(most=8)

    async def act(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while not connections.networks:
            await asyncio.sleep(0.01)
        # The server closes the connection, not the client.
        while connections.networks:
            await asyncio.sleep(0.01)
        writer.close()

    served(connections, act, b"a" * (32 << 20))


def test_a_slow_reader_gets_the_whole_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "STALL", 0.3)
    monkeypatch.setattr(http_protocol, "SLOWEST_READING", 1)
    answer = b"a" * (16 << 20)

    async def act(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        read = 0
        while piece := await reader.read(1 << 19):
            read += len(piece)
            await asyncio.sleep(0.02)
        assert read > len(answer)
        writer.close()

    served(ConnectionRegistry(most=8), act, answer)


def test_a_new_connection_gets_503_if_all_others_are_active() -> None:
    connections = ConnectionRegistry(8, lambda _: "")
    for connection in opened(connections, 8):
        connections.begin_request(connection)

    async def act(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: 30\r\n" in answer
        writer.close()
        while connections.refused:
            await asyncio.sleep(0.01)

    served(connections, act)
    assert len(connections.networks) == 8


@pytest.mark.parametrize(("sent", "status"), [(b"", b""), (b"GET / HTTP/1.1\r\nA: b", b"HTTP/1.1 408")])
def test_a_head_has_a_deadline(monkeypatch: pytest.MonkeyPatch, sent: bytes, status: bytes) -> None:
    monkeypatch.setattr(http_protocol, "LONGEST_HEAD", 0.1)

    async def act(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        try:
            answer = await reader.read()
        except ConnectionError:
            answer = b""
        assert answer[: len(b"HTTP/1.1 408")] == status
        writer.close()

    served(ConnectionRegistry(most=8), act)


def test_the_rest_of_an_unread_body_has_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_protocol, "LONGEST_REST", 0.2)
    connections = ConnectionRegistry(most=8)

    async def act(port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\na")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        # A few more bytes change nothing.
        writer.write(b"a")
        while connections.networks:
            await asyncio.sleep(0.01)
        writer.close()

    served(connections, act)
