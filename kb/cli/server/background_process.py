"""The process `background` of `kb serve`, which runs the background tasks, and `meanwhile` of `kb import`."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from threading import Thread

from kb.cli.garbage_collection import rare_collections
from kb.cli.server.hub_pings import ping_hub_until_stopped
from kb.cli.server.process_supervisor import call_when_parent_ends
from kb.errors import translatable
from kb.indexer import (
    compare_after_failovers_until_stopped,
    follow_changes_until_stopped,
    hold_leader_lock,
    index_until_stopped,
)
from kb.services.admin.expired_data import purge_expired_data_until_stopped
from kb.services.background.background_tasks import BackgroundTask, TaskStates, run_tasks, task_states
from kb.services.background.subprocess_failures import record_failures_in
from kb.services.core.library import Library
from kb.services.email.outbox import send_messages_until_stopped
from kb.services.followed_searches.matching import match_until_stopped
from kb.services.imports.import_job_runner import run_import_jobs_until_stopped
from kb.services.page_fetch.background_fetch import fetch_pages_until_stopped
from kb.services.page_fetch.link_checker import check_links_until_stopped
from kb.settings import Settings
from kb.site import feature_tasks, open_library

_GRACE = 5  # seconds to finish current work when the parent ends
_OWN_TASKS = (
    BackgroundTask("index", translatable("search index"), follow_changes_until_stopped),
    BackgroundTask("imports", translatable("imports"), run_import_jobs_until_stopped),
)
"""The tasks of every machine: each has an index of its own, and the files that were sent to it."""
_SHARED_TASKS = (
    BackgroundTask(
        "index-comparison",
        translatable("comparison of the index with the database"),
        compare_after_failovers_until_stopped,
    ),
)
"""The tasks of every machine whose database has several servers, or may have."""
_LEADER_TASKS = (
    BackgroundTask("email", translatable("e-mail"), send_messages_until_stopped),
    BackgroundTask("expired-data", translatable("deletion of expired data"), purge_expired_data_until_stopped),
    BackgroundTask("page-fetches", translatable("page fetches"), fetch_pages_until_stopped),
    BackgroundTask("link-check", translatable("link check"), check_links_until_stopped),
    BackgroundTask("websub", translatable("changes of public feeds, told to the hub"), ping_hub_until_stopped),
    BackgroundTask("followed-searches", translatable("new results of followed searches"), match_until_stopped),
)
"""The tasks of one machine at a time, before those of features."""
_TURN = 1.0  # seconds between two checks whether another server still runs the tasks
_LOOK = 2.0  # seconds between two checks whether this machine still leads


def run_background_tasks(settings: Settings) -> None:
    """Run the background tasks until the parent ends."""
    _run(settings, _take_turns)


def index_meanwhile(settings: Settings) -> None:
    """Index what another process writes, until the parent ends."""
    with rare_collections():
        _run(settings, index_until_stopped)


def _run(settings: Settings, follow: Callable[[Library, threading.Event], None]) -> None:
    stop = threading.Event()
    library = open_library(settings)
    record_failures_in(settings.data)

    def end() -> None:
        stop.set()
        library.store.wake_listeners()

    call_when_parent_ends(end, _GRACE)
    try:
        follow(library, stop)
    finally:
        library.close()


def _take_turns(library: Library, stop: threading.Event) -> None:
    """Run the tasks if no other server on this data folder does; otherwise wait until it stops."""
    while not stop.is_set():
        with hold_leader_lock(library.settings.data) as is_leader:
            if is_leader:
                own = (*_OWN_TASKS, *(_SHARED_TASKS if library.store.is_shared else ()))
                led = (*_LEADER_TASKS, *feature_tasks(library.settings))
                with task_states(library.settings.data, (*own, *led)) as states:
                    lead = BackgroundTask("leader", "", partial(_lead, tasks=led, states=states))
                    run_tasks((*own, lead), library, stop, states)
        stop.wait(_TURN)


def _lead(library: Library, stop: threading.Event, tasks: Sequence[BackgroundTask], states: TaskStates) -> None:
    """Run the leader's tasks while no other machine does. Raises Unavailable if the database cannot be reached."""
    while not stop.is_set():
        with library.store.leadership() as is_leading:
            if is_leading is not None:
                ended = threading.Event()
                run = Thread(target=run_tasks, args=(tasks, library, ended, states), name="leader", daemon=True)
                run.start()
                # Nobody else leads over a database that is a file.
                while not stop.wait(_LOOK if library.store.is_shared else None) and is_leading():
                    pass
                ended.set()
                library.store.wake_listeners()
                run.join()
        stop.wait(_TURN)
