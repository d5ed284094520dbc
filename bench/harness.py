"""Shared by the storm tests and the page benchmarks: a data folder with its commands and server, and kills."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any
from unittest.mock import patch

from bench.corpus import lines
from kb.cli.main_command import run as run_command
from kb.site import open_store
from kb.store import ReadSnapshot
from tests.support.forked_commands import ForkedCommand

ROOT = Path(__file__).resolve().parent.parent
KB = [sys.executable, "-P", "-m", "kb"]


def check(holds: bool, otherwise: str) -> None:
    """End the program with a message if the condition is false."""
    if not holds:
        raise SystemExit(f"Broken: {otherwise}")


def latency_line(name: str, seconds: list[float]) -> str:
    """The percentiles 50, 95 and 99 of some durations, as a line."""
    cuts = quantiles(seconds, n=100)
    p50, p95, p99 = (f"{cuts[place] * 1000:.0f}" for place in (49, 94, 98))
    return f"{name}: p50 {p50} ms, p95 {p95} ms, p99 {p99} ms, longest {max(seconds) * 1000:.0f} ms"


@dataclass
class Base:
    """A data folder, and the command `kb` for it: a new Python, or forked from one that has loaded the program."""

    folder: Path
    is_forked: bool = False
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("KB_")}
        self.environment = {
            **environment,
            "KB_DATA": str(self.folder),
            "KB_LANGUAGE": "en",
            # Nothing but the benchmark writes, and no site is requested for its invented addresses.
            "KB_LINK_CHECK_DAYS": "0",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{environment.get('PYTHONPATH', '')}",
        }

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.folder / 'store.sqlite3'}"

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of `kb`."""
        options: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "env": self.environment,
        }
        return (
            ForkedCommand(list(arguments), **options)
            if self.is_forked
            else subprocess.Popen([*KB, *arguments], **options)
        )

    def run(self, *arguments: str) -> str:
        """The standard output of a command; raises an error if it fails."""
        process = self.start(*arguments)
        answer, errors = process.communicate()
        if process.returncode:
            raise SystemExit(f"kb {' '.join(arguments)}: exit code {process.returncode}\n{answer}{errors}")
        return answer

    def call(self, *arguments: str) -> str:
        """The same in this process, which has loaded the modules already."""
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8") as answer,
            patch.dict(os.environ, self.environment, clear=True),
            redirect_stdout(answer),
        ):
            code = run_command(list(arguments))
            check(not code, f"kb {' '.join(arguments)}: exit code {code}")
            answer.seek(0)
            return answer.read()

    def serve(self, *options: str) -> tuple[subprocess.Popen[str], int]:
        """`kb serve` on a free port, and this port. The caller reads or closes its output."""
        process = self.start("serve", "--port", "0", *options)
        assert process.stdout is not None
        address = re.search(r"http://[\d.]+:(\d+)", process.stdout.readline())
        check(address is not None, "the server did not start")
        return process, int(address[1])  # type: ignore[index]

    @contextmanager
    def read(self) -> Iterator[ReadSnapshot]:
        """One snapshot of the database."""
        store = open_store(self.store_url)
        try:
            with store.read() as snapshot:
                yield snapshot
        finally:
            store.close()

    def held_by(self, pids: Collection[int]) -> list[str]:
        """What these processes hold locks on for writing: the store, the index, both or nothing.

        A lock of the system is held on each for the duration of a transaction or a commit; /proc/locks lists the
        processes.
        """
        locks = {"store": self.folder / "store.sqlite3.lock", "index": self.folder / "index" / "writing.lock"}
        lock_lines = [line.split() for line in Path("/proc/locks").read_text(encoding="ascii").splitlines()]
        inodes = {
            int(words[5].rpartition(":")[2]) for words in lock_lines if words[1] == "FLOCK" and int(words[4]) in pids
        }
        return [name for name, path in locks.items() if path.exists() and path.stat().st_ino in inodes]


def imported_base(folder: Path, name: str, number: int) -> Base:
    """A database of this many items (`bench.corpus`) without rate limits, imported once and kept in the folder."""
    base = Base(folder / f"{name}-{number}")
    base.environment |= {"KB_RATE_WRITE": "0", "KB_RATE_READ": "0"}
    if not base.folder.exists():
        corpus = folder / f"corpus-{number}.jsonl"
        with corpus.open("w", encoding="utf-8") as file:
            file.writelines(lines(number, 1))
        base.run("import", str(corpus))
    return base


@dataclass
class Tally:
    """The number of kills, and what each process was doing."""

    kills: Counter[str] = field(default_factory=Counter)
    on_open: Counter[str] = field(default_factory=Counter)
    on_what: Counter[str] = field(default_factory=Counter)

    def kill(self, base: Base, role: str, processes: Iterable[int]) -> None:
        """Kill processes in their present state: they are stopped first, so that their locks do not change."""
        victims = [pid for pid in processes if _signal(pid, signal.SIGSTOP)]
        if not victims:
            return
        _wait_until_stopped(victims)
        locks = base.held_by(victims)
        for pid in victims:
            _signal(pid, signal.SIGKILL)
        self.kills[role] += 1
        self.on_open[role] += bool(locks)
        self.on_what.update(locks)

    def report(self) -> str:
        total, hits = self.kills.total(), self.on_open.total()
        lines = [
            f"{role}: {self.kills[role]} kills, {self.on_open[role]} on an open transaction or commit"
            for role in self.kills
        ]
        share = f"{hits / total:.0%}" if total else "none"
        locks = ", ".join(f"{name} {number}" for name, number in sorted(self.on_what.items()))
        return "\n".join([*lines, f"all: {total} kills, {hits} ({share}) on an open transaction or commit ({locks})"])


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def _wait_until_stopped(pids: list[int]) -> None:
    for pid in pids:
        while (state := _state(pid)) not in {"T", "Z", "X", ""}:
            if state == "t":
                break
            os.sched_yield()


def _state(pid: int) -> str:
    """The letter of a process's state; empty if the process is gone."""
    try:
        return re.sub(r"^.*\) ", "", Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace"))[:1]
    except OSError:
        return ""


def children_of(pid: int) -> dict[int, str]:
    """The children of `kb serve` or of `kb import`, each with its role; `fork` is the process that forks workers."""
    roles, parents = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name, _, values = (process / "stat").read_text(errors="replace").partition("(")[2].rpartition(") ")
        except OSError:
            continue
        if name.startswith("kb "):
            parents[int(process.name)] = int(values.split()[1])
            roles[int(process.name)] = name.removeprefix("kb ")
    forking = {parent for parent in parents.values() if parents.get(parent) == pid}
    return {
        child: "fork" if child in forking else roles[child]
        for child, parent in parents.items()
        if parent == pid or parent in forking
    }


class Lines:
    """The lines that a process writes, in order."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.lines: list[str] = []
        self._thread = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._thread.start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.lines.append(line.rstrip("\n"))

    def all(self) -> list[str]:
        """All lines, once the process has ended."""
        self._thread.join()
        return self.lines
