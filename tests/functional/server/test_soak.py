"""A minute of concurrent searches and writes; `bench/storms/soak.py` makes as many commits as in an hour."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-W", "error", "-W", "ignore::SyntaxWarning", "bench/storms/soak.py")
SHORT = "--commits 100 --documents 500 --compared 40 --growth 48".split()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("writer", ["thread", "process"])
def test_eight_threads_find_only_what_is_true_while_another_writes(writer: str) -> None:
    soak = subprocess.run(
        [*COMMAND, "--writer", writer, *SHORT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    sys.stdout.write(soak.stdout)
    assert soak.returncode == 0, soak.stdout + soak.stderr
    searches = re.search(r"^100 commits, ([\d,]+) searches", soak.stdout, re.MULTILINE)
    assert searches is not None
    assert int(searches[1].replace(",", "")) > 100
    assert soak.stdout.endswith("0 errors and wrong answers; memory flat.\n")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("writer", ["thread", "process"])
def test_a_soak_test_that_ends_early_checks_its_commits(writer: str) -> None:
    many = "--commits 600 --documents 200 --compared 20 --growth 48".split()
    with subprocess.Popen([*COMMAND, "--writer", writer, *many], cwd=ROOT, stdout=subprocess.PIPE, text=True) as soak:
        assert soak.stdout is not None
        for line in soak.stdout:
            if line.startswith("   5 %"):
                break
        soak.send_signal(signal.SIGINT)
        output = soak.stdout.read()

    assert re.search(r"^\d+ commits \(ended early, of 600\), [\d,]+ searches", output, re.MULTILINE), output
    assert output.endswith("0 errors and wrong answers; memory flat.\n")
    assert soak.returncode == 2
