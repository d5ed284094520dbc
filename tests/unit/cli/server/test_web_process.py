"""The loop of the web process: quiet while nothing happens, and ended at once."""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
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


def _run_to_its_end(server: QuietServer) -> None:
    # In a thread of its own: Playwright leaves a running loop in the one that earlier tests used.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(server.main_loop())).result()


async def _no_app(scope: object, receive: object, send: object) -> None: ...
