"""Short random kills of the task; `bench/storms/embedding_storm.py` runs longer."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.storms.storm_size import TIMES

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.storm
@pytest.mark.timeout(600 * TIMES)
def test_every_text_gets_its_vector_once_when_processes_are_killed() -> None:
    storm = subprocess.run(
        [sys.executable, "-m", "bench.storms.embedding_storm", "--rounds", str(2 * TIMES), "--items", "200"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    sys.stdout.write(storm.stdout)
    assert storm.returncode == 0, storm.stdout + storm.stderr
    assert "The index and the database agree." in storm.stdout
    assert storm.stdout.endswith("Every text has its vector, no other one is there.\n")
