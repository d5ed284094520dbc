"""Find the item that makes a block of changes fail, whatever it raises, so that the other items are indexed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from kb.indexer.indexer_context import IndexerContext
from kb.search.index_updates import failure_of

SEGMENT = 10_000
"""Items written in one commit at most: a bound on memory, and on the work repeated after a kill."""
GREAT_SEGMENT = 2 * SEGMENT
"""The same beside a large import, where nobody waits for a single change: fewer segments need fewer merges."""
SMALLER = 10
"""How many times smaller a block is that is tried again after an item in it raised something unexpected."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class IndexingResults:
    """The items of a block of changes that cannot be indexed, until they are stored in the database."""

    known: frozenset[str]
    left_out: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    refused: dict[str, tuple[int, str]] = field(default_factory=dict)
    mended: set[str] = field(default_factory=set)

    def note(self, item_id: str, number: int, reason: str | None) -> None:
        if reason is not None:
            self.refused[item_id] = (number, reason)
            return
        self.refused.pop(item_id, None)
        if item_id in self.known:
            self.mended.add(item_id)


@dataclass(slots=True)
class Isolation:
    """Find the item that makes a block of changes fail: blocks become smaller until the item is alone in one.

    `largest` is the size of a whole block. `left_out` are the items found, each with its change number and the reason.
    They are not indexed.
    """

    largest: int = SEGMENT
    size: int = field(init=False)
    until: int = 0
    left_out: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.size = self.largest

    def after(self, error: Exception, library: IndexerContext, number: int, goal: int) -> None:
        """Prepare another attempt, after the block that begins at `number` raised an error.

        Raises the error again if no item causes it.
        """
        if self.size > 1:
            self.until = max(self.until, min(number + self.size, goal))
            self.size = max(1, self.size // SMALLER)
            return
        with library.store.read() as reading:
            changes = reading.changes.since(number, 1)
        if not changes or changes[0].number > number + 1 or changes[0].item_id in self.left_out:
            raise error
        _log.warning("The item %s cannot be indexed", changes[0].item_id, exc_info=error)
        self.left_out[changes[0].item_id] = (changes[0].number, failure_of(error))

    def passed(self, number: int) -> None:
        """Use whole blocks again after the changes that failed."""
        if number >= self.until:
            self.size = self.largest
