"""schemathesis, with all its checks and phases, finds nothing to say against `/api/v1` of a real server.

It takes about half a minute; `FUZZ_EXAMPLES=1000 python -m pytest tests/functional/test_api_fuzz.py` looks longer.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parent.parent / "corpus"
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "30")
ADVICE = "nothing it says is worked around: the description or the interface is wrong"


@pytest.fixture
def address(kb):
    for file in (CORPUS / "sample.jsonl", *sorted((CORPUS / "saved_pages").iterdir())):
        assert kb("import", file).code == 0
    assert kb("saved", "add", "--group", "donnees-et-territoires", "Agents", "q=agents&tag=eau").code == 0
    server = kb.start("serve", "--port", "0")
    yield re.search(r"http://\S+", server.stdout.readline())[0]
    server.terminate()
    server.communicate(timeout=20)


def _asked(address, tmp_path, *options):
    """What schemathesis says, which finds no fault."""
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{address}/api/v1/openapi.json", "--max-examples", EXAMPLES,
         "--continue-on-failure", "--no-color", "--suppress-health-check", "too_slow", *options],
        cwd=tmp_path, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{ADVICE}\n{done.stdout[-8000:]}{done.stderr[-2000:]}"
    cases = re.search(r"Test cases:\s+(\d+) generated, \1 passed", done.stdout)
    assert cases, done.stdout[-3000:]
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert f"✅  {phase} (in" in done.stdout
    return int(cases[1])


@pytest.mark.timeout(300 + 4 * int(EXAMPLES))
def test_schemathesis_finds_no_fault_and_no_broken_promise(address, tmp_path):
    assert _asked(address, tmp_path) > 500


@pytest.mark.timeout(300 + 4 * int(EXAMPLES))
def test_it_finds_none_either_as_somebody_who_may_write(kb, address, tmp_path):
    assert kb("user", "add", "claire", "--password-stdin", stdin="une phrase assez longue\n").code == 0
    assert kb("group", "add", "lectures").code == 0
    assert kb("group", "member", "lectures", "claire", "--role", "member").code == 0
    token = kb("token", "add", "claire", "--scope", "write").out.strip()
    # No schema says all that the query of a search may be: a text that is none is refused.
    options = ("--include-path-regex", "saved-searches", "--exclude-checks", "positive_data_acceptance")
    asked = _asked(address, tmp_path, *options, "--header", f"Authorization: Bearer {token}")
    assert asked > 200
