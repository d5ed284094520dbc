"""Back up while four processes write, and kill backups and restores: `python bench/storms/backup_storm.py`.

A backup must contain at least the writes acknowledged before it started, and must be complete when it is restored
elsewhere. A killed backup leaves the earlier file or a valid one. A killed restore leaves the old database whole or the
new one whole, with an index that agrees or is detected as another database's. Prints the waiting times of writers, and
the moments of the kills.
"""

import argparse
import json
import random
import subprocess
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from bench.harness import Base, Tally, check
from bench.storms.replaced_library import Side, Site, imported, rows_of
from kb.access.actor import AccessScope
from kb.formats.backup.archive import UnusableBackup, open_backup_archive
from kb.model.items.annotation import Annotation, AnnotationKind
from kb.model.items.item import Item
from kb.site import open_store
from kb.store.maintenance.database_copy import DatabaseContents, copy_database_file, examine_database
from tests.support.forked_commands import ForkedCommand

WRITERS = 4
CLIENT = "import sys; from bench.storms.backup_storm import write_for_ever; write_for_ever(*sys.argv[1:])"
PAUSE = 0.02
"""Seconds between two writes of one client, as of users: without them, the clients would only measure their own
queue.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=20_000, help="of the base that is backed up")
    parser.add_argument("--backups", type=int, default=5, help="made while others write")
    parser.add_argument("--kills", type=int, default=60, help="of backups, and as many of restores")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)
    rng = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory(prefix="backup-storm-") as folder:
        home = Path(folder)
        base = Base(home / "data", is_forked=True)
        imported(base, home, arguments.items, arguments.seed)
        for place in range(arguments.backups):
            back_up_under_writers(base, home, place, rng)
        tally = Tally()
        kill_backups(base, home, arguments.kills, rng, tally)
        kill_restores(home, arguments.kills, arguments.items, rng, tally)
    print(tally.report())
    print("Every backup holds what was acknowledged before it; every killed restore left one base, whole.")


# Backing up while others write


def write_for_ever(name: str, url: str) -> None:
    """A client: it saves one item in one transaction, and prints the seconds once the item is acknowledged."""
    store, number = open_store(url), 0
    while True:
        number += 1
        id_ = f"{name}-{number}"
        notes = tuple(
            Annotation(
                f"{id_}-{place}", AnnotationKind.HIGHLIGHT, None, None, "Un passage.", None, None, None, None, ()
            )
            for place in range(2)
        )
        started = time.perf_counter()
        with store.write() as writing:
            group = writing.groups.all()[0].id
            order = writing.items.next_order()
            writing.items.add([Item(id=id_, group_id=group, order=order, title=f"Écrit par {name}", annotations=notes)])
        print(f"{id_} {time.perf_counter() - started:.4f}", flush=True)
        time.sleep(PAUSE)


class Writers:
    """Writing clients, their acknowledged writes, and the duration of each write."""

    def __init__(self, base: Base, run: int) -> None:
        self.base, self.run = base, run
        self.kept: list[tuple[str, float]] = []

    def __enter__(self) -> "Writers":
        self.processes = [
            ForkedCommand(
                [f"c{self.run}-{place}", self.base.store_url],
                program=CLIENT,
                stdout=subprocess.PIPE,
                text=True,
                env=self.base.environment,
            )
            for place in range(WRITERS)
        ]
        self.threads = [threading.Thread(target=self._listen, args=(process,)) for process in self.processes]
        for thread in self.threads:
            thread.start()
        while len({id_.rpartition("-")[0] for id_, _ in list(self.kept)}) < WRITERS:
            check(all(process.poll() is None for process in self.processes), "a client ended")
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        ended = [process.poll() for process in self.processes]
        for process in self.processes:
            process.kill()
            process.wait()
        for thread in self.threads:
            thread.join()
        check(ended == [None] * WRITERS, f"clients ended: {ended}")

    def _listen(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            id_, _, seconds = line.rstrip("\n").partition(" ")
            self.kept.append((id_, float(seconds)))


def back_up_under_writers(base: Base, home: Path, run: int, rng: random.Random) -> None:
    path, restored_base = home / "sauvegarde.zip", Base(home / f"restored-{run}")
    with Writers(base, run) as writers:
        time.sleep(rng.uniform(0.5, 1.5))
        before = list(writers.kept)
        started = time.monotonic()
        report = json.loads(base.run("backup", "--json", str(path)))
        seconds = time.monotonic() - started
        during = writers.kept[len(before) :]
    started = time.monotonic()
    restored_base.call("restore", str(path))
    back = time.monotonic() - started
    with restored_base.read() as reading:
        stored = reading.items.any_of(id_ for id_, _ in before)
        lost = [id_ for id_, _ in before if id_ not in stored]
        check(not lost, f"{len(lost)} acknowledged items are not in the backup, such as {lost[:3]}")
        for item in reading.items.stream(AccessScope(everything=True)):
            whole = not item.id.startswith("c") or item.id.startswith("corpus") or len(item.annotations) == 2
            check(whole, f"{item.id} was restored half")
        check(reading.changes.newest() == report["change"], "another change than the backup said")
    check("agree" in restored_base.call("index", "check"), "the index of what was restored differs")
    without, within = (sorted(seconds for _, seconds in some) for some in (before, during))
    print(
        f"backup {run + 1}: {report['counts']['items']} items, {report['size'] / 1e6:.1f} MB, {seconds:.1f} s;"
        f" {len(before)} acknowledged before, {len(during)} during; longest wait of a writer"
        f" {1000 * without[-1]:.0f} ms before, {1000 * within[-1] if within else 0:.0f} ms during"
        f" (median {1000 * median(without):.0f}, {1000 * median(within):.0f}); restored and indexed in {back:.1f} s",
        flush=True,
    )


def median(numbers: list[float]) -> float:
    return numbers[len(numbers) // 2] if numbers else 0.0


# Killing backups


def kill_backups(base: Base, home: Path, kills: int, rng: random.Random, tally: Tally) -> None:
    folder = home / "backups"
    folder.mkdir()
    path = folder / "sauvegarde.zip"
    started = time.monotonic()
    base.run("backup", str(path))
    lasts, inode, replaced = time.monotonic() - started, path.stat().st_ino, 0
    for _ in range(kills):
        process = base.start("backup", str(path))
        time.sleep(rng.uniform(0, lasts * 1.2))
        tally.kill(base, "backing up", [process.pid])
        process.communicate()
        if path.stat().st_ino != inode:
            inode, replaced = path.stat().st_ino, replaced + 1
        must_be_whole(path, home)
        strangers = [
            draft_path.name
            for draft_path in folder.iterdir()
            if draft_path != path and not draft_path.name.startswith(".")
        ]
        check(not strangers, f"a killed backup left {strangers}")
    print(f"{kills} kills of a backup, which was done before in {replaced} of them; the file was whole each time")


def must_be_whole(path: Path, home: Path) -> None:
    target = home / "unpacked"
    target.unlink(missing_ok=True)
    try:
        with open_backup_archive(path) as archive:
            archive.extract(target, lambda _bytes: None)
            manifest = archive.manifest
        check(
            examine_database(target) == DatabaseContents(manifest.schema, manifest.change, manifest.counts),
            "a backup is not what it says",
        )
    except UnusableBackup as error:
        raise SystemExit(f"Broken: a killed backup left a file that cannot be used: {error}") from error


# Killing restores


def kill_restores(home: Path, kills: int, items: int, rng: random.Random, tally: Tally) -> None:
    """Two databases replace each other in turn under a site with readers, and the command is killed at random
    moments.
    """
    sides = [Side(home, name, number, seed) for name, number, seed in (("a", items, 3), ("b", items // 2 + 1, 4))]
    base = Base(home / "replaced", is_forked=True)
    started = time.monotonic()
    base.run("restore", str(sides[0].path))
    lasts = time.monotonic() - started
    # About 100 MB a second: more than a restore needs, so that some kills come after it.
    swap = 0.05 + sides[0].size / 1e8
    counts: Counter[str] = Counter()
    with Site(base, sides) as site:
        for place in range(kills):
            process = base.start("restore", "--replace", str(sides[(place + 1) % 2].path))
            if rng.random() < 0.5:
                time.sleep(rng.uniform(0, lasts))
            else:
                # The other half is killed around the moment when one database replaces the other.
                while process.poll() is None and not list(base.folder.glob("store.sqlite3.before-restore-*")):
                    time.sleep(0.001)
                time.sleep(rng.uniform(0, swap))
            tally.kill(base, "restoring", [process.pid])
            process.communicate()
            counts[must_be_one_of(base, home, sides).name] += 1
            for former_base in base.folder.glob("store.sqlite3.before-restore-*"):
                check(
                    rows_of(examine_database(former_base)) in [side.rows for side in sides], "a kept base is not whole"
                )
                former_base.unlink()
        site.must_come_round()
    check("agree" in base.call("index", "check"), "the index differs")
    print(f"{kills} kills of a restore: {counts['a']} times one base was there, {counts['b']} times the other")


def must_be_one_of(base: Base, home: Path, sides: list[Side]) -> Side:
    copy = home / "looked-at"
    copy.unlink(missing_ok=True)
    copy_database_file(base.folder / "store.sqlite3", copy)
    contents = examine_database(copy)
    with base.read() as reading:
        titles = {item.id: item.title for item in reading.items.stream(AccessScope(everything=True))}
    for side in sides:
        if side.titles == titles and side.rows == rows_of(contents):
            return side
    raise SystemExit(f"Broken: a killed restore left neither base: {contents}, {len(titles)} items")


if __name__ == "__main__":
    main()
