"""Anchor passages in the background: those of items whose text or passages have changed."""

import threading

from kb.features.reading.anchoring import EFFORT
from kb.features.reading.passage_anchors import anchored_passages
from kb.features.reading.records import Versions, VersionsReading
from kb.services.core.library import Library

_ITEMS = 50
"""Items read from the queue at once."""
_LONGEST_WAIT, _SHORTEST_WAIT = 60.0, 1.0
_PAUSE = 0.02
"""Seconds between two items, in which others write."""


def anchor_waiting(library: Library, stop: threading.Event | None = None) -> int:
    """Anchor the passages of the items of the queue, one after the other; returns the number of items."""
    count = 0
    while ids := _waiting(library):
        for item_id in ids:
            if stop is not None and stop.wait(_PAUSE):
                return count
            anchor_item(library, item_id)
            count += 1
    return count


def _waiting(library: Library) -> tuple[str, ...]:
    with library.store.read() as reading:
        return VersionsReading(reading.connection).waiting(_ITEMS)


def anchor_item(library: Library, item_id: str) -> None:
    """Find the places of an item's passages outside of any transaction; they are stored if it is the same then."""
    with library.store.read() as reading:
        item = reading.items.any_of([item_id]).get(item_id)
        placed = anchored_passages(reading, item, effort=EFFORT) if item is not None else None
    with library.store.write() as writing:
        versions = Versions(writing.connection)
        now = writing.items.any_of([item_id]).get(item_id)
        if item is None or placed is None or now is None:
            # It is in the trash, and waits again when it is restored.
            versions.leave_queue(item_id)
        elif now.annotations == item.annotations and versions.versions(item_id) == placed.versions:
            versions.store_anchors(item_id, tuple(placed.anchors.values()))


def anchor_until_stopped(library: Library, stop: threading.Event) -> None:
    """Anchor passages whenever there are some to anchor, until `stop` is set. Raises Unavailable."""
    with library.store.listen() as commits:
        while not stop.is_set():
            anchor_waiting(library, stop)
            commits.wait(stop, _LONGEST_WAIT, _SHORTEST_WAIT)
