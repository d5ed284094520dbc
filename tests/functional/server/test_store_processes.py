"""The store when several processes write, when one is killed, and when the disk is full."""

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

from kb.access.actor import AccessScope
from kb.site import migrate, open_store
from kb.store import ReadSnapshot
from tests.factories.items import a_base
from tests.functional.storms.storm_size import TIMES
from tests.support.forked_commands import ForkedCommand
from tests.support.store_programs import ENDLESS, FORKS, FULL_DISK, ORPHAN, WRITERS

ROOT = Path(__file__).parents[3]
EVERYTHING = AccessScope(everything=True)
KILLS = 10 * TIMES


# Batch n has n % 40 + 1 items. "open n" is printed before a transaction, "kept n" when it is acknowledged.


def python(script: str, *arguments: object) -> "subprocess.Popen[str]":
    return ForkedCommand(
        [*map(str, arguments)],
        program=script,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def write_figures(figures: str) -> None:
    """Print figures for a run with -s or for a failure report."""
    sys.stdout.write(f"{figures}\n")


def output_of(process: "subprocess.Popen[str]") -> str:
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    return out


def test_two_processes_of_four_threads_write_without_starving(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    store = a_base(url=url)
    writers = [python(WRITERS, url, name, 4, 60) for name in ("un", "deux")]

    # A follower, like the indexer: no change appears below a number that it has passed.
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
    write_figures(
        f"480 writes: p50 {seconds[240] * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, longest {seconds[-1] * 1000:.0f} ms"
    )
    # The unit is the turns of other writers, not seconds, because a disk may be slow. Eight writers compete.
    waited = sorted(turns for result in results for turns in result["waited"])
    write_figures(f"turns of others meanwhile: p50 {waited[240]}, p99 {waited[480 * 99 // 100]}, most {waited[-1]}")
    assert waited[480 * 99 // 100] < 60
    store.close()


def check_whole(reading: ReadSnapshot, acknowledged: int) -> int:
    """Check that all batches up to the last one are complete, and nothing of the next one; returns the last batch."""
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
def test_acknowledged_writes_remain_after_a_kill_and_none_is_partial(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    a_base(url=url).close()
    seed = random.randrange(10**6)
    moments = random.Random(seed)
    kills, inside, last = 0, 0, 0
    # The moment of a kill is random: repeat until enough of the kills fell into a transaction.
    while kills < KILLS or inside < KILLS / 3:
        assert kills < 10 * KILLS, f"seed {seed}: {inside} of {kills} kills fell into a transaction"
        kills += 1
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
    write_figures(f"{kills} kills (seed {seed}): {inside} in an open transaction or commit, {last} batches kept")
    assert last > 0


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
    script = "import sys; from kb.site import migrate; migrate(sys.argv[1])"
    for process in [python(script, url) for _ in range(4)]:
        output_of(process)
    migrate(url)
    store = open_store(url)
    with store.read() as reading:
        assert reading.meta.get("authority")
        assert reading.items.count(EVERYTHING) == 0
    store.close()
