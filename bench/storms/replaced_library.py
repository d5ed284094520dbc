"""Two databases that replace each other, and concurrent readers of their site, for `bench/storms/backup_storm.py`."""

import http.client
import json
import random
import threading
import time
from collections import Counter
from pathlib import Path

from bench.corpus import lines
from bench.harness import Base, check
from kb.access.actor import AccessScope
from kb.store.maintenance.database_copy import DatabaseContents, examine_database

READERS = 2
PAUSE = 0.05
"""Seconds between two pages of a reader: without them, the readers would take the cores from what is killed."""


def imported(base: Base, home: Path, number: int, seed: int) -> None:
    path = home / f"{seed}.jsonl"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines(number, seed))
    base.call("import", str(path))
    path.unlink()


def rows_of(contents: DatabaseContents) -> dict[str, int]:
    """The number of rows of each table; a restore adds the identity to the table `meta`."""
    return {table: number for table, number in contents.counts.items() if table != "meta"}


class Side:
    """One of two databases, and its backup."""

    def __init__(self, home: Path, name: str, number: int, seed: int) -> None:
        self.name, self.path = name, home / f"{name}.zip"
        base = Base(home / f"side-{name}")
        imported(base, home, number, seed)
        # A site without an administrator writes a link for the first one at its start: it would be a third database.
        base.call("user", "add", "responsable", "--admin")
        base.call("backup", str(self.path))
        self.size = (base.folder / "store.sqlite3").stat().st_size
        self.rows = rows_of(examine_database(base.folder / "store.sqlite3"))
        with base.read() as reading:
            self.titles = {item.id: item.title for item in reading.items.stream(AccessScope(everything=True))}


class Site:
    """`kb serve` with constant requests: each response is a page, a search or an error message, and never an error 500
    or a mixture of both databases.
    """

    def __init__(self, base: Base, sides: list[Side]) -> None:
        self.base, self.sides = base, sides
        self.stopping = threading.Event()
        self.answers: Counter[str] = Counter()
        self.odd: list[str] = []

    def __enter__(self) -> "Site":
        self.process, self.port = self.base.serve()
        self.threads = [threading.Thread(target=self._read, args=(place,)) for place in range(READERS)]
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        self.process.terminate()
        _, errors = self.process.communicate()
        check(not self.odd, f"the site answered {self.odd[:3]}")
        check(self.process.returncode == 0, f"the server ended with {self.process.returncode}: {errors}")
        print(
            "the site answered "
            + ", ".join(f"{answer_kind} {number}" for answer_kind, number in sorted(self.answers.items()))
        )

    def must_come_round(self) -> None:
        """Check that everything can be found again without intervention."""
        deadline = time.monotonic() + 600
        while self._ask("/readyz")[0] != 200:
            check(time.monotonic() < deadline, "the site did not come round")
            time.sleep(0.2)

    def _read(self, seed: int) -> None:
        rng = random.Random(seed)
        totals = {len(side.titles) for side in self.sides}
        titles = [side.titles for side in self.sides]
        while not self.stopping.is_set():
            id_ = rng.choice(list(titles[0]))
            status, body = self._ask(f"/items/{id_}")
            self.answers[f"item {status}"] += 1
            if status not in (200, 404) or (
                status == 200 and not any(title.get(id_, "…")[:20] in body for title in titles)
            ):
                self.odd.append(f"{status} at item {id_}")
            status, body = self._ask("/api/v1/search?q=&per_page=1")
            self.answers[f"search {status}"] += 1
            if status not in (200, 503) or (status == 200 and json.loads(body)["total"] not in totals):
                self.odd.append(f"{status} at search: {body[:300]}")
            time.sleep(PAUSE)

    def _ask(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()
