"""Make the index follow the change sequence of the database. The checkpoint is committed to the index with the changes.

The checkpoint names the identity of its database. A restore draws a new identity in the transaction that replaces the
database, so the two need no fixed order: whenever a restore is killed, the index belongs to the present database, or is
seen to belong to another one and is rebuilt. The identity is read before the items, so it can only be too old.
"""

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kb.access.actor import AccessScope
from kb.errors import Unavailable
from kb.freed_memory import return_freed_memory
from kb.indexer.indexer_context import IndexerContext, Progress, with_page_texts
from kb.indexer.isolation import SEGMENT, IndexingResults, Isolation
from kb.model.items.item import Item
from kb.model.items.item_vectors import ItemVectors
from kb.search.index_search import IndexOfOtherVersion
from kb.search.index_updates import IndexBusy, IndexTransaction, index_transaction, merge_for_seconds
from kb.store import ERASED, Change, ReadSnapshot, Stop, database_identity

BATCH = 200
"""Items read from the database at a time."""
MANY = 5_000
"""Indexed items after which the memory that was freed is returned to the system."""
IDLE = 0.05
"""Seconds, at least, between two looks at the database while it changes again and again."""
LOOK_EVERY = 10.0
"""Seconds, at most, between two checks: for programs that write without a signal, and for a deleted index."""
PAUSE = 2.0
"""Seconds before another attempt after a failure."""
PATIENCE = 180.0
"""Seconds that a command waits for an index that does not move: a great commit, or a rebuild, takes a while."""

_MERGED = "erasure-merged.txt"
"""The file with the database and the change number of the last erasure that the files of the index followed."""
_NO_LEADER = "The database server cannot be reached: try again in a moment."

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class IndexState:
    """How far the index follows the database, in change numbers.

    Not `is_ours`: the index belongs to a database that a restore replaced, and holds nothing of this one, `base`.
    `may_lack_commits`: the database was read from a standby.
    """

    base: str
    newest: int
    indexed: int
    is_ours: bool
    may_lack_commits: bool

    @property
    def is_current(self) -> bool:
        """Whether a search can find all that is in the database."""
        return self.is_ours and self.indexed >= self.newest


def index_state(library: IndexerContext) -> IndexState:
    """How far the index follows the database. Raises Unavailable if one of them does not answer."""
    # Read the index first: it can then only be behind the number of the database.
    reached = library.catalogue.checkpoint()
    with library.store.read() as reading:
        base, newest, may_lack_commits = *_base_in(reading), reading.may_lack_commits
    is_ours = reached.is_of_database(base)
    return IndexState(base, newest, reached.number if is_ours else 0, is_ours, may_lack_commits)


def catch_up(
    library: IndexerContext, until: int | None = None, progress: Progress | None = None, *, block: int = SEGMENT
) -> int:
    """Bring the index to a change number, by default the newest; return the number that it has reached.

    A commit has at most `block` items.

    An item that cannot be indexed, whatever error it raises, is recorded as an index failure, and the rest goes on. A
    kill loses nothing: the checkpoint is committed with the changes. An index of another database, or ahead of its
    database (an older copy was restored by hand), is rebuilt. Raises IndexBusy if another process writes the index,
    Unavailable if it must be rebuilt, or if only a standby of the database answers: the next leader may lack the newest
    changes of a standby, and give their numbers to others.
    """
    now = index_state(library)
    if now.may_lack_commits:
        raise Unavailable(_NO_LEADER)
    if not now.is_ours or now.indexed > now.newest:
        _rebuild(library, progress)
        return catch_up(library)
    goal, number = now.newest if until is None else min(until, now.newest), now.indexed
    # An upper bound: an item that changed twice leaves a gap in the numbers.
    done, total = 0, max(goal - number, 0)
    isolation = Isolation(block)
    while number < goal:
        try:
            step = _write_block(library, now.base, _Span(number, goal, done, total), isolation, progress)
        except (Unavailable, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever an item raises, the others are indexed
            isolation.after(error, library, number, goal)
            continue
        if step is None:
            return catch_up(library, progress=progress)
        number, done = step.number, done + step.items
        if step.items >= MANY:
            return_freed_memory()
        isolation.passed(number)
    return number


@dataclass(frozen=True, slots=True)
class _Span:
    """The remaining changes: after `number`, up to `goal`; `done` items of `total` are written."""

    number: int
    goal: int
    done: int
    total: int


def _write_block(
    library: IndexerContext, base: str, span: _Span, isolation: Isolation, progress: Progress | None
) -> "_Step | None":
    """Write one block of changes in one commit; return the progress; None if the index is of another database."""
    with index_transaction(library.catalogue) as writing:
        # Another process may have written before this transaction began: only now is the checkpoint certain.
        before = library.catalogue.checkpoint()
        if not before.is_of_database(base):
            return None
        number = max(span.number, before.number)
        goal = min(span.goal, number + isolation.size)
        with library.store.read() as reading:
            results = _results_of(reading, isolation.left_out)
        block = 0
        while number < goal and block < isolation.largest:
            reached = _follow(library, writing, number, goal, results)
            number, block = reached.number, block + reached.items
            if progress:
                progress(min(span.done + block, span.total), span.total)
        _store_results(library, base, results)
        writing.store_checkpoint(base, number)
    return _Step(number, block)


@dataclass(frozen=True, slots=True)
class _Step:
    number: int
    items: int


def _follow(
    library: IndexerContext, writing: IndexTransaction, number: int, goal: int, results: IndexingResults
) -> _Step:
    """Write one batch of changed items; return the progress."""
    with library.store.read() as reading:
        _require_leader(reading)
        changes = [change for change in reading.changes.since(number, BATCH) if change.number <= goal]
        items = reading.items.any_of(change.item_id for change in changes if change.item_id not in results.left_out)
        texts = with_page_texts(library.store, reading, items.values())
        _write(writing, texts, changes, items, results)
    # No change is left up to the goal: the items have changed again, under later numbers.
    return _Step(changes[-1].number if len(changes) == BATCH else goal, len(changes))


def _write(
    writing: IndexTransaction,
    texts: Iterable[tuple[Item, str | None, ItemVectors | None]],
    changes: Sequence[Change],
    items: Mapping[str, Item],
    results: IndexingResults,
) -> None:
    numbers = {change.item_id: change.number for change in changes}
    for item_id in numbers.keys() - items.keys():
        writing.drop(item_id)
        results.note(item_id, numbers[item_id], results.left_out.get(item_id, (0, None))[1])
    for item, page, vectors in texts:
        results.note(item.id, numbers[item.id], writing.put(item, page, vectors))


def _results_of(reading: ReadSnapshot, left_out: Mapping[str, tuple[int, str]]) -> IndexingResults:
    return IndexingResults(frozenset(failure.item_id for failure in reading.index_failures.all()), left_out)


def _store_results(library: IndexerContext, base: str, results: IndexingResults) -> None:
    """Store the index failures before the index moves on: after a kill between, they are only stored again."""
    if not results.refused and not results.mended:
        return
    with library.store.write() as writing:
        if database_identity(writing.meta) != base:
            return
        for item_id, (number, why) in results.refused.items():
            writing.index_failures.put(item_id, number, why)
        for item_id in results.mended - results.refused.keys():
            writing.index_failures.clear(item_id)


def rebuild(library: IndexerContext, progress: Progress | None = None) -> int:
    """Build a new index beside the old one, which still answers, then swap; return the change number reached.

    Changes made meanwhile are indexed before the swap, and changes during the swap after it: the database is never
    locked for the whole duration. Waits for another process that writes the index. Raises Unavailable.
    """
    end = time.monotonic() + PATIENCE
    while True:
        try:
            _rebuild(library, progress)
            return catch_up(library)
        except IndexBusy:
            if time.monotonic() >= end:
                raise
            time.sleep(IDLE)


def _rebuild(library: IndexerContext, progress: Progress | None) -> None:
    with index_transaction(library.catalogue, anew=True) as writing:
        with library.store.read() as reading:
            _require_leader(reading)
            # One snapshot for all: a later change has a greater number.
            base = database_identity(reading.meta)
            number = reading.changes.newest()
            results = _results_of(reading, {})
            total = reading.items.count(AccessScope(everything=True))
            items = with_page_texts(library.store, reading, reading.items.stream(AccessScope(everything=True)))
            for done, (item, page, vectors) in enumerate(items, start=1):
                results.note(item.id, number, writing.put(item, page, vectors))
                if progress and (done % BATCH == 0 or done == total):
                    progress(done, total)
        while number < (newest := _base(library)[1]):
            number = _follow(library, writing, number, newest, results).number
        _store_results(library, base, results)
        writing.store_checkpoint(base, number)


def _require_leader(reading: ReadSnapshot) -> None:
    if reading.may_lack_commits:
        raise Unavailable(_NO_LEADER)


def _base(library: IndexerContext) -> tuple[str, int]:
    """The identity of the database, and its newest change."""
    with library.store.read() as reading:
        _require_leader(reading)
        return _base_in(reading)


def _base_in(reading: ReadSnapshot) -> tuple[str, int]:
    return database_identity(reading.meta), reading.changes.newest()


def merge_dropped(library: IndexerContext, seconds: float) -> bool:
    """If requested, remove deleted content from the files of the index and the database for about this many seconds.

    Returns whether work is left. Raises Unavailable. A deletion leaves the results at once, but the files only when
    they are merged; the request makes that happen soon, for the erasure of a person.
    """
    with library.store.read() as reading:
        requested, identity = reading.meta.get(ERASED), database_identity(reading.meta)
    # Beside the index, because each machine has an index of its own.
    done, state = library.settings.data / _MERGED, f"{identity} {requested}"
    if not requested or index_state(library).indexed < int(requested) or _text_of(done) == state:
        return False
    if merge_for_seconds(library.catalogue, seconds, thoroughly=True):
        return True
    if library.store.cut_log():
        done.write_text(state, encoding="utf-8")
    # Otherwise the next call asks again.
    return False


def _text_of(path: Path) -> str:
    with suppress(FileNotFoundError):
        return path.read_text(encoding="utf-8")
    return ""


def catch_up_and_wait(library: IndexerContext, progress: Progress | None = None) -> int:
    """Bring the index to the newest change, whichever database it belonged to. Waits for another writer.

    Raises Unavailable if it must be rebuilt.
    """
    while True:
        try:
            return catch_up(library, progress=progress)
        except IndexBusy:
            time.sleep(IDLE)


def _catch_up_or_rebuild(library: IndexerContext) -> None:
    """Bring the index to the newest change; rebuild it first if another version of the program has made it."""
    try:
        catch_up(library)
    except IndexOfOtherVersion:
        _log.warning("Another version of the program has made the search index: it is being rebuilt.")
        _rebuild(library, progress=None)
        _log.warning("The search index is rebuilt.")


def follow_changes_until_stopped(library: IndexerContext, stop: Stop) -> None:
    """Follow the database until stopped. A commit of any process wakes this loop, and is searchable a moment later.

    Between changes, merges that the index puts off are done in slices, so that a change waits for one slice at most. A
    failure (a full disk, another writer) is logged once for each reason, and tried again. An index of another version
    of the program is rebuilt. Unexpected errors are raised.
    """
    reason = ""
    with library.store.listen() as commits:
        while not stop.is_set():
            try:
                _catch_up_or_rebuild(library)
                reason = ""
                if merge_for_seconds(library.catalogue, IDLE) or merge_dropped(library, IDLE):
                    continue
            except IndexBusy:
                stop.wait(2 * IDLE)
                continue
            except (Unavailable, OSError) as error:
                why = getattr(error, "strerror", None) or str(error)
                if why != reason:
                    reason = why
                    _log.warning("The index cannot follow: %s", reason)
                stop.wait(PAUSE)
            commits.wait(stop, LOOK_EVERY, IDLE)
