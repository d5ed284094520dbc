"""Short random kills; `bench/storms/crash_storm.py` runs longer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.storms.storm_size import TIMES

ROOT = Path(__file__).resolve().parents[3]
ROUNDS = 6 * TIMES


@pytest.mark.storm
@pytest.mark.timeout(600 * TIMES)
def test_nothing_acknowledged_is_lost_when_processes_are_killed():
    storm = subprocess.run(
        [sys.executable, "bench/storms/crash_storm.py", "--rounds", str(ROUNDS), "--items", "300"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    sys.stdout.write(storm.stdout)
    assert storm.returncode == 0, storm.stdout + storm.stderr
    # An import may end before it is killed.
    kills = re.search(r"all: (\d+) kills, \d+ \(\d+%\) on an open transaction or commit", storm.stdout)
    assert kills is not None
    assert ROUNDS - 2 * TIMES <= int(kills[1]) <= ROUNDS
    assert storm.stdout.count("The index and the database agree.") == 3
    assert storm.stdout.endswith("Nothing acknowledged was lost, nothing is there twice.\n")
