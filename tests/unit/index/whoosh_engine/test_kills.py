"""`kill -9` while another process writes: all acknowledged writes are complete, and there is nothing else.

ENGINE_KILLS in the environment sets the number of kills.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from index.document import Document
from index.engine import Writer
from index.query import Everything, Term
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.engine_limits import Limits
from tests.factories.index import SCHEMA, ask, scores
from tests.reference_engine import ReferenceEngine

NARROW = Limits(pool_documents=30, segments=1, merged=40, stretch=50)
KILLS = int(os.environ.get("ENGINE_KILLS", "8"))
ROOT = Path(__file__).parents[4]
PROGRAM = "import sys; from tests.unit.index.whoosh_engine.test_kills import write_on; write_on(sys.argv[1])"


def change(writer: Writer, number: int) -> None:
    """The changes of one block, the same for the same number."""
    rng = random.Random(number)
    for _ in range(40):
        title = " ".join(rng.choices("marée énergie vent courant houle sel".split(), k=5))
        writer.put(Document(f"d{rng.randrange(300)}", {"title": (title,), "views": (number,)}, "fr"))
        if rng.random() < 0.1:
            writer.drop("id", f"d{rng.randrange(300)}")
    writer.checkpoint(str(number))


def write_on(folder: str) -> None:
    """Write block after block, and print when each is started and committed; every tenth is a rebuild.

    Between blocks, large segments are merged in slices: a kill also interrupts merges.
    """
    engine = WhooshEngine(Path(folder), SCHEMA, limits=NARROW)
    number = int(engine.checkpoint() or 0)
    while True:
        number += 1
        say(f"begun {number}")
        if number % 10:
            with engine.write() as writer:
                change(writer, number)
        else:
            with engine.rebuild() as writer:
                for earlier in range(max(number - 4, 1), number + 1):
                    change(writer, earlier)
        say(f"done {number}")
        engine.tidy(0.01)


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def expected(number: int) -> ReferenceEngine:
    """The index after `number` blocks."""
    engine = ReferenceEngine(SCHEMA)
    last_rebuild = number - number % 10
    first = max(last_rebuild - 4, 1)
    for block in range(first, number + 1):
        with engine.write() as writer:
            change(writer, block)
    return engine


@pytest.mark.storm
def test_kills_lose_nothing_and_leave_nothing_half_written(tmp_path: Path) -> None:
    WhooshEngine(tmp_path, SCHEMA, limits=NARROW)
    rng, kills, inside, acknowledged, unfinished = random.Random(5), 0, 0, 0, 0
    # The moment of a kill is random: repeat until enough of the kills fell into a write.
    while kills < KILLS or inside * 3 < KILLS or not unfinished:
        assert kills < 10 * KILLS, f"of {kills} kills {inside} fell into an open block, {unfinished} into a merge"
        kills += 1
        with subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        ) as writing:
            assert writing.stdout is not None
            lines = [writing.stdout.readline().strip(), writing.stdout.readline().strip()]
            time.sleep(rng.uniform(0, 0.3))
            writing.kill()
            lines += writing.stdout.read().splitlines()
        acknowledged = max(int(line.split()[1]) for line in lines if line.startswith("done"))
        inside += lines[-1].startswith("begun")
        engine = WhooshEngine(tmp_path, SCHEMA, limits=NARROW)
        reached = int(engine.checkpoint() or 0)
        assert acknowledged <= reached <= acknowledged + 1
        assert engine.damaged_files() == ()
        plain = expected(reached)
        assert sorted(engine.entries()) == sorted(plain.entries())
        assert ask(engine, Everything()).total == ask(plain, Everything()).total
        assert scores(engine, Term("title", "vent")) == pytest.approx(scores(plain, Term("title", "vent")), abs=1e-9)
        unfinished += len(list(tmp_path.rglob("merging-*")))
        engine.close()
    sys.stdout.write(
        f"{inside} of {kills} kills fell into an open block; {acknowledged} blocks were acknowledged, "
        f"{unfinished} merges left unfinished\n"
    )
    with WhooshEngine(tmp_path, SCHEMA, limits=NARROW).write() as writer:
        writer.checkpoint("swept")
    assert not list(tmp_path.rglob("merging-*"))
