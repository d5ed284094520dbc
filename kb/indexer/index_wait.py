"""Let the index follow while a command changes the database, and wait until it has followed at the end."""

import time
from collections.abc import Callable

from kb.errors import Unavailable
from kb.freed_memory import return_freed_memory
from kb.indexer.change_follower import IDLE, LOOK_EVERY, MANY, PATIENCE, catch_up, index_state
from kb.indexer.indexer_context import IndexerContext, Progress
from kb.indexer.isolation import GREAT_SEGMENT, SEGMENT
from kb.indexer.leader_lock import hold_leader_lock
from kb.search.index_updates import IndexBusy
from kb.store import Stop

_SHORTEST, _LONGEST = 0.01, 0.1
"""Seconds between two looks at an index that is waited for."""


def index_until_stopped(library: IndexerContext, stop: Stop) -> None:
    """Index, block by block, what another process writes, until stopped; do nothing if another process indexes already.

    Raises the error that keeps the index from following; the waiting process then takes over, and gets the same error.
    """
    with hold_leader_lock(library.settings.data) as is_leader, library.store.listen() as commits:
        cleaned = 0
        while is_leader and not stop.is_set():
            now = index_state(library)
            if now.indexed >= cleaned + MANY:
                # Each of many small commits leaves segments in cycles.
                return_freed_memory()
                cleaned = now.indexed
            if now.is_current:
                commits.wait(stop, LOOK_EVERY, IDLE)
            elif not _try_to_catch_up(library, now.indexed + GREAT_SEGMENT, block=GREAT_SEGMENT):
                stop.wait(IDLE)


def wait_for_change(library: IndexerContext, number: int, seconds: float) -> bool:
    """Wait until the index has reached a change; return whether it did within the time."""
    end, pause = time.monotonic() + seconds, _SHORTEST
    while index_state(library).indexed < number:
        if time.monotonic() >= end:
            return False
        time.sleep(pause)
        # The indexing process may need this processor.
        pause = min(pause * 1.5, _LONGEST)
    return True


def make_searchable(
    library: IndexerContext,
    number: int,
    progress: Progress | None = None,
    is_helped: Callable[[], bool] = lambda: False,
) -> None:
    """Make a change searchable: index it here, unless another process does so.

    If that process ends meanwhile, this one takes over. Raises Unavailable if the index must be rebuilt, if the
    database was restored meanwhile, and if the index has not moved for PATIENCE seconds. A caller that `is_helped` by a
    process of its own waits as long as that process works.
    """
    seen, end, first, base = -1, 0.0, number, ""
    while (now := index_state(library)).indexed < number:
        base = base or now.base
        if now.base != base or now.newest < number:
            raise Unavailable("The database was restored meanwhile: do again what is no longer in it.")
        reached = now.indexed
        first = min(first, reached)
        if progress:
            progress(reached - first, number - first)
        helped = is_helped()
        with hold_leader_lock(library.settings.data) as is_leader:
            if is_leader and _try_to_catch_up(library, number, progress):
                return
        if reached != seen or helped:
            seen, end = reached, time.monotonic() + PATIENCE
        elif time.monotonic() >= end:
            raise Unavailable(
                "What was added is kept, but the index does not follow: see why in the log of “kb serve”."
            )
        wait_for_change(library, number, 0.5)


def _try_to_catch_up(
    library: IndexerContext, number: int, progress: Progress | None = None, *, block: int = SEGMENT
) -> bool:
    try:
        catch_up(library, number, progress, block=block)
    except IndexBusy:
        return False
    return True
