"""Read your own writes: the session or token stores the user's last change, and the user's next search waits for it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kb.access.actor import Actor
from kb.services.core.library import Library
from kb.store import WriteTransaction

LONGEST_WAIT = 1.0
"""Seconds that a search waits for the actor's last change."""
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.005, 0.05


@contextmanager
def item_write_transaction(library: Library, actor: Actor) -> Iterator[WriteTransaction]:
    """A transaction that changes items: the actor's next search waits for it. Raises what `Store.write` does."""
    with library.store.write() as writing:
        before = writing.changes.newest()
        yield writing
        after = writing.changes.newest()
        if after > before and actor.credential is not None:
            writing.credentials.record_last_change(actor.credential, after)


def wait_for_own_changes(library: Library, actor: Actor) -> bool:
    """Wait, a second at most, until the index has the actor's last change; return whether it has."""
    if not actor.last_change or library.catalogue.checkpoint().number >= actor.last_change:
        return True
    end, pause, is_over = time.monotonic() + LONGEST_WAIT, _SHORTEST_PAUSE, False
    while not is_over:
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        # After a pause of the whole machine, check once more.
        is_over = time.monotonic() >= end
        if library.catalogue.checkpoint().number >= actor.last_change:
            return True
    return False
