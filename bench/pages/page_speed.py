"""The speed of whole search pages over HTTP.

    python bench/pages/page_speed.py --data FOLDER [--clients 8] [--writes 5] [--seconds 30]

Serves an existing database with `kb serve`, one worker, and requests `/search?q=…`, 20 results a page, with several
clients, while another process may change items. Queries have one to three words of the database, common and less common
ones, and all are different. Each page is checked: status 200, 20 results, facets, marked words.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from bench.harness import KB, Base, children_of
from index.analysis import terms_of
from kb.access.actor import AccessScope
from kb.site import open_store

ITEMS = 20
SAMPLE = 4_000
"""The number of items from which words are drawn."""
LEAST, MOST = 0.002, 0.6
"""The share of items that contain a drawn word; the minimum fills a page."""
WARMING, WARMED = 3.0, 1000
"""Seconds of pages that are not measured, and the number of pages that is enough: a server first loads data."""
COMPILED = 12.0
"""Seconds from the start of a server until it has compiled all templates: that is no work for pages."""
_PAGES_A_SECOND = 500
_HERE = Path(__file__).resolve().parent
_WORD = re.compile(r"\b[^\W\d_]{3,}\b")
"""Whole words: `zx4f2` has no part that is one."""
_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)")


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures: milliseconds of a page, and CPU milliseconds a page by process role.

    `late` is the writer's maximum delay in seconds.
    """

    clients: int
    pages: int
    pages_a_second: float
    p50: float
    p95: float
    most: float
    cpu: dict[str, float]
    changes: int
    late: float


def measure(data: Path, clients: int, writes: float, seconds: float, *, seed: int = 1, workers: int = 1) -> Figures:
    """Serve the database and load it. Raises SystemExit if a page is incomplete."""
    ids, words = _sample_of_base(data)
    texts = islice(_queries(words, seed), int(seconds * _PAGES_A_SECOND) + WARMED)
    paths = [f"/search?q={quote_plus(text)}" for text in texts]
    with _served(data, workers) as (port, pid), _changing(data, writes, ids) as writer:
        started = time.monotonic()
        _loaded(port, clients, WARMING, paths[:WARMED])
        time.sleep(max(started + COMPILED - time.monotonic(), 0))
        before = _spent(pid)
        answer = _loaded(port, clients, seconds, paths[WARMED:])
        spent = {role: used - before.get(role, 0.0) for role, used in _spent(pid).items()}
        changed = _stop_writer(writer) if writer else {}
    times = sorted(answer["times"])
    pages = len(times)
    p50, p95, most = (round(1000 * times[place], 1) for place in (pages // 2, int(pages * 0.95), -1))
    return Figures(
        clients,
        pages,
        round(pages / answer["took"], 1),
        p50,
        p95,
        most,
        {role: round(1000 * used / pages, 2) for role, used in {**spent, "clients": answer["cpu"]}.items()},
        changed.get("changes", 0),
        round(changed.get("late", 0.0), 2),
    )


def _sample_of_base(data: Path) -> tuple[list[str], list[str]]:
    """Ids of items, and words that are neither rare nor in nearly all of them, the most frequent first."""
    store = open_store(Base(data).store_url)
    counts: Counter[str] = Counter()
    try:
        with store.read() as reading:
            every = list(reading.items.ids())
            chosen = random.Random(1).sample(every, min(SAMPLE, len(every)))
            for item in reading.items.visible(chosen, AccessScope(everything=True)).values():
                texts = (item.title, item.description, *(part.quote or part.body for part in item.annotations))
                counts.update({word.lower() for text in texts if text for word in _WORD.findall(text)})
    finally:
        store.close()
    least = max(LEAST, 5 * ITEMS / len(every)) * len(chosen)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    words = [word for word, count in ranked if least <= count <= MOST * len(chosen)]
    return chosen, [word for word in words if terms_of(word, "fr").stems]


def _queries(words: list[str], seed: int) -> Iterator[str]:
    """Different queries. The logarithm of a word's rank is uniform, so that common words occur as often as the
    others.
    """
    rng = random.Random(seed)
    addresses = set()
    while True:
        number = rng.choice((1, 2, 2, 3))
        text = " ".join(words[int(len(words) ** rng.random()) - 1] for _ in range(number))
        if text not in addresses:
            addresses.add(text)
            yield text


@contextmanager
def _served(data: Path, workers: int, **more: str) -> Iterator[tuple[int, int]]:
    """`kb serve` for the database, with more settings: its port and its process."""
    command = [*KB, "serve", "--port", "0", "--workers", str(workers)]
    environment = {**Base(data).environment, **more}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        address = next(filter(None, map(_ADDRESS.search, process.stdout)), None)
        if address is None:
            raise SystemExit("The server did not start.")
        yield int(address[1]), process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _loaded(port: int, clients: int, seconds: float, paths: list[str]) -> dict[str, Any]:
    """The results of the clients, and `cpu`, the seconds that they used."""
    options = {"port": port, "clients": clients, "seconds": seconds, "paths": paths, "items": ITEMS}
    before = os.times()
    result = subprocess.run(
        [sys.executable, str(_HERE / "page_load.py")],
        input=json.dumps(options),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    answer: dict[str, Any] = json.loads(result.stdout)
    if answer["faults"]:
        raise SystemExit("\n".join(answer["faults"]))
    return {**answer, "cpu": used}


@contextmanager
def _changing(data: Path, rate: float, ids: list[str]) -> Iterator[subprocess.Popen[str] | None]:
    """A process that changes this many items per second; None if none should change."""
    if not rate:
        yield None
        return
    process = subprocess.Popen(
        [sys.executable, str(_HERE / "page_changes.py")],
        env=Base(data).environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps({"rate": rate, "ids": ids}) + "\n")
        process.stdin.flush()
        yield process
    finally:
        _stop_writer(process)


def _stop_writer(writer: subprocess.Popen[str]) -> dict[str, Any]:
    """Stop the writer; returns its report."""
    if writer.poll() is not None:
        return {}
    answer, _ = writer.communicate()
    figures: dict[str, Any] = json.loads(answer)
    return figures


def _spent(pid: int) -> dict[str, float]:
    """CPU seconds of the children of `kb serve`, by role."""
    spent: dict[str, float] = {}
    for child, role in children_of(pid).items():
        words = Path(f"/proc/{child}/stat").read_text(errors="replace").rpartition(") ")[2].split()
        spent[role] = spent.get(role, 0.0) + (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of a base, as KB_DATA names it")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--writes", type=float, default=5.0, help="changes a second; 0 for none")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    arguments = parser.parse_args()
    figures = measure(
        arguments.data.resolve(),
        arguments.clients,
        arguments.writes,
        arguments.seconds,
        seed=arguments.seed,
        workers=arguments.workers,
    )
    if arguments.json:
        print(json.dumps(asdict(figures)))
        return
    print(f"{figures.clients} clients, {figures.pages} pages: {figures.pages_a_second} pages/s")
    print(f"a page: p50 {figures.p50} ms, p95 {figures.p95} ms, at most {figures.most} ms")
    print("CPU a page: " + ", ".join(f"{role} {used} ms" for role, used in sorted(figures.cpu.items())))
    if figures.changes:
        print(f"{figures.changes} changes meanwhile, at most {figures.late} s late")


if __name__ == "__main__":
    main()
