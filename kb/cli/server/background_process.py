"""The process `background` of `kb serve`, which runs the background tasks, and `meanwhile` of `kb import`."""

import threading
from collections.abc import Callable

from kb.cli.server.processes import when_parent_ends
from kb.indexer import background_lock, follow_meanwhile, run_forever
from kb.services.admin.expired_data import sweep_forever
from kb.services.background.supervision import BackgroundTask, run_tasks
from kb.services.background.task_states import task_states
from kb.services.core.library import Library, open_library
from kb.services.email.outbox import send_forever
from kb.services.imports.import_job_runner import take_forever
from kb.services.page_fetch.background_fetch import fetch_forever
from kb.services.page_fetch.link_checker import look_forever
from kb.settings import Settings

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


def run_background_tasks(settings: Settings) -> None:
    """Run the background tasks until the parent ends."""
    _run(settings, _take_turns)


def index_meanwhile(settings: Settings) -> None:
    """Index what another process writes until the parent ends."""
    _run(settings, follow_meanwhile)


def _run(settings: Settings, follow: Callable[[Library, threading.Event], None]) -> None:
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
