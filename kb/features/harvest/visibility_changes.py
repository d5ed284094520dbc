"""Write the harvest records of a large group that was opened or closed, in the background, some items at a time.

Rights are in effect at once; the dates by which a harvest learns of it follow. After a kill, the next run goes on.
"""

import threading

from kb.errors import translatable
from kb.features.harvest.records import record_next_items, waiting_group
from kb.services.background.background_tasks import BackgroundTask
from kb.services.core.library import Library

_LONGEST_WAIT, _SHORTEST_WAIT = 60.0, 0.1
_PAUSE = 0.05
"""Seconds between two transactions, in which others write."""


def record_visibility_changes(library: Library, stop: threading.Event | None = None) -> None:
    """Write the records that wait, until `stop` is set. Raises Unavailable."""
    ended = stop or threading.Event()
    while not ended.is_set() and _is_waiting(library):
        with library.store.write() as writing:
            record_next_items(writing.connection)
        ended.wait(_PAUSE)


def record_visibility_changes_until_stopped(library: Library, stop: threading.Event) -> None:
    """Write records as groups are opened and closed, until `stop` is set. Raises Unavailable."""
    with library.store.listen() as commits:
        while not stop.is_set():
            record_visibility_changes(library, stop)
            commits.wait(stop, _LONGEST_WAIT, _SHORTEST_WAIT)


def _is_waiting(library: Library) -> bool:
    with library.store.read() as reading:
        return waiting_group(reading.connection) is not None


TASKS = (
    BackgroundTask(
        "harvest-dates", translatable("dates of harvested records"), record_visibility_changes_until_stopped
    ),
)
