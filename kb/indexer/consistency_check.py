"""Compare the index with the database, document by document, in bounded memory.

It is compared when `kb index check` asks, and after another server of the database was promoted: the index may have
changes that the former leader showed and the new one lacks. Without synchronous replication these are any of the last
moments, with it those that a server shows while it stops. The new leader gives their numbers to others.
"""

import logging
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from kb.access.actor import AccessScope
from kb.indexer.change_follower import catch_up, index_state, rebuild
from kb.indexer.index_wait import wait_for_change
from kb.indexer.indexer_context import IndexerContext, with_page_texts
from kb.indexer.leader_lock import hold_leader_lock
from kb.search.index_search import DamagedFile
from kb.search.index_updates import expected_entries, indexed_entries
from kb.store import IndexFailure, Stop

SHARES = 64
"""Parts that both sides are cut into, on disk: one of them is in memory at a time."""
TRIES = 3
"""Comparisons while the database changes: only a difference found each time is a true one."""
WAIT = 10.0
LOOK_AT_GENERATION = 5.0
"""Seconds between two looks at the generation of the database."""
_COMPARED = "compared-generation.txt"
"""The file, beside the index, with the generation of the database with which the index was last compared."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The differences, as document keys (`i/<item id>`, `p/<annotation id>`).

    `missing` documents should be in the index and are not; `stale` ones have other content there; `ghosts` are there
    and should not be. `failures` are known: these items cannot be indexed, which is no fault of the index. `counts`:
    items in the database, documents in the index, changes that the index has not followed yet.

    `damaged` files of the index have changed since they were written. If there is one, nothing else was compared.
    """

    missing: tuple[str, ...]
    stale: tuple[str, ...]
    ghosts: tuple[str, ...]
    failures: tuple[IndexFailure, ...]
    counts: Mapping[str, int]
    damaged: tuple[DamagedFile, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether both sides are equal."""
        return not (self.damaged or self.missing or self.stale or self.ghosts)


def check_index(library: IndexerContext) -> CheckReport:
    """Let the index follow the database, then read all files of the index and compare both sides.

    Raises Unavailable.
    """
    # First of all: following stops at the first damaged file that it reads, and some files it never reads.
    if damaged := library.catalogue.damaged_files():
        return CheckReport((), (), (), (), {}, damaged)
    with hold_leader_lock(library.settings.data) as is_leader:
        if is_leader:
            catch_up(library)
        else:
            wait_for_change(library, index_state(library).newest, WAIT)
        return compare_index(library)


def compare_index(library: IndexerContext) -> CheckReport:
    """Compare index and database while another thread or process lets the index follow. Raises Unavailable."""
    report, before = _compare(library), -1
    for _ in range(TRIES):
        now = index_state(library).newest
        if report.is_clean or now == before:
            break
        before = now
        wait_for_change(library, now, WAIT)
        report = _common_differences(report, _compare(library))
    return report


def compare_after_failovers_until_stopped(library: IndexerContext, stop: Stop) -> None:
    """Compare index and database after each failover, and build the index again if they differ. Raises Unavailable."""
    while not stop.is_set():
        compare_after_failover(library)
        stop.wait(LOOK_AT_GENERATION)


def compare_after_failover(library: IndexerContext) -> bool:
    """Compare if the generation of the database is new; return whether the index was built again.

    A kill in between loses nothing: the generation is noted at the end. Raises Unavailable.
    """
    noted, generation, before = library.settings.data / _COMPARED, library.store.generation, ""
    with suppress(FileNotFoundError):
        before = noted.read_text(encoding="utf-8")
    if generation in ("", before):
        return False
    # Without a file, this is a new machine, whose index is built from this generation.
    differs = bool(before) and not compare_index(library).is_clean
    if differs:
        _log.warning("The index has changes that the database lost in a failover: it is built again.")
        rebuild(library)
    noted.write_text(generation, encoding="utf-8")
    return differs


def _common_differences(report: CheckReport, other: CheckReport) -> CheckReport:
    """The differences found in both comparisons: the others were still being indexed."""
    return CheckReport(
        tuple(key for key in other.missing if key in set(report.missing)),
        tuple(key for key in other.stale if key in set(report.stale)),
        tuple(key for key in other.ghosts if key in set(report.ghosts)),
        other.failures,
        other.counts,
    )


def _compare(library: IndexerContext) -> CheckReport:
    missing: list[str] = []
    stale: list[str] = []
    ghosts: list[str] = []
    with tempfile.TemporaryDirectory() as folder, library.store.read() as reading:
        failures = reading.index_failures.all()
        apart = {failure.item_id for failure in failures}
        items = with_page_texts(library.store, reading, reading.items.stream(AccessScope(everything=True)))
        path = Path(folder, "wanted")
        indexed = Path(folder, "held")
        _write_shares(path, (entry for some in items if some[0].id not in apart for entry in expected_entries(*some)))
        documents = _write_shares(indexed, indexed_entries(library.catalogue))
        counts = {"items": reading.items.count(AccessScope(everything=True)), "documents": documents}
        for share in range(SHARES):
            should, lines = dict(_lines(path, share)), list(_lines(indexed, share))
            does = dict(lines)
            missing += sorted(should.keys() - does.keys())
            # A key of two documents is a ghost too: one of them should not be there.
            several = (key for key, number in Counter(key for key, _ in lines).items() if number > 1)
            ghosts += sorted({*(does.keys() - should.keys()), *several})
            stale += sorted(key for key in should.keys() & does.keys() if should[key] != does[key])
    now = index_state(library)
    counts["behind"] = max(now.newest - now.indexed, 0)
    return CheckReport(tuple(missing), tuple(stale), tuple(ghosts), failures, counts)


def _write_shares(folder: Path, pairs: Iterable[tuple[str, str]]) -> int:
    """Write keys and digests into one file for each share; return their number."""
    folder.mkdir()
    number = 0
    with ExitStack() as stack:
        files = [stack.enter_context((folder / str(share)).open("w", encoding="utf-8")) for share in range(SHARES)]
        for number, (key, digest) in enumerate(pairs, start=1):  # noqa: B007 - the last one counts them
            files[crc32(key.encode()) % SHARES].write(f"{key} {digest}\n")
    return number


def _lines(folder: Path, share: int) -> Iterator[tuple[str, str]]:
    with (folder / str(share)).open(encoding="utf-8") as file:
        for line in file:
            key, _, digest = line.rstrip("\n").partition(" ")
            yield key, digest
