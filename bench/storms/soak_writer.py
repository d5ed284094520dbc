"""The writer of the library of `bench/storms/soak_library.py`, as a thread or a process."""

import multiprocessing
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from random import Random
from typing import Any

from bench.storms.soak_library import SCHEMA, TOKENS, document
from index import Engine, open_engine

MANY = 60
"""The number of documents that one commit in a hundred changes."""


@dataclass
class Commits:
    """Durations of commits in seconds: elapsed time and processor time."""

    elapsed: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)


class Board:
    """Commits, visible to all processes: their number, and the version of each document.

    `enough`: no further commit is wanted.
    """

    def __init__(self, size: int) -> None:
        self.published: Any = multiprocessing.RawArray("q", size)
        self.done: Any = multiprocessing.RawValue("q", 0)
        self.enough: Any = multiprocessing.RawValue("b", 0)


class Author:
    """Changes documents until it is stopped, and records the expected state."""

    def __init__(self, url: str, board: "Board", seed: int) -> None:
        self.url, self.board, self.seed = url, board, seed
        self.size = len(board.published)
        self.versions = [0] * self.size
        self.holders = list(range(TOKENS))
        self.commits = Commits()
        self.failure = ""
        self._chance = Random(seed)

    def begin(self, engine: Engine) -> None:
        """Write the first version of all documents."""
        with engine.write() as writer:
            for number in range(self.size):
                writer.put(document(number, 0, token=number < TOKENS))
            writer.checkpoint("0")

    def run(self, engine: Engine, commits: int) -> None:
        """Write this many commits, or until `enough`; an exception ends it, and is recorded."""
        try:
            self._run(engine, commits)
        except BaseException:  # noqa: BLE001 - told at the end
            self.failure = traceback.format_exc()

    def _run(self, engine: Engine, commits: int) -> None:
        for number in range(1, commits + 1):
            if self.board.enough.value:
                return
            changed = self._choose()
            started, spent = time.perf_counter(), time.thread_time()
            with engine.write() as writer:
                for one in changed:
                    # As the indexer does: all documents of an item are deleted, and its new ones are added.
                    writer.drop("id", f"k{one:06}")
                    writer.put(document(one, self.versions[one], token=one in self.holders))
                writer.checkpoint(str(number))
            self.commits.elapsed.append(time.perf_counter() - started)
            self.commits.spent.append(time.thread_time() - spent)
            for one in changed:
                self.board.published[one] = self.versions[one]
            self.board.done.value = number
            engine.tidy(0.02)

    def _choose(self) -> list[int]:
        """The documents of the next commit: the token moves from one to another, and sometimes many documents
        change.
        """
        place, heir = self._chance.randrange(TOKENS), self._chance.randrange(self.size)
        changed = {self.holders[place], heir}
        if heir not in self.holders:
            self.holders[place] = heir
        if self._chance.random() < 0.01:
            changed |= set(self._chance.sample(range(self.size), min(MANY, self.size)))
        for number in changed:
            self.versions[number] += 1
        return sorted(changed)


Waiting = Callable[[float], bool]
"""Waits this many seconds for the end; returns whether it has come."""


def in_a_thread(author: Author, engine: Engine, commits: int) -> Waiting:
    """Write with the engine that is also searched."""
    thread = threading.Thread(target=author.run, args=(engine, commits), daemon=True)
    thread.start()

    def ended(seconds: float) -> bool:
        thread.join(seconds)
        return not thread.is_alive()

    return ended


def in_a_process(author: Author, commits: int) -> tuple[Waiting, int]:
    """Write in another process; also returns its process id."""
    context = multiprocessing.get_context("spawn")
    hears, tells = context.Pipe(duplex=False)
    process = context.Process(
        target=_run_alone, args=((author.url, author.seed), author.board, commits, tells), daemon=True
    )
    process.start()
    tells.close()

    def ended(seconds: float) -> bool:
        if not hears.poll(seconds):
            return False
        try:
            author.versions, author.holders, author.commits, author.failure = hears.recv()
        except EOFError:
            author.failure = "The process that writes was ended."
        process.join()
        return True

    return ended, process.pid or 0


def _run_alone(place: tuple[str, int], board: Board, commits: int, connection: Connection) -> None:
    # A terminal signals all of its processes; this one first finishes its commit, and hands over its results.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: setattr(board.enough, "value", True))
    author = Author(place[0], board, place[1])
    author.run(open_engine(author.url, SCHEMA), commits)
    connection.send((author.versions, author.holders, author.commits, author.failure))
