"""How the engine grows: `python bench/scale.py --documents 10000000`. See `bench/README.md`.

Another process generates the items, and nothing but the index is kept. The index is filled in portions, each with a
commit and the merges of the background process after it; at some sizes, a new process asks questions.
"""

import argparse
import gc
import json
import multiprocessing
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from bench.rivals import corpus_files
from bench.rivals.engines.florilege_engine import SCHEMA, Ours, plan_of, text_document
from bench.rivals.figures import Spread, Taken, spread, table
from bench.rivals.index_builds import Clock, size_of
from bench.rivals.inputs import Question, Text
from bench.rivals.memory import status
from bench.rivals.query_passes import timed
from bench.rivals.questions import SAMPLE, by_turns, draw, sample
from bench.rivals.run import CORPUS_SEED
from bench.rivals.synthetic import lines
from bench.rivals.tables import NAMES, Table
from index import AnyOf, Engine, Everything, open_engine
from index.analysis import terms_of
from index.whoosh_engine.whoosh_adapter.codec import EXTENSION

BATCH = 1000
AHEAD = 16
"""Batches that are generated before they are needed, at most."""
PATIENCE = 600.0
"""Seconds to wait for a batch."""
WARM = 3
"""Warm passes; the least time of each question counts, because what else the machine does only adds to it."""
FIRST, WARMED, CHANGING = "words met first", "warm", "while documents change"
READERS = {
    "reader of all": None,
    "reader of a sixth": "auteur000",
    "reader of a sixtieth": "auteur010",
    "reader of a thousandth": "auteur150",
}
"""Readers who may read the documents of one author only, about so many of all."""
CHANGES = {1: 40, 100: 8}
"""Documents of a commit, and how many such commits."""
WITH_CHANGES = 4
"""So many questions follow each of these commits."""
TEXTS = sum(size * commits for size, commits in CHANGES.items())

Result = dict[str, Any]


@dataclass(slots=True)
class Growth:
    """What it took to grow to a size, in seconds and MB.

    `commit`: the ends of blocks, in which the segments of a portion become one. `step`: the longest slice of a merge,
    by CPU time.
    `disk`: the index and what a merge writes beside it, at most.
    """

    documents: int = 0
    put: Clock = field(default_factory=Clock)
    commit: Clock = field(default_factory=Clock)
    merge: Clock = field(default_factory=Clock)
    longest_commit: float = 0.0
    step: float = 0.0
    disk: float = 0.0

    def as_json(self) -> Result:
        parts = {"put": self.put, "commit": self.commit, "merge": self.merge}
        return {
            "documents": self.documents,
            "longest_commit": self.longest_commit,
            "step": self.step,
            "disk": self.disk,
            "builder": status()["VmHWM"],
            "cpu": sum(clock.cpu for clock in parts.values()),
            "wall": sum(clock.wall for clock in parts.values()),
            **{f"{name}_cpu": clock.cpu for name, clock in parts.items()},
            **{f"{name}_wall": clock.wall for name, clock in parts.items()},
        }


def generated(documents: int) -> Iterator[list[Text]]:
    """The documents in batches, from a process that generates them meanwhile."""
    spawned = multiprocessing.get_context("spawn")
    batches = spawned.Queue(AHEAD)
    process = spawned.Process(target=_generate, args=(batches, documents), daemon=True)
    process.start()
    for _ in range(0, documents, BATCH):
        yield batches.get(timeout=PATIENCE)
    process.join()


def _generate(batches: "multiprocessing.Queue[list[Text]]", documents: int) -> None:
    texts = (corpus_files.text_of(json.loads(line)) for line in lines(documents, CORPUS_SEED))
    while batch := list(islice(texts, BATCH)):
        batches.put(batch)


def grow(folder: Path, batches: Iterator[list[Text]], documents: int, portion: int) -> Iterator[Growth]:
    """Fill a new index, and yield after each portion. The clocks leave out the generation of the documents."""
    growth = Growth()
    engine = open_engine(f"whoosh:{folder}", SCHEMA)
    while growth.documents < documents:
        end = min(growth.documents + portion, documents)
        block = engine.write()
        writer = block.__enter__()
        while growth.documents < end:
            batch = next(batches)
            with growth.put:
                for number, text in enumerate(batch, growth.documents):
                    writer.put(text_document(f"d{number}", text))
            growth.documents += len(batch)
        before = growth.commit.cpu
        with growth.commit:
            block.__exit__(None, None, None)
        growth.longest_commit = max(growth.longest_commit, growth.commit.cpu - before)
        _merge(growth, engine, folder)
        yield growth
    engine.close()


def _merge(growth: Growth, engine: Engine, folder: Path) -> None:
    """Merge as the background process does, but without a pause."""
    left = True
    while left:
        before = growth.merge.cpu
        with growth.merge:
            left = engine.tidy(0.0)
        growth.step = max(growth.step, growth.merge.cpu - before)
        growth.disk = max(growth.disk, size_of(folder) / 1e6)


def measured(
    folder: Path, questions: list[Question], texts: Sequence[Text], megabytes: int | None, seed: int = 11
) -> Result:
    """What is measured of an index by a process that has done nothing else. Changes its first documents, `texts`.

    `megabytes`: the size of the cache, None for the usual one.
    """
    ours, opening = Ours(), Clock()
    with opening:
        ours.engine = open_engine(f"whoosh:{folder}", SCHEMA, None if megabytes is None else megabytes << 20)
        ours.ask(Question("all"))
    opened = status()
    taken = [_asked(ours, question, FIRST) for question, _ in by_turns(questions, [ours.name], seed)]
    gc.collect()
    least: dict[Question, Taken] = {}
    for number in range(WARM):
        for question, _ in by_turns(questions, [ours.name], seed + 1 + number):
            one = _asked(ours, question, WARMED)
            least[question] = min(one, least.get(question, one), key=lambda some: some.cpu)
    asked = status()
    readers = [one for name, author in READERS.items() for one in _read(ours.engine, questions, name, author)]
    changes, between = _changed(ours, questions, texts, seed)
    ours.close()
    return {
        "megabytes": megabytes,
        "open": opening.wall,
        "memory": {"opened": opened["VmRSS"], "asked": asked["VmRSS"], "peak": asked["VmHWM"]},
        "changes": changes,
        "taken": [*taken, *least.values(), *readers, *between],
    }


def _asked(ours: Ours, question: Question, stage: str) -> Taken:
    _, wall, cpu = timed(ours, question)
    return Taken(stage, question.kind, ours.name, wall, cpu)


def _read(engine: Engine, questions: list[Question], name: str, author: str | None) -> list[Taken]:
    """The questions of a reader, each with its least time of warm passes."""
    within = Everything() if author is None else AnyOf("author", (author,))
    plans = [replace(plan_of(question), within=within) for question in questions]
    times: list[list[float]] = [[] for _ in plans]
    for _ in range(1 + WARM):
        for plan, cpu in zip(plans, times, strict=True):
            clock = Clock()
            with clock:
                engine.search(plan)
            cpu.append(clock.cpu * 1000)
    return [
        Taken(name, question.kind, Ours.name, 0.0, min(cpu[1:])) for question, cpu in zip(questions, times, strict=True)
    ]


def _changed(
    ours: Ours, questions: list[Question], texts: Sequence[Text], seed: int
) -> tuple[dict[int, list[tuple[float, float]]], list[Taken]]:
    """Milliseconds (wall, CPU) until the changes of each commit are found, by its size, and the questions asked between
    commits.

    Raises ValueError if a change is not found.
    """
    assert ours.engine is not None
    turns = (question for question, _ in by_turns(questions, [ours.name], seed))
    changes: dict[int, list[tuple[float, float]]] = {size: [] for size in CHANGES}
    between: list[Taken] = []
    number = 0
    for size, commits in CHANGES.items():
        for _ in range(commits):
            word = f"zxchange{number}q"
            clock = Clock()
            with clock:
                with ours.engine.write() as writer:
                    for place in range(number, number + size):
                        text = replace(texts[place], body=(*texts[place].body, word))
                        writer.put(text_document(f"d{place}", text))
                found = ours.ask(Question("rare", tuple(terms_of(word, texts[number].language).stems)))
            if found.total != size:
                raise ValueError(f"Of {size} changed documents, {found.total} are found.")
            number += size
            changes[size].append((clock.wall * 1000, clock.cpu * 1000))
            between += [_asked(ours, question, CHANGING) for question in islice(turns, WITH_CHANGES)]
    return changes, between


def measure(folder: Path, questions: list[Question], texts: Sequence[Text], megabytes: int | None) -> Result:
    """The same, in a new process."""
    result = subprocess.run(
        [sys.executable, "-m", "bench.scale", "--measure"],
        cwd=Path(__file__).resolve().parents[1],
        input=pickle.dumps((folder.resolve(), questions, texts, megabytes)),
        stdout=subprocess.PIPE,
        check=True,
    )
    found: Result = pickle.loads(result.stdout)
    return found


def tables(results: Sequence[Result]) -> Iterator[Table]:
    """All figures, a column for each result."""
    head = ("", *map(_head, results))
    yield Table("Growth", head, tuple(_facts(results)))
    for stage in (FIRST, WARMED, *READERS, CHANGING):
        columns = [table(result["taken"], stage, "cpu") for result in results]
        rows = [
            (NAMES[kind], *(_figures(column[kind][Ours.name]) for column in columns))
            for kind in NAMES
            if all(kind in column for column in columns)
        ]
        yield Table(f"CPU ms, p50 / p95, {stage}", head, tuple(rows))


def _head(result: Result) -> str:
    size = f"{result['documents']:,}" if "documents" in result else "as it is"
    return f"{size}, cache {result['megabytes']:,} MB" if result["megabytes"] else size


def _facts(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    for name, label in {
        "put_cpu": "indexing, s of CPU",
        "commit_cpu": "ends of portions, s of CPU",
        "merge_cpu": "merges, s of CPU",
        "cpu": "all three, s of CPU",
        "wall": "all three, s",
        "longest_commit": "longest end of a portion, s of CPU",
        "step": "longest slice of a merge, s of CPU",
        "builder": "memory of the builder, MB",
        "size": "size, MB",
        "disk": "size with what merges write, MB",
        "segments": "segments",
        "open": "opening and the first search, s",
    }.items():
        yield label, *(_figure(result[name]) if name in result else "" for result in results)
    for name, label in {"opened": "after opening", "asked": "after all questions", "peak": "at most"}.items():
        yield f"memory {label}, MB", *(_figure(result["memory"][name]) for result in results)
    for size in CHANGES:
        for number, unit in enumerate(("ms", "CPU ms")):
            times = [_figures(spread(change[number] for change in result["changes"][size])) for result in results]
            yield f"{unit} until a commit of {size} is found, p50 / p95", *times


def _figures(found: Spread) -> str:
    return f"{_figure(found.p50)} / {_figure(found.p95)}"


def _figure(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--documents", type=int, default=1_000_000)
    add("--portion", type=int, default=1_000_000, help="documents of a commit")
    add("--at", default="", help="sizes at which questions are asked, beside the last one: 1000000,4000000")
    add("--memory", default="", help="sizes of the cache in MB, one after another: 768,4096")
    add("--ask", action="store_true", help="ask questions of the index of the last run; make none")
    add("--folder", type=Path, default=Path(tempfile.gettempdir(), "florilege-scale"), help="kept for --ask")
    add("--each", type=int, default=22, help="questions of each kind")
    add("--seed", type=int, default=7, help="of the questions")
    add("--json", type=Path, help="write all figures to this file, after each size")
    add("--markdown", action="store_true", help="tables for a Markdown page")
    add("--measure", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    options = arguments()
    if options.measure:
        folder, questions, texts, megabytes = pickle.load(sys.stdin.buffer)
        sys.stdout.buffer.write(pickle.dumps(measured(folder, questions, texts, megabytes)))
        return
    # A smaller corpus is the start of a larger one.
    start = corpus_files.prepare(options.folder / "start", None, min(SAMPLE, options.documents), CORPUS_SEED)
    questions = draw(sample(start), options.each, options.seed)
    texts = list(islice(start.texts(), TEXTS))
    folder = options.folder / "index"
    caches: list[int | None] = [int(size) for size in options.memory.split(",") if size] or [None]
    results: list[Result] = []

    def ask(about: Result) -> None:
        results.extend(about | measure(folder, questions, texts, megabytes) for megabytes in caches)
        if options.json:
            options.json.write_text(json.dumps([_without_questions(result) for result in results], indent=1))
        for one in tables(results):
            print("", one.markdown() if options.markdown else one.text(), sep="\n", flush=True)

    if options.ask:
        ask({})
        return
    shutil.rmtree(folder, ignore_errors=True)
    # The process that generates ends with this one.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sizes = {int(size) for size in options.at.split(",") if size} | {options.documents}
    # The peak of memory counts from here.
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    for growth in grow(folder, generated(options.documents), options.documents, options.portion):
        segments = len(list(folder.rglob(f"*{EXTENSION}")))
        about = growth.as_json() | {"size": size_of(folder) / 1e6, "segments": segments}
        print("…", json.dumps(about), file=sys.stderr, flush=True)
        if growth.documents in sizes:
            ask(about)


def _without_questions(result: Result) -> Result:
    return result | {"taken": [(one.stage, one.kind, one.wall, one.cpu) for one in result["taken"]]}


if __name__ == "__main__":
    main()
