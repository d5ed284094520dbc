"""Short random kills of backups and restores; `bench/storms/backup_storm.py` runs longer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.storms.storm_size import TIMES

ROOT = Path(__file__).resolve().parents[3]
KILLS = 2 * TIMES


@pytest.mark.storm
@pytest.mark.timeout(600 * TIMES)
def test_a_backup_has_all_acknowledged_writes_and_a_killed_restore_leaves_one_database_intact():
    storm = subprocess.run(
        [sys.executable, "bench/storms/backup_storm.py", "--items", "200", "--backups", "1", "--kills", str(KILLS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    sys.stdout.write(storm.stdout)
    assert storm.returncode == 0, storm.stdout + storm.stderr
    assert re.search(r"\d+ acknowledged before, \d+ during", storm.stdout)
    assert re.search(r"the site answered item 200 \d+", storm.stdout)
    assert storm.stdout.endswith(
        "Every backup holds what was acknowledged before it; every killed restore left one base, whole.\n"
    )
