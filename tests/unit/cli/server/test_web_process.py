"""The event loop of the web process: idle without requests, and stopped at once."""

import asyncio
import selectors
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Timer

import pytest
import uvicorn

from kb.cli.server.web_process import QuietServer


def test_an_idle_server_sleeps_until_it_is_stopped() -> None:
    wakes: list[float | None] = []

    class _Selector(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            wakes.append(timeout)
            return super().select(timeout)

    server = QuietServer(uvicorn.Config(_no_app))
    Timer(0.4, server.stop).start()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_run, server, asyncio.SelectorEventLoop(_Selector())).result()
    # One wait without an end, which the stop ends.
    assert wakes.count(None) == 1
    assert set(wakes) == {None, 0}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_sleep(number: signal.Signals) -> None:
    server = QuietServer(uvicorn.Config(_no_app))
    Timer(0.1, server.handle_exit, (number, None)).start()
    _run_to_its_end(server)
    assert server.should_exit


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


def _run(server: QuietServer, loop: asyncio.AbstractEventLoop) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(server.main_loop())


def _run_to_its_end(server: QuietServer) -> None:
    # In a thread of its own: Playwright leaves a running event loop in the main thread.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(server.main_loop())).result()


async def _no_app(scope: object, receive: object, send: object) -> None: ...
