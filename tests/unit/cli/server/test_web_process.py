"""The event loop of the web process: idle without requests, and stopped at once."""

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Timer

import uvicorn

from kb.cli.server.web_process import QuietServer


def test_an_idle_server_wakes_once_a_second_and_stops_at_once() -> None:
    ticks = 0

    class _Server(QuietServer):
        async def on_tick(self, counter: int) -> bool:
            nonlocal ticks
            ticks += 1
            return await super().on_tick(counter)

    server = _Server(uvicorn.Config(_no_app))
    started = time.monotonic()
    Timer(0.4, server.stop).start()
    _run_to_its_end(server)
    # The first tick, one for each whole second, and the last.
    assert ticks <= time.monotonic() - started + 2


def test_a_server_that_is_stopped_before_it_runs_does_not_run() -> None:
    server = QuietServer(uvicorn.Config(_no_app))
    server.stop()
    _run_to_its_end(server)


def test_connections_that_come_at_once_are_shared_by_the_workers() -> None:
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        shared = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=16))
        for _ in range(8):
            stack.enter_context(socket.create_connection(shared.getsockname()))
        accepted = pool.submit(lambda: asyncio.run(_accepted_by_two_workers(shared))).result()
    assert sum(accepted) == 8
    assert min(accepted) >= 3


async def _accepted_by_two_workers(shared: socket.socket) -> list[int]:
    """The connections of each of two servers, in one loop, once eight have been accepted."""
    servers = [QuietServer(uvicorn.Config(_no_app, lifespan="off", log_config=None)) for _ in range(2)]
    listeners = [shared.dup() for _ in servers]
    for server, listener in zip(servers, listeners, strict=True):
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup([listener])
    accepted = [0, 0]
    while sum(accepted) < 8:
        await asyncio.sleep(0.01)
        accepted = [len(server.server_state.connections) for server in servers]
    for server, listener in zip(servers, listeners, strict=True):
        await server.shutdown([listener])
    return accepted


def _run_to_its_end(server: QuietServer) -> None:
    # In a thread of its own: Playwright leaves a running event loop in the main thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(server.main_loop())).result()


async def _no_app(scope: object, receive: object, send: object) -> None: ...
