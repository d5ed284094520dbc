"""The process `web` of `kb serve`, which answers requests."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import uvicorn

from kb.cli.server.connections import ConnectionRegistry, connection_limit, peer_networks, raise_descriptor_limit
from kb.cli.server.http_protocol import bounded_protocol
from kb.cli.server.log_redaction import logging_config
from kb.cli.server.process_supervisor import call_when_parent_ends
from kb.cli.server.server_folder import index_values_folder
from kb.settings import Settings
from kb.web.http.limits.request_bodies import LONGEST_API_ADDRESS
from kb.web.http.request_metrics import count_together
from kb.web.worker_app import app_from_environment

_GRACE = 5  # seconds to finish current work when the parent ends
_TICK = 1.0  # seconds between two updates of the header `Date`


class QuietServer(uvicorn.Server):
    """A server that wakes once a second, where uvicorn looks ten times a second whether it should stop."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()

    async def main_loop(self) -> None:
        """Update the header `Date` until stopped."""
        self._loop = asyncio.get_running_loop()
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), _TICK)

    def stop(self) -> None:
        """Stop at once. Any thread may call it."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._stopped.set)


def serve(settings: Settings, descriptor: int, folder: Path, place: str) -> None:
    """Answer the requests of a socket until the parent ends. `folder` is the folder of the server, `place` the
    number of this worker.
    """
    count_together(folder, place)
    most = connection_limit(raise_descriptor_limit())
    config = uvicorn.Config(
        app_from_environment(index_values_folder(folder)),
        http=bounded_protocol(ConnectionRegistry(most, peer_networks(settings.proxy))),
        ws="none",
        log_config=logging_config(settings.log_format),
        log_level="warning",
        access_log=False,
        server_header=False,
        # Our own settings say which proxies are trusted (`kb.web.http.proxy_headers`).
        proxy_headers=False,
        # Longer than any address that the site accepts: the site refuses the others with its own message.
        h11_max_incomplete_event_size=2 * LONGEST_API_ADDRESS,
        # This many are accepted at once, before any of them is counted.
        backlog=max(8, most // 8),
        timeout_graceful_shutdown=_GRACE,
    )
    server = QuietServer(config)
    call_when_parent_ends(server.stop, _GRACE + 1)
    server.run(sockets=[socket.socket(fileno=descriptor)])
