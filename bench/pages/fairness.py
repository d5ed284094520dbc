"""One reader during a flood of requests.

    python bench/pages/fairness.py [--data FOLDER] [--flood 300] [--seconds 20] [--kind searches]

Serves a database with `kb serve`, one worker: that of `--data`, or 20,000 items which are generated and imported first.
One address keeps this many requests open, and repeats a refused one at once: expensive searches with different texts,
without a session or with invented ones (`--kind cookies`); login forms (`forms`); unknown addresses (`unknown`); style
sheets (`files`). A reader at another address requests a page every quarter of a second. The reader's waiting times are
printed, alone and during the flood. Exit code 1 if the 95th percentile during the flood exceeds a second. `--rate-read
0` turns the rate limit off.

The client addresses are sent in `X-Forwarded-For`, which the server trusts from this machine (`KB_PROXY`), because
requests of the machine itself are not limited.
"""

import argparse
import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import quote_plus

from bench.harness import Base
from bench.pages.page_speed import _queries, _sample_of_base, _served

ITEMS = 20_000
READER = "198.51.100.7"
KINDS = ("searches", "cookies", "forms", "unknown", "files")
LONGEST = 1.0
"""Maximum seconds of the reader's 95th percentile."""
PAUSE = 0.25
"""Seconds between two pages of the reader, so that the reader stays within the rate limit."""
_PATIENCE = 120.0
_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Flood:
    """The number of open requests, their kind, and the number of their addresses."""

    size: int
    kind: str
    addresses: int


@dataclass(frozen=True, slots=True)
class Waited:
    """Milliseconds of each page of the reader, and the statuses of the responses."""

    pages: int
    p50: float
    p95: float
    most: float
    statuses: dict[int, int]


def measure(data: Path, seconds: float, rate: int, flood: Flood) -> tuple[Waited, Waited, dict[str, object]]:
    """The reader's times alone, the reader's times during the flood, and the responses to the flood."""
    _, words = _sample_of_base(data)
    texts = _queries(words, 1)
    pages = cycle(["/", f"/search?q={quote_plus(next(texts))}", "/g/corpus", "/search?view=passages", "/login"])
    with _served(data, 1, KB_PROXY="127.0.0.1", KB_RATE_READ=str(rate)) as (port, _):
        _read(port, pages, 3.0)
        alone = _read(port, pages, seconds)
        if set(alone.statuses) != {200}:
            raise SystemExit(f"The base cannot be read: {alone.statuses}")
        with _flooding(port, flood, _paths(flood.kind, texts)) as answers:
            beside = _read(port, pages, seconds)
    return alone, beside, answers


def _paths(kind: str, texts: Iterator[str]) -> list[str]:
    match kind:
        case "forms":
            return ["/login"]
        case "unknown":
            return [f"/unknown/{number}" for number in range(1000)]
        case "files":
            return ["/static/kb.css"]
        case _:
            return [_costly(text) for text in islice(texts, 20_000)]


def _costly(text: str) -> str:
    """A search that takes about 0.2 seconds with 20,000 items."""
    beginnings = " OR ".join(f"{word[:2]}*" for word in text.split())
    return f"/search?view=passages&q={quote_plus(f'{text} OR {beginnings}')}"


def _read(port: int, pages: Iterator[str], seconds: float) -> Waited:
    times, statuses, end = [], Counter[int](), time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE)
        connection.request("GET", next(pages), headers={"X-Forwarded-For": READER})
        answer = connection.getresponse()
        answer.read()
        times.append(1000 * (time.perf_counter() - began))
        statuses[answer.status] += 1
        connection.close()
        time.sleep(PAUSE)
    times.sort()
    p50, p95, most = (round(times[place], 1) for place in (len(times) // 2, int(len(times) * 0.95), -1))
    return Waited(len(times), p50, p95, most, dict(statuses))


@contextmanager
def _flooding(port: int, flood: Flood, paths: list[str]) -> Iterator[dict[str, object]]:
    """Keep this many requests open from one address; returns the statuses of their responses at the end."""
    answers: dict[str, object] = {}
    process = subprocess.Popen(
        [sys.executable, str(_HERE / "flood.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        attackers = [f"203.0.113.{number}" for number in range(flood.addresses)]
        options = {"port": port, "flood": flood.size, "kind": flood.kind, "paths": paths, "addresses": attackers}
        process.stdin.write(json.dumps(options) + "\n")
        process.stdin.flush()
        process.stdout.readline()
        yield answers
    finally:
        output, _ = process.communicate()
        answers.update(json.loads(output))


@contextmanager
def _base(data: Path | None) -> Iterator[Path]:
    """The folder of the database: the given one, or a new one of 20,000 items."""
    if data is not None:
        yield data.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="fairness-") as folder:
        corpus = Path(folder, "corpus.jsonl")
        with corpus.open("w", encoding="utf-8") as stream:
            subprocess.run([sys.executable, str(_HERE.parent / "corpus.py"), str(ITEMS)], stdout=stream, check=True)
        base = Base(Path(folder, "base"))
        base.run("import", str(corpus))
        yield base.folder


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of a base, as KB_DATA names it")
    parser.add_argument("--flood", type=int, default=300, help="requests in flight from one address")
    parser.add_argument("--addresses", type=int, default=1, help="addresses that the flood comes from, at most 200")
    parser.add_argument("--kind", choices=KINDS, default="searches", help="what they ask for")
    parser.add_argument("--seconds", type=float, default=20.0, help="of reading alone, and as many beside the flood")
    parser.add_argument("--rate-read", type=int, default=300, help="KB_RATE_READ; 0 lets the flood ask without limit")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    arguments = parser.parse_args()
    with _base(arguments.data) as data:
        alone, beside, answers = measure(
            data, arguments.seconds, arguments.rate_read, Flood(arguments.flood, arguments.kind, arguments.addresses)
        )
    if arguments.json:
        print(json.dumps({"alone": asdict(alone), "beside": asdict(beside), "flood": answers}))
    else:
        for name, load in (("alone", alone), ("beside the flood", beside)):
            print(f"{name}: {load.pages} pages, p50 {load.p50} ms, p95 {load.p95} ms, at most {load.most} ms")
            print(f"  statuses {load.statuses}")
        print(f"the flood was answered {answers}")
    return 0 if beside.p95 <= 1000 * LONGEST and set(beside.statuses) == {200} else 1


if __name__ == "__main__":
    sys.exit(main())
