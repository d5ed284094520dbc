"""The process `web` of `kb serve`, which answers requests."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from kb.cli.server.connection_limits import ConnectionRegistry, connection_limit, peer_networks, raise_descriptor_limit
from kb.cli.server.http_protocol import bounded_protocol
from kb.cli.server.log_configuration import logging_config
from kb.cli.server.process_supervisor import call_when_parent_ends
from kb.cli.server.worker_app import app_from_environment
from kb.cli.server.worker_shared_files import index_values_folder
from kb.settings import Settings
from kb.web.http.limits.request_bodies import LONGEST_API_ADDRESS
from kb.web.http.middleware.request_metrics import count_together

_GRACE = 5  # seconds to finish current work when the parent ends
_ACCEPT_PAUSE = 0.001  # seconds from one accepted connection to the next, in which another worker can accept one
_ACCEPT_RETRY = 0.1  # seconds to wait when a connection cannot be accepted, as without free descriptors


class QuietServer(uvicorn.Server):
    """A server that sleeps until a request or a signal comes, where uvicorn looks ten times a second whether it should
    stop. Its protocol keeps the header `Date` (`bounded_protocol`).

    It accepts one connection at a time and pauses after it. asyncio would let the first worker that wakes accept all
    connections of a browser or of a proxy, while the other workers stay idle.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()
        self._opening: set[asyncio.Task[object]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then accept the connections of the sockets."""
        await super().startup([])
        for listener in sockets or ():
            listener.setblocking(False)
            asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more connections, finish the requests, and end the application."""
        for listener in sockets or ():
            asyncio.get_running_loop().remove_reader(listener)
        await super().shutdown(sockets)

    def _accept(self, listener: socket.socket) -> None:
        loop, pause = asyncio.get_running_loop(), _ACCEPT_PAUSE
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another worker has accepted it, or it has ended
        except OSError:
            pause = _ACCEPT_RETRY
        else:
            opening = loop.create_task(loop.connect_accepted_socket(self._new_protocol, connection))
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)
        loop.remove_reader(listener)
        loop.call_later(pause, self._accept_again, listener)

    def _accept_again(self, listener: socket.socket) -> None:
        if not self.should_exit:
            asyncio.get_running_loop().add_reader(listener, self._accept, listener)

    def _new_protocol(self) -> asyncio.Protocol:
        """As uvicorn creates it for the connections of a server of asyncio."""
        protocol: Any = self.config.http_protocol_class
        made: asyncio.Protocol = protocol(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made

    async def main_loop(self) -> None:
        """Wait until stopped."""
        self._loop = asyncio.get_running_loop()
        if not self.should_exit:
            await self._stopped.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop after a signal, as uvicorn does."""
        super().handle_exit(sig, frame)
        self.stop()

    def stop(self) -> None:
        """Stop at once. Any thread may call it."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._stopped.set)


def serve(settings: Settings, descriptor: int, folder: Path, number: str) -> None:
    """Answer the requests of a socket until the parent ends. `folder` is the folder of the server, `number` is that of
    this worker.
    """
    count_together(folder, number)
    most = connection_limit(raise_descriptor_limit())
    config = uvicorn.Config(
        app_from_environment(index_values_folder(folder)),
        http=bounded_protocol(ConnectionRegistry(most, peer_networks(settings.proxy))),
        ws="none",
        log_config=logging_config(settings.log_format),
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,
        # Our own settings say which proxies are trusted (`kb.web.http.middleware.proxy_headers`).
        proxy_headers=False,
        # Longer than any address that the site accepts: the site refuses the others with its own message.
        h11_max_incomplete_event_size=2 * LONGEST_API_ADDRESS,
        timeout_graceful_shutdown=_GRACE,
    )
    server = QuietServer(config)
    call_when_parent_ends(server.stop, _GRACE + 1)
    server.run(sockets=[socket.socket(fileno=descriptor)])
