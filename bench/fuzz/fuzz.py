"""Search 100,000 items for 5,000 texts of all kinds, and check that each gets an answer in time.

    python bench/fuzz/fuzz.py [--items 100000] [--texts 5000] [--seed 1] [--most 200] [--folder FOLDER]

Each text is handled as on the search page: it is parsed, planned and searched in a user's readable groups, for the
first 20 items and all facets. The index is built once in the folder; it has a document for each item and for each of
its passages.

All texts are searched twice, in two orders, each time with an index that was just opened, so that no answer comes from
a cache. The better processor time of the two counts, because other programs may use the machine; the elapsed time is
printed too. Exit code 1 if a text took longer than --most milliseconds, or got no answer.
"""

import argparse
import gc
import random
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.fuzz.fuzz_index import groups, open_or_build
from bench.fuzz.fuzz_texts import Typist
from index import Bounds
from kb.access.actor import AccessScope
from kb.model.search_request import SearchRequest
from kb.search.index_search import Catalogue
from kb.search.query_planning import plan_search

SHOWN = 12
SIZE = 20


@dataclass(frozen=True)
class Took:
    """Milliseconds of one answer."""

    cpu: float
    wall: float


def request_of(text: str, number: int) -> SearchRequest:
    """The search request of a text; every fourth one requires all words."""
    pairs = [("q", text), *([("match", "all")] if number % 4 == 3 else [])]
    return SearchRequest.from_params(pairs)


def measure(catalogue: Catalogue, request: SearchRequest) -> Took:
    """Search once."""
    every = groups()
    scope = AccessScope(group_ids=frozenset(group.id for group in every))
    wall, cpu = time.perf_counter(), time.process_time()
    # No deadline: a text that takes too long must show in the figures.
    plan = plan_search(request, scope, every, Bounds(seconds=None)).plan
    hits = catalogue.engine.search(plan)
    cost = Took((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000)
    assert len(hits.page) == min(hits.total, SIZE), (request, hits)
    assert len(hits.facets) == len(plan.facets), (request, hits)
    assert all(first.score >= second.score for first, second in zip(hits.page, hits.page[1:], strict=False)), request
    return cost


def round_of(folder: Path, arguments: argparse.Namespace, requests: list[SearchRequest], turn: int) -> list[Took]:
    """Search all texts, in a random order."""
    catalogue = open_or_build(folder, arguments.items, 1)
    order = list(range(len(requests)))
    random.Random(turn).shuffle(order)
    costs: dict[int, Took] = {}
    for text in ("", "rivières profondes", "a*", "*ai*"):
        measure(catalogue, SearchRequest(q=text))
    gc.collect()
    for finished, number in enumerate(order, 1):
        costs[number] = measure(catalogue, requests[number])
        if sys.stderr.isatty():
            print(f"\rturn {turn}: {finished} of {len(order)}", end="", file=sys.stderr)
    catalogue.close()
    return [costs[number] for number in range(len(requests))]


def share(values: list[float], part: float) -> float:
    """The quantile of the values at this share."""
    return sorted(values)[min(int(len(values) * part), len(values) - 1)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--texts", type=int, default=5_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=float, default=200.0, help="milliseconds that a text may take; 0: any")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "florilege-fuzz")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    texts = list(Typist(arguments.seed).texts(arguments.texts))
    requests = [request_of(text, number) for number, text in enumerate(texts)]
    turns = [round_of(arguments.folder, arguments, requests, turn) for turn in (1, 2)]
    best, worst = ([pick(each, key=cpu_of) for each in zip(*turns, strict=True)] for pick in (min, max))
    report(requests, best, worst, arguments)
    slow = [cost for cost in best if arguments.most and cost.cpu > arguments.most]
    print(f"{len(texts)} texts were answered, {len(slow)} of them in more than {arguments.most:g} ms.")
    return 1 if slow else 0


def cpu_of(cost: Took) -> float:
    return cost.cpu


def report(requests: list[SearchRequest], best: list[Took], worst: list[Took], arguments: argparse.Namespace) -> None:
    """Print the durations and the slowest texts."""
    for turn, all_took in (("better", best), ("worse", worst)):
        for name in ("cpu", "wall"):
            values = [getattr(cost, name) for cost in all_took]
            parts = ((f"p{part * 100:g}", share(values, part)) for part in (0.5, 0.95, 0.99))
            label_values = ", ".join(f"{label} {value:.1f}" for label, value in parts)
            print(f"{turn} time, {name}: {label_values}, at most {max(values):.1f} ms")
    print(f"resident at most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    if arguments.most:
        for number in sorted(range(len(best)), key=lambda number: -best[number].cpu)[:SHOWN]:
            cost, request = best[number], requests[number]
            asked_for = f"{len(request.q)} characters, {request.match or 'any'}"
            print(f"{cost.cpu:7.1f} ms ({cost.wall:.1f})  {asked_for}: {request.q[:90]!r}")


if __name__ == "__main__":
    sys.exit(main())
