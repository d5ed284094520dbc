"""After any kill of the indexer, the index catches up with the database: after three kills in the gate, sixty in
`scripts/test-thorough`.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kb.indexer import catch_up, check_index, index_state
from kb.settings import default_settings_in
from kb.site import migrate, open_library
from tests.factories.items import a_group, an_annotation, an_item
from tests.factories.library import add_items
from tests.functional.storms.storm_size import TIMES
from tests.support.forked_commands import ForkedCommand

KILLS = 3 if TIMES == 1 else 6 * TIMES
CHILD = "import runpy; runpy.run_module('tests.functional.index.indexer_child', run_name='__main__')"


@pytest.mark.storm
@pytest.mark.timeout(60 + 10 * KILLS)
def test_a_killed_indexer_loses_nothing_and_leaves_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = default_settings_in(tmp_path)
    migrate(settings.store_url)
    library = open_library(settings)
    add_items(
        library,
        *(an_item(id=f"i{place}", order=place, annotations=[an_annotation(id=f"a{place}")]) for place in range(1, 301)),
        groups=(a_group(),),
    )
    library.close()
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    kills = inside = 0
    # The moment of a kill is random: repeat until enough of the kills fell into an index write.
    while kills < KILLS or inside < KILLS / 3:
        assert kills < 10 * KILLS, f"seed {seed}: {inside} of {kills} kills fell where the index was being written"
        inside += _killed_inside(tmp_path, rng)
        kills += 1
    with capsys.disabled():
        sys.stdout.write(f"\n{kills} kills (seed {seed}), {inside} while the index was being written\n")


def _killed_inside(folder: Path, rng: random.Random) -> bool:
    """Let a child work for a while and kill it; returns whether it was writing the index. The index must then catch
    up.
    """
    with ForkedCommand(
        [str(folder), str(rng.random())[2:]], program=CHILD, stdout=subprocess.PIPE, text=True, env=os.environ
    ) as child:
        assert child.stdout is not None
        # Wait for this line: the duration of the first commit depends on the disk, not on the index.
        while child.stdout.readline() != "begin\n":
            assert child.poll() is None
        time.sleep(rng.uniform(0.0, 0.6))
        child.kill()
        output = ["begin", *child.stdout.read().split()]
    _require_convergence(folder)
    return output[-1] == "begin"


def _require_convergence(folder: Path) -> None:
    library = open_library(default_settings_in(folder))
    try:
        before = library.catalogue.checkpoint().number
        assert before <= index_state(library).newest
        catch_up(library)
        report = check_index(library)
        assert report.is_clean, report
        assert report.counts["documents"] == 2 * report.counts["items"]
        assert index_state(library).is_current
    finally:
        library.close()
