"""A short fuzz test of the search box; `bench/fuzz/fuzz.py` runs longer and measures."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.storms.storm_size import TIMES

ROOT = Path(__file__).resolve().parents[3]
TEXTS = 200 * TIMES


@pytest.mark.timeout(600 * TIMES)
def test_every_query_gets_an_answer(tmp_path):
    fuzz = subprocess.run(
        [sys.executable, "bench/fuzz/fuzz.py", "--items=120", f"--texts={TEXTS}", "--most=0", "--folder", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert fuzz.returncode == 0, fuzz.stdout + fuzz.stderr
    assert re.search(rf"^{TEXTS} texts were answered", fuzz.stdout, re.MULTILINE)
