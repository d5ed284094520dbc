"""Kill processes at uniformly random moments, and check acknowledged writes: `python bench/storms/crash_storm.py`.

Acknowledged means: exit code 0, a batch that an import printed, or a response to a request. At the end, no acknowledged
write may be missing, none may be duplicated, and `kb index check` must find no difference.
"""

import argparse
import http.client
import json
import random
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.corpus import lines
from bench.harness import Base, Lines, Tally, check, children_of
from kb.access.actor import AccessScope

READERS = 4
ENOUGH = 60
"""Kills after which a third of them must have hit an open transaction or commit: with fewer, a lower share may be
chance.
"""
_KEPT = re.compile(r"^(\d[\d,]*) items? safely stored")


class Storm:
    """One database, in one kind of storm."""

    def __init__(self, folder: Path, seed: int, size: int, tally: Tally) -> None:
        folder.mkdir()
        self.size = size
        self.chance = random.Random(seed)
        self.base = Base(folder / "data", is_forked=True)
        self.tally = tally
        self.slices: list[Path] = []
        self.folder = folder
        self.source = iter(lines(10**9, seed))
        self.viewed: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.base.call("migrate")
        # The process that forks the commands is there before one is timed.
        self.base.run("--version")

    def slice(self) -> Path:
        """The next items, in a file of their own."""
        path = self.folder / f"slice-{len(self.slices)}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(next(self.source) for _ in range(self.size))
        self.slices.append(path)
        return path

    def importing(self, rounds: int) -> None:
        """Kill imports, or their helpers: an import writes to the store and to the index, because there is no
        server.
        """
        started = time.monotonic()
        self.base.run("import", str(self.slice()))
        lasts = time.monotonic() - started
        for _ in range(rounds):
            path = self.slice()
            process = self.base.start("import", "--verbose", str(path))
            output = Lines(process)
            time.sleep(self.chance.uniform(0, lasts))
            helpers = list(children_of(process.pid))
            victims = self.chance.choice([[process.pid], helpers or [process.pid], [process.pid, *helpers]])
            self.tally.kill(self.base, "importing" if process.pid in victims else "importing (helper)", victims)
            is_finished = process.wait() == 0
            check(is_finished or process.pid in victims, "an import whose helper was killed failed")
            committed = [int(match[1].replace(",", "")) for line in output.all() if (match := _KEPT.match(line))]
            self.must_hold(path, self.size if is_finished else max(committed, default=0))
        for path in self.slices:
            report = json.loads(self.base.call("import", "--json", str(path)))
            check(
                report["skipped"] == 0 and report["added"] + report["unchanged"] == self.size,
                f"a second import: {report}",
            )

    def rebuilding(self, rounds: int) -> None:
        """Kill rebuilds of the index: the old index must keep answering."""
        self.base.call("import", str(self.slice()))
        started = time.monotonic()
        self.base.run("index", "rebuild")
        lasts = time.monotonic() - started
        for _ in range(rounds):
            process = self.base.start("index", "rebuild")
            time.sleep(self.chance.uniform(0, lasts))
            self.tally.kill(self.base, "rebuilding", [process.pid])
            process.communicate()
            self.must_be_found()

    def serving(self, rounds: int) -> None:
        """Kill workers, the background process, or all processes, while users follow links and imports continue."""
        self.base.call("import", str(self.slice()))
        with Server(self) as server:
            for _ in range(rounds):
                importing = self.base.start("import", str(self.slice())) if self.chance.random() < 0.5 else None
                time.sleep(self.chance.uniform(0, 2.0))
                server.kill()
                if importing is not None:
                    _, errors = importing.communicate()
                    check(importing.returncode == 0, f"an import beside a dying server: {errors}")
                    self.must_hold(self.slices[-1], self.size)
        self.must_be_viewed()

    def must_hold(self, path: Path, number: int) -> None:
        """The first items of a file are in the store."""
        ids_expected = [item["id"] for item, _ in zip(_items_of(path), range(number), strict=False)]
        with self.base.read() as reading:
            items_stored = reading.items.any_of(ids_expected)
        missing = [id_ for id_ in ids_expected if id_ not in items_stored]
        check(not missing, f"{len(missing)} of {number} acknowledged items are lost, such as {missing[:3]}")

    def must_be_found(self) -> None:
        """All stored items are found."""
        answer = json.loads(self.base.call("search", "", "--per-page", "1", "--json"))
        with self.base.read() as reading:
            stored = reading.items.count(AccessScope(everything=True))
        check(answer["total"] == stored, f"{answer['total']} items are found, {stored} are stored")

    def must_be_viewed(self) -> None:
        """Every acknowledged view was counted once, and no others were counted."""
        first = {item["id"]: item.get("views", 0) for item in _items_of(self.slices[0])}
        with self.base.read() as reading:
            stored = reading.items.any_of(first)
        for id_, requested in self.asked.items():
            counted, views_answered = stored[id_].views - first[id_], self.viewed[id_]
            check(
                views_answered <= counted <= requested,
                f"{id_}: {counted} views, {views_answered} answered, {requested} asked",
            )
        print(f"views: {self.asked.total()} asked, {self.viewed.total()} answered")

    def finish(self) -> None:
        """The checks at the end."""
        print(self.base.call("index", "check").strip())
        self.must_be_found()
        items = [json.loads(line) for line in self.base.call("export").splitlines()]
        for name in ("id", "url"):
            check(len({item[name] for item in items}) == len(items), f"an item is there twice, by its {name}")


class Server:
    """`kb serve` with users who follow links; it is started again when all processes were killed."""

    def __init__(self, storm: Storm) -> None:
        self.storm = storm
        self.stopping = threading.Event()
        self.ids = [item["id"] for item in _items_of(storm.slices[0])]
        self.guard = threading.Lock()
        self.odd: list[int] = []

    def __enter__(self) -> "Server":
        self._start()
        self.readers = [threading.Thread(target=self._follow_links, args=(place,)) for place in range(READERS)]
        for reader in self.readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for reader in self.readers:
            reader.join()
        check(not self.odd, f"requests were answered {set(self.odd)}")
        self.process.terminate()
        _, errors = self.process.communicate()
        check(self.process.returncode == 0, f"the server ended with {self.process.returncode}: {errors}")

    def kill(self) -> None:
        """Kill one process of the server, or all of them."""
        role = self.storm.chance.choice(["web", "background", "background", "all"])
        if role == "all":
            all_pids = [self.process.pid, *children_of(self.process.pid)]
            self.storm.tally.kill(self.storm.base, "serving (all)", all_pids)
            self.process.communicate()
            self._start()
            return
        deadline = time.monotonic() + 30
        # If no process has a role, it was killed a moment ago: its successor is about to start.
        while not (pids := [pid for pid, name in children_of(self.process.pid).items() if name == role]):
            check(time.monotonic() < deadline, f"no {role} process was started again in 30 s")
            time.sleep(0.05)
        self.storm.tally.kill(self.storm.base, f"serving ({role})", [self.storm.chance.choice(pids)])

    def _start(self) -> None:
        self.process, self.port = self.storm.base.serve("--workers", "2")
        deadline = time.monotonic() + 30
        while not self._is_ready():
            check(time.monotonic() < deadline, "the server was not ready in 30 s")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        return self._status("/healthz") == 200

    def _follow_links(self, seed: int) -> None:
        rng = random.Random(seed)
        while not self.stopping.is_set():
            id_ = rng.choice(self.ids)
            with self.guard:
                self.storm.asked[id_] += 1
            # A different user each time: a reader is counted once a day for an item.
            status = self._status(f"/items/{id_}/go", f"Mozilla/5.0 (reader {rng.getrandbits(64):x})")
            if status is None:
                time.sleep(0.05)
            elif 200 <= status < 400:
                with self.guard:
                    self.storm.viewed[id_] += 1
            else:
                self.odd.append(status)

    def _status(self, path: str, agent: str = "storm") -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers={"User-Agent": agent})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def _items_of(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--items", type=int, default=3_000, help="of one import")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    tally = Tally()
    serving, rebuilding = arguments.rounds // 2, arguments.rounds // 6
    rounds = {
        Storm.importing: arguments.rounds - serving - rebuilding,
        Storm.rebuilding: rebuilding,
        Storm.serving: serving,
    }
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        for act, number in rounds.items():
            storm = Storm(Path(folder, act.__name__), arguments.seed, arguments.items, tally)
            act(storm, number)
            storm.finish()
    print(tally.report())
    kills, hits = tally.kills.total(), tally.on_open.total()
    check(hits * 3 >= kills or kills < ENOUGH, "less than a third of the kills fell on something open")
    print("Nothing acknowledged was lost, nothing is there twice.")


if __name__ == "__main__":
    main()
