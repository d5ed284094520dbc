"""Short random kills; `bench/storms/crash_storm.py` runs longer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.storm
@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_when_processes_are_killed():
    storm = subprocess.run(
        [sys.executable, "bench/storms/crash_storm.py", "--rounds", "12", "--items", "300"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    sys.stdout.write(storm.stdout)
    assert storm.returncode == 0, storm.stdout + storm.stderr
    assert re.search(r"all: 1[0-2] kills, \d+ \(\d+%\) on an open transaction or commit", storm.stdout)
    assert storm.stdout.count("The index and the database agree.") == 3
    assert storm.stdout.endswith("Nothing acknowledged was lost, nothing is there twice.\n")
