"""Eight threads search while one writes as many commits as in an hour: `python bench/storms/soak.py`.

Five changes a second for an hour are 18,000 commits, written as fast as possible, by a thread of the searching process
and then by a process of its own. Each search checks invariants of every commit. At the end, a new engine and the
reference engine must give the same answers as the engine of the run. Exit code 1 if an answer was wrong, if an
exception was raised, or if the memory has grown by more than `--growth` since the first fifth. SIGINT and SIGTERM end
it early: the work until then is checked in the same way, and the exit code is 2 if no fault was found.
"""

import argparse
import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import FrameType

from bench.storms.soak_library import QUESTIONS, RARE, SCHEMA, World, document, must, plans, same
from bench.storms.soak_writer import Author, Board, Commits, in_a_process, in_a_thread
from index import Engine, open_engine
from tests.reference_engine import ReferenceEngine

CHANGES_AN_HOUR = 5 * 3600
MEBIBYTE = 1 << 20
PARTS = 20
"""How often the progress of a run is printed."""
PAGE = os.sysconf("SC_PAGE_SIZE")


class Readers:
    """Threads that search until stopped. Wrong answers and exceptions are recorded."""

    def __init__(self, engine: Engine, world: World, threads: int, seed: int) -> None:
        self.searches: Counter[str] = Counter()
        self.longest: dict[str, float] = {}
        self.failures: list[str] = []
        self._engine, self._world = engine, world
        self._stop, self._guard = threading.Event(), threading.Lock()
        self._threads = [
            threading.Thread(target=self._ask, args=(seed + place,), daemon=True) for place in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, seed: int) -> None:
        rng, reached = Random(seed), -1
        while not self._stop.is_set():
            question = rng.choice(RARE if rng.random() < 0.002 else QUESTIONS)
            started = time.perf_counter()
            try:
                question(self._engine, self._world, rng)
                before, reached = reached, int(self._engine.checkpoint() or 0)
                must(reached >= before, "the index never goes back", before, reached)
            except Exception:  # noqa: BLE001 - kept, and told at the end
                self.failures.append(traceback.format_exc())
            lasted = time.perf_counter() - started
            with self._guard:
                self.searches[question.__name__] += 1
                self.longest[question.__name__] = max(self.longest.get(question.__name__, 0), lasted)


class Memory:
    """Resident memory of processes, by number of commits."""

    def __init__(self, pids: dict[str, int]) -> None:
        self.pids = pids
        self.samples: dict[str, list[tuple[int, float]]] = {name: [] for name in pids}

    def look(self, commit_count: int) -> None:
        for name, pid in self.pids.items():
            with contextlib.suppress(OSError, IndexError):
                pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                self.samples[name].append((commit_count, pages * PAGE / MEBIBYTE))

    def most(self, name: str) -> float:
        """The peak so far, in MiB."""
        return max((sample_size for _, sample_size in self.samples[name]), default=0)

    def at(self, name: str, low: float, high: float) -> float:
        """The peak, in MiB, between two shares of the work; without a measurement there, the nearest one."""
        samples = self.samples[name]
        last = max((commit_number for commit_number, _ in samples), default=0)
        between = [sample_size for commit_number, sample_size in samples if low * last <= commit_number <= high * last]
        nearest = sorted(samples, key=lambda sample: abs(sample[0] - low * last))[:1]
        return max(between or [sample_size for _, sample_size in nearest], default=0)

    def is_flat(self, name: str, growth: int) -> bool:
        """Whether a process has grown by no more than that since the first fifth; prints the figures."""
        first, half, last = (self.at(name, low, high) for low, high in ((0.05, 0.2), (0.4, 0.6), (0.9, 1)))
        print(
            f"resident memory, {name}: {self.at(name, 0, 0.1):.0f} MiB until 10 %, {first:.0f} from 5 to 20 %, "
            f"{half:.0f} around 50 %, {last:.0f} from 90 % on: {last - first:+.1f} MiB (at most {growth:+} may be)"
        )
        return last - first <= growth


class Patience:
    """Runs continue until a signal comes; then the current run ends, and later ones are not started."""

    def __init__(self) -> None:
        self.over = False
        self._boards: list[Board] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._end)

    def watch(self, board: Board) -> None:
        self._boards.append(board)
        board.enough.value = self.over

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.over = True
        for board in self._boards:
            board.enough.value = True


def soak(arguments: argparse.Namespace, url: str, patience: Patience, *, apart: bool) -> bool:
    """One run; returns whether it passed."""
    board = Board(arguments.documents)
    patience.watch(board)
    author = Author(url, board, arguments.seed)
    engine = open_engine(url, SCHEMA, arguments.memory * MEBIBYTE)
    author.begin(engine)
    readers = Readers(engine, World(arguments.documents, board.published), arguments.threads, arguments.seed)
    pids = {"searching": os.getpid()} if apart else {"all": os.getpid()}
    if apart:
        ended, pids["writing"] = in_a_process(author, arguments.commits)
    else:
        ended = in_a_thread(author, engine, arguments.commits)
    memory, started, part = Memory(pids), time.monotonic(), 1
    while not ended(0.2):
        memory.look(board.done.value)
        if board.done.value * PARTS >= part * arguments.commits:
            files = list(_sizes(Path(url.partition(":")[2])))
            sizes = ", ".join(f"{memory.most(name):.0f} MiB ({name})" for name in pids)
            elapsed = time.monotonic() - started
            print(
                f"{100 * part // PARTS:4} % {elapsed:6.0f} s, {readers.searches.total():,} searches, "
                f"at most {sizes}, {len(files)} segments of {sum(files) / MEBIBYTE:.1f} MiB, "
                f"{len(list(Path('/proc/self/fd').iterdir()))} open files",
                flush=True,
            )
            part += 1
    readers.stop()
    elapsed = time.monotonic() - started
    early = f" (ended early, of {arguments.commits:,})" if patience.over else ""
    print(f"{len(author.commits.elapsed):,} commits{early}, {readers.searches.total():,} searches in {elapsed:,.0f} s")
    failures = [*readers.failures, *filter(None, [author.failure]), *_compare(author, engine, arguments)]
    engine.close()
    _report(author.commits, readers)
    judged = [memory.is_flat(name, arguments.growth) for name in pids]
    flat = all(judged)
    for failure in failures[:5]:
        print(failure, file=sys.stderr)
    print(f"{len(failures)} errors and wrong answers; memory {'flat' if flat else 'has grown'}.", flush=True)
    return flat and not failures and (patience.over or len(author.commits.elapsed) == arguments.commits)


def _sizes(folder: Path) -> Iterator[int]:
    for path in folder.rglob("*.arrays"):
        # A commit may delete it in between.
        with contextlib.suppress(FileNotFoundError):
            yield path.stat().st_size


def _compare(author: Author, engine: Engine, arguments: argparse.Namespace) -> list[str]:
    """The differences between the answers of this engine, or of a new one, and those of the reference engine."""
    fresh, plain = open_engine(author.url, SCHEMA), ReferenceEngine(SCHEMA)
    with plain.write() as writer:
        for number, version in enumerate(author.versions):
            writer.put(document(number, version, token=number in author.holders))
    wrong = []
    for plan in plans(Random(arguments.seed), arguments.compared):
        expected = plain.search(plan)
        wrong += [
            f"another answer at the end: {plan}"
            for searched_engine in (engine, fresh)
            if not same(searched_engine.search(plan), expected)
        ]
    if sorted(fresh.entries()) != sorted(plain.entries()):
        wrong.append("other entries at the end")
    fresh.close()
    return wrong


def _report(commits: Commits, readers: Readers) -> None:
    for label, times in (("by the clock", commits.elapsed), ("of the processor", commits.spent)):
        if times:
            p50, p95, p99 = (sorted(times)[int(len(times) * share)] * 1000 for share in (0.5, 0.95, 0.99))
            print(f"a commit, {label}: p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f}, longest {max(times) * 1000:.1f} ms")
    for name, number in sorted(readers.searches.items()):
        print(f"  {name}: {number:,}, the longest {readers.longest[name] * 1000:.0f} ms")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--commits", type=int, default=CHANGES_AN_HOUR)
    parser.add_argument("--documents", type=int, default=5_000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--writer", choices=("thread", "process", "both"), default="both")
    parser.add_argument("--memory", type=int, default=16, help="MiB that searches may keep")
    parser.add_argument("--growth", type=int, default=32, help="MiB by which resident memory may grow")
    parser.add_argument("--compared", type=int, default=300, help="questions compared at the end")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    patience = Patience()
    print(f"seed {arguments.seed}", flush=True)
    well = True
    for apart in (False, True):
        if arguments.writer in ("both", "process" if apart else "thread") and not patience.over:
            print(
                f"who writes is a {'process of its own' if apart else 'thread of the process that searches'}",
                flush=True,
            )
            with tempfile.TemporaryDirectory(prefix="soak-") as folder:
                well &= soak(arguments, f"whoosh:{folder}", patience, apart=apart)
    if not well:
        return 1
    return 2 if patience.over else 0


if __name__ == "__main__":
    sys.exit(main())
