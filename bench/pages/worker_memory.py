"""The total memory of the workers of one machine: `python bench/pages/worker_memory.py --data FOLDER`.

Serves a database with one worker and then with several, requests the same number of pages of each worker, and adds up
the memory of their processes. A memory page that several processes map counts once (its proportional share in each,
PSS).
"""

import argparse
import json
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import quote_plus

from bench.harness import children_of
from bench.pages.page_speed import _loaded, _queries, _sample_of_base, _served

MEBIBYTE = 1024.0
"""Kilobytes, as the kernel counts memory."""
_PAGES_A_SECOND = 300


@dataclass(frozen=True, slots=True)
class Memory:
    """MiB. `pss`: of all workers together, with the process that forks them; `private`: the mean of the memory that one
    worker does not share; `rss`: the mean resident memory of one worker.
    """

    workers: int
    pages: int
    pss: float
    private: float
    rss: float
    other: float


def measure(data: Path, workers: int, seconds: float) -> Memory:
    """Serve the database, load it for this many seconds for each worker, and read the memory of the workers."""
    _, words = _sample_of_base(data)
    number = int(seconds * _PAGES_A_SECOND * workers)
    # Each round requests the same pages: with new connections, other workers respond.
    paths = [f"/search?q={quote_plus(text)}" for text in islice(_queries(words, 1), number)]
    pages = 0
    with _served(data, workers, KB_RATE_READ="1000000") as (port, pid):
        for _ in range(workers):
            pages += len(_loaded(port, 4 * workers, seconds, paths)["times"])
        roles = children_of(pid)
        sizes = [_memory(child) for child, role in roles.items() if role == "web"]
        forking = sum(_memory(child)["Pss"] for child, role in roles.items() if role == "fork")
        others = sum(_memory(child)["Pss"] for child, role in roles.items() if role == "background")
        others += _memory(pid)["Pss"]
    mean = {name: sum(size[name] for size in sizes) / len(sizes) for name in sizes[0]}
    return Memory(
        workers,
        pages,
        round(mean["Pss"] * len(sizes) + forking, 1),
        round(mean["Private_Clean"] + mean["Private_Dirty"], 1),
        round(mean["Rss"], 1),
        round(others, 1),
    )


def _memory(pid: int) -> dict[str, float]:
    """MiB by the kernel's names: Rss, Pss, Private_Clean, Private_Dirty."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) / MEBIBYTE for line in lines}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of a base, as KB_DATA names it")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each worker")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    arguments = parser.parse_args()
    figures = [measure(arguments.data.resolve(), number, arguments.seconds) for number in (1, arguments.workers)]
    for memory in figures:
        if arguments.json:
            print(json.dumps(asdict(memory)))
        else:
            print(
                f"{memory.workers} workers, {memory.pages} pages: {memory.pss} MiB together, {memory.private} MiB"
                f" private to each, {memory.rss} MiB resident in each; other processes {memory.other} MiB"
            )
    print(f"{arguments.workers} workers take {figures[1].pss / figures[0].pss:.2f} times the memory of one")


if __name__ == "__main__":
    main()
