"""The loop of the web process: quiet while nothing happens, and ended at once."""

import asyncio
import time
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
    asyncio.run(server.main_loop())
    # The first tick, one for each whole second, and the last.
    assert ticks <= time.monotonic() - started + 2


def test_a_server_that_is_stopped_before_it_runs_does_not_run() -> None:
    server = QuietServer(uvicorn.Config(_no_app))
    server.stop()
    asyncio.run(server.main_loop())


async def _no_app(scope: object, receive: object, send: object) -> None: ...
