"""Whole pages through HTTP: one reader, then eight of them while another process writes."""

import json
import multiprocessing
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlencode

from kb.access.actor import OPERATOR
from kb.exchange.formats import reading
from kb.library.transfer import import_items

from .base import opened, served, worker_seconds
from .figures import Spread, spread
from .product import request_of
from .questions import Question

READERS, SECONDS, CHANGES = 8, 15, 5
"""Readers at once, for so long, while so many changes a second come in."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Milliseconds of one reader when words are met for the first time (`first`) and again (`second`), and of the
    eight; CPU ms of the worker for one page; pages and changes a second; seconds until the last change was found.
    """

    first: Spread
    second: Spread
    cpu: float
    crowd: Spread
    pages_a_second: float
    changes_a_second: float
    late: float
    size: float


class Reader:
    """One connection that is kept, and no more work than to read what comes."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def get(self, path: str) -> bytes:
        """The body of a page. Raises SystemExit when it is not answered 200."""
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Language: fr\r\n\r\n".encode())
        status = self._file.readline()
        headers = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        if b"content-length" in headers:
            body = self._file.read(int(headers[b"content-length"]))
        else:
            body = b"".join(self._chunks())
        if b" 200 " not in status:
            raise SystemExit(f"{path} was answered {status!r}")
        return body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._file.readline().split(b";")[0], 16):
            yield self._file.read(size)
            self._file.readline()
        self._file.readline()

    def close(self) -> None:
        self._file.close()
        self._socket.close()


def visit(folder: Path, source: Path, questions: list[Question], many: list[Question]) -> Pages:
    """Pages of the site over a base. `many`: questions for the eight, none of them asked before."""
    addresses = [_address(question) for question in questions if question.kind != "all"]
    spawn = multiprocessing.get_context("spawn")
    with served(folder) as (port, pid), spawn.Pool(2) as pool:
        reader = Reader(port)
        reader.get("/search")
        first, _ = _read(reader, addresses)
        before = worker_seconds(pid)
        second, sizes = _read(reader, addresses)
        cpu = (worker_seconds(pid) - before) * 1000 / len(addresses)
        crowd = [_address(question) for question in many if question.kind != "all"]
        writing = pool.apply_async(_write, (folder, source))
        times, rate = pool.apply(_crowd, (port, crowd))
        reader.close()
        changes, word = writing.get()
        late = _until_found(Reader(port), word)
    return Pages(spread(first), spread(second), cpu, spread(times), rate, changes, late, sum(sizes) / len(sizes))


def _address(question: Question) -> str:
    return f"/search?{urlencode(request_of(question).to_params())}"


def _read(reader: Reader, addresses: list[str]) -> tuple[list[float], list[int]]:
    times, sizes = [], []
    for address in addresses:
        started = time.perf_counter()
        sizes.append(len(reader.get(address)))
        times.append((time.perf_counter() - started) * 1000)
    return times, sizes


def _crowd(port: int, addresses: list[str]) -> tuple[list[float], float]:
    """Milliseconds of each page, and pages a second, of READERS until all is read or SECONDS are over."""
    waiting: SimpleQueue[str] = SimpleQueue()
    for address in addresses:
        waiting.put(address)
    started = time.perf_counter()

    def read(_: int) -> list[float]:
        reader, times = Reader(port), []
        try:
            while time.perf_counter() - started < SECONDS:
                times += _read(reader, [waiting.get_nowait()])[0]
        except Empty:
            pass
        finally:
            reader.close()
        return times

    with ThreadPoolExecutor(READERS) as readers:
        times = [time for some in readers.map(read, range(READERS)) for time in some]
    return times, len(times) / (time.perf_counter() - started)


def _write(folder: Path, source: Path) -> tuple[float, str]:
    """Write CHANGES items a second, every other one new the first time; how many a second, and the last one's word."""
    with source.open(encoding="utf-8") as file:
        items: list[dict[str, Any]] = [json.loads(line) for line in islice(file, SECONDS * CHANGES)]
    run = f"{time.time_ns():x}"
    word = ""
    with opened(folder) as library:
        started = time.perf_counter()
        for place, item in enumerate(items):
            time.sleep(max(0.0, started + place / CHANGES - time.perf_counter()))
            word = f"zxpage{run}n{place}q"
            known = (
                {} if place % 2 else {"id": f"neuf-{place}", "url": f"https://neuf.example/{place}", "annotations": []}
            )
            line = json.dumps({**item, **known, "description": f"Une description {word}."})
            report = import_items(library, OPERATOR, reading(BytesIO(line.encode()), "jsonl"))
            if report.added + report.updated != 1:
                raise SystemExit(f"A change was not taken: {report}")
        return len(items) / (time.perf_counter() - started), word


def _until_found(reader: Reader, word: str) -> float:
    started = time.perf_counter()
    while b"/items/" not in reader.get(f"/search?q={word}"):
        if time.perf_counter() - started > 60:
            raise SystemExit("The last change is not found.")
        time.sleep(0.05)
    return time.perf_counter() - started
