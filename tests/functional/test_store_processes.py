"""What the store promises when several processes write, when one is killed, and when the disk is full."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from kb.access.actor import Scope
from kb.store import Reading, migrate, open_store
from tests.factories import a_base

ROOT = Path(__file__).parents[2]
EVERYTHING = Scope(everything=True)
KILLS = int(os.environ.get("STORE_KILLS", "20"))

WRITERS = """
import json, sys, threading, time
from kb.store import open_store
from tests.factories import an_annotation, an_item

url, name, threads, writes = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = open_store(url)
seconds, numbers = [], []

def work(thread):
    for write in range(writes):
        start = time.perf_counter()
        with store.write() as writing:
            before = writing.changes.newest()
            item = f"{name}-{thread}-{write}"
            note = an_annotation(id=f"{item}-a")
            writing.items.add([an_item(id=item, order=writing.items.next_order(), annotations=[note])])
            assert writing.changes.newest() == before + 1
        seconds.append(time.perf_counter() - start)
        numbers.append(before + 1)

all_threads = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
for thread in all_threads: thread.start()
for thread in all_threads: thread.join()
store.close()
print(json.dumps({"seconds": seconds, "numbers": numbers}))
"""

# Batch n has n % 40 + 1 items. "open n" is printed before a transaction, "kept n" when it is acknowledged.
ENDLESS = """
import os, sys
from kb.store import open_store
from tests.factories import an_annotation, an_item

store = open_store(sys.argv[1])
with store.read() as reading:
    batch = int(reading.meta.get("last") or 0)
while True:
    batch += 1
    os.write(1, b"open %d\\n" % batch)
    with store.write() as writing:
        order = writing.items.next_order()
        size = batch % 40 + 1
        writing.meta.set("last", str(batch))
        for place in range(size):
            name = f"{batch}-{place}"
            notes = [an_annotation(id=f"{name}-{note}") for note in range(2)]
            writing.items.add([an_item(id=name, order=order + place, tags=("a", "b"), annotations=notes)])
    os.write(1, b"kept %d\\n" % batch)
"""

FULL_DISK = """
import resource, sys
from kb.access.actor import Scope
from kb.errors import Unavailable
from kb.store import open_store
from tests.factories import an_item

EVERYTHING = Scope(everything=True)
store = open_store(sys.argv[1])
_, most = resource.getrlimit(resource.RLIMIT_FSIZE)
# No file may grow beyond 3 MB: the system refuses to write, as a full disk does.
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, most))
kept, refusals = [], 0
while refusals < 3:
    item = an_item(order=len(kept) + 1, description="mot " * 5_000)
    try:
        with store.write() as writing:
            writing.items.add([item])
        kept.append(item)
    except Unavailable as refusal:
        assert "nothing was written" in str(refusal), refusal
        refusals += 1
    with store.read() as reading:
        assert reading.items.count(EVERYTHING) == len(kept)
# Whoever passes over the refusal inside a transaction is told at its end.
try:
    with store.write() as writing:
        try:
            writing.items.add([an_item(order=len(kept) + 1, description="mot " * 20_000_000)])
        except Unavailable:
            pass
        else:
            raise AssertionError("eighty megabytes went into three")
except Unavailable:
    pass
with store.read() as reading:
    assert list(reading.items.stream(EVERYTHING)) == kept
    assert [change.item_id for change in reading.changes.since(0, 10**6)] == [item.id for item in kept]
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
with store.write() as writing:
    writing.items.add([an_item(order=len(kept) + 1)])
with store.read() as reading:
    assert reading.items.count(EVERYTHING) == len(kept) + 1
store.close()
print(len(kept))
"""

FORKS = """
import os, sys, threading, warnings
from kb.access.actor import Scope
from kb.store import open_store
from tests.factories import an_item

warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is what is tried here
store = open_store(sys.argv[1])
with store.read() as reading:
    reading.changes.newest()

def child_writes(name):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with store.write() as writing:
                writing.items.add([an_item(id=name, order=writing.items.next_order())])
            code = 0
        finally:
            os._exit(code)
    return child

assert os.waitpid(child_writes("enfant"), 0)[1] == 0
forked, done = threading.Event(), []

def fork_beside():
    child = child_writes("pendant")
    forked.set()
    done.append(os.waitpid(child, 0)[1])

thread = threading.Thread(target=fork_beside)
with store.write() as writing:
    thread.start()
    # The child is made once this transaction has ended.
    assert not forked.wait(0.3)
    writing.items.add([an_item(id="parent", order=writing.items.next_order())])
    assert not done
thread.join()
assert done == [0] and forked.is_set()
with store.read() as reading:
    assert list(reading.items.ids()) == ["enfant", "parent", "pendant"]
store.close()
"""

ORPHAN = """
import os, sys, time
from kb.store import open_store

store = open_store(sys.argv[1])
with store.write():
    if os.fork() == 0:
        # The child may not use the base, says so, and outlives its parent.
        try:
            with store.read():
                os.write(1, b"reads\\n")
        except RuntimeError as refusal:
            os.write(1, b"refused: forked inside a transaction\\n" if "forked" in str(refusal) else b"odd\\n")
        os.close(1)
        os.close(2)
        time.sleep(20)
        os._exit(0)
    time.sleep(60)
"""


def python(script: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def told(figures: str) -> None:
    """Figures for whoever runs the tests with -s or reads a failure."""
    sys.stdout.write(f"{figures}\n")


def output_of(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def test_two_processes_of_four_threads_write_without_starving(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    store = a_base(url=url)
    writers = [python(WRITERS, url, name, 4, 60) for name in ("un", "deux")]

    # A follower, as the indexer is one: what it has passed over never comes after.
    followed: list[str] = []
    last, deadline = 0, time.monotonic() + 60
    while len(followed) < 480 and time.monotonic() < deadline:
        with store.read() as reading:
            changes = reading.changes.since(last, 7)
        followed += [change.item_id for change in changes]
        last = changes[-1].number if changes else last
    results = [json.loads(output_of(writer)) for writer in writers]

    assert Counter(followed) == Counter(f"{n}-{t}-{w}" for n in ("un", "deux") for t in range(4) for w in range(60))
    numbers = [number for result in results for number in result["numbers"]]
    assert sorted(numbers) == list(range(1, 481))
    seconds = sorted(second for result in results for second in result["seconds"])
    p99 = seconds[len(seconds) * 99 // 100]
    told(f"480 writes: p50 {seconds[240] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, longest {seconds[-1] * 1000:.0f} ms")
    assert p99 < 1.0
    store.close()


def check_whole(reading: Reading, acknowledged: int) -> int:
    """The last batch kept; everything up to it is there, whole, and nothing of the next one."""
    last = int(reading.meta.get("last") or 0)
    assert last >= acknowledged
    expected = {f"{batch}-{place}" for batch in range(1, last + 1) for place in range(batch % 40 + 1)}
    items = list(reading.items.stream(EVERYTHING))
    assert {item.id for item in items} == expected
    assert len(items) == len(expected)
    assert {(len(item.annotations), item.tags) for item in items} <= {(2, ("a", "b"))}
    assert {change.item_id for change in reading.changes.since(0, 10**9)} == expected
    return last


@pytest.mark.storm
@pytest.mark.timeout(900)
def test_what_was_acknowledged_outlives_a_kill_and_nothing_is_half_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    a_base(url=url).close()
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    inside, last = 0, 0
    for _ in range(KILLS):
        writer = python(ENDLESS, url)
        assert writer.stdout is not None
        lines = [writer.stdout.readline()]
        time.sleep(moments.uniform(0, 0.25))
        writer.send_signal(signal.SIGKILL)
        lines += writer.communicate(timeout=60)[0].splitlines()
        words = [line.split() for line in lines if line.strip()]
        inside += words[-1][0] == "open"
        acknowledged = max((int(number) for word, number in words if word == "kept"), default=last)
        store = open_store(url)
        with store.read() as reading:
            last = check_whole(reading, acknowledged)
        store.close()
    told(f"{KILLS} kills (seed {seed}): {inside} in an open transaction or commit, {last} batches kept")
    assert last > 0
    assert inside >= KILLS / 3


def test_a_full_disk_refuses_with_a_sentence_and_keeps_what_it_had(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    a_base(url=url).close()
    assert int(output_of(python(FULL_DISK, url))) > 20


def test_a_child_process_goes_on_with_the_store_of_its_parent(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    a_base(url=url).close()
    output_of(python(FORKS, url))


def test_a_writer_that_dies_frees_the_lock_though_a_child_of_it_lives(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    store = a_base(url=url)
    writer = python(ORPHAN, url)
    assert writer.stdout is not None
    assert writer.stdout.readline() == "refused: forked inside a transaction\n"
    writer.kill()
    writer.wait(timeout=30)
    writer.stdout.close()
    assert writer.stderr is not None
    writer.stderr.close()
    start = time.monotonic()
    with store.write() as writing:
        writing.meta.set("clé", "valeur")
    assert time.monotonic() - start < 10
    store.close()


def test_programs_that_start_together_migrate_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'store.sqlite'}"
    script = "import sys; from kb.store import migrate; migrate(sys.argv[1])"
    for process in [python(script, url) for _ in range(4)]:
        output_of(process)
    migrate(url)
    store = open_store(url)
    with store.read() as reading:
        assert reading.meta.get("authority")
        assert reading.items.count(EVERYTHING) == 0
    store.close()
