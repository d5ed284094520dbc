"""What a child runs, `python -m kb.cli.child …`: `web FD` and `background` for `kb serve`, `meanwhile` for `kb import`.

It ends when its standard input does (`kb.cli.processes`).
"""

import os
import socket
import sys
import threading
from collections.abc import Callable
from logging.config import dictConfig

import uvicorn

from kb.cli.connections import Connections, most_connections, peer_networks, raise_descriptor_limit
from kb.cli.discreet import LOGGING
from kb.cli.http_protocol import bounded_protocol
from kb.cli.private_files import umask_for
from kb.cli.processes import GIVE_UP, when_parent_ends
from kb.cli.speaking import complain
from kb.errors import FlorilegeError
from kb.indexer import background_lock, follow_meanwhile, run_forever
from kb.library.fetch_work import fetch_forever
from kb.library.import_jobs import take_forever
from kb.library.letters import send_forever
from kb.library.link_work import look_forever
from kb.library.opening import Library, open_library
from kb.library.supervision import BackgroundTask, run_tasks
from kb.library.sweeping import sweep_forever
from kb.library.task_states import task_states
from kb.settings import Settings, settings_from_environment
from kb.translating import sentence
from kb.web.serving import app_from_environment
from kb.web.sizes import LONGEST_QUESTION

_GRACE = 5  # seconds for what is being done when the parent ends
_TASKS = (
    BackgroundTask("index", run_forever),
    BackgroundTask("email", send_forever),
    BackgroundTask("expired-data", sweep_forever),
    BackgroundTask("imports", take_forever),
    BackgroundTask("page-fetches", fetch_forever),
    BackgroundTask("link-check", look_forever),
)
"""What the background process does; the others read the states of these tasks by name."""
_TURN = 1.0  # seconds between two looks whether another server still indexes


def main(arguments: list[str]) -> int:
    """Work until the parent ends; gives an exit code."""
    settings = settings_from_environment()
    os.umask(umask_for(settings))
    dictConfig(LOGGING)
    try:
        match arguments:
            case ["web", descriptor]:
                _serve(settings, int(descriptor))
            case ["background"]:
                _index(settings, _take_turns)
            case ["meanwhile"]:
                _index(settings, follow_meanwhile)
            case _:
                return GIVE_UP
    except FlorilegeError as error:
        complain(sentence(error, settings.language))
        return GIVE_UP
    return 0


def _serve(settings: Settings, descriptor: int) -> None:
    most = most_connections(raise_descriptor_limit())
    config = uvicorn.Config(
        app_from_environment(),
        http=bounded_protocol(Connections(most, peer_networks(settings.proxy))),
        ws="none",
        log_config=LOGGING,
        log_level="warning",
        access_log=False,
        server_header=False,
        # Which proxies are believed is said by our own settings (`kb.web.proxies`).
        proxy_headers=False,
        # Longer than any address that the site reads: it refuses the others in its own words.
        h11_max_incomplete_event_size=2 * LONGEST_QUESTION,
        # So many are accepted at once, before any of them is counted.
        backlog=max(8, most // 8),
        timeout_graceful_shutdown=_GRACE,
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        server.should_exit = True

    when_parent_ends(stop, _GRACE + 1)
    server.run(sockets=[socket.socket(fileno=descriptor)])


def _index(settings: Settings, follow: Callable[[Library, threading.Event], None]) -> None:
    """Follow the base until the parent ends."""
    stop = threading.Event()
    library = open_library(settings)

    def end() -> None:
        stop.set()
        library.store.wake_listeners()

    when_parent_ends(end, _GRACE)
    try:
        follow(library, stop)
    finally:
        library.close()


def _take_turns(library: Library, stop: threading.Event) -> None:
    """Index what changes, when no other server over this data folder does; else wait for the turn."""
    while not stop.is_set():
        with background_lock(library.settings.data) as mine:
            if mine:
                with task_states(library.settings.data, (one.name for one in _TASKS)) as states:
                    run_tasks(_TASKS, library, stop, states)
        stop.wait(_TURN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
