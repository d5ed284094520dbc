"""A helper process indexes a large import while it runs; it changes only the duration."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kb.cli.server.process_supervisor import HelperProcess
from kb.indexer import index_state
from kb.site import open_library

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def helpers(monkeypatch):
    """The helpers that were started. In these tests, an import starts one from its first item on."""
    started = []
    start = HelperProcess.start

    def noted(helper):
        start(helper)
        if helper not in started:
            started.append(helper)

    monkeypatch.setattr(HelperProcess, "start", noted)
    monkeypatch.setattr("kb.cli.import_pipeline.HELPER_MIN_ITEMS", 1)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    yield started
    # None is left running, whatever happened.
    assert all(helper.process.returncode is not None for helper in started)


def a_file(folder, number, start=0):
    path = folder / f"{start}.jsonl"
    lines = (
        {"id": f"i{place}", "title": f"Signet n° {place}", "group": "veille"} for place in range(start, start + number)
    )
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return path


def total(kb):
    return kb("search", "", "--json").json["total"]


def require_agreement(kb):
    library = open_library(kb.settings)
    try:
        assert index_state(library).is_current
    finally:
        library.close()
    assert kb("index", "check").code == 0


def test_items_that_a_helper_process_indexes_are_found_when_the_import_ends(kb, tmp_path, helpers):
    report = kb("import", "--json", a_file(tmp_path, 1200)).json

    assert (report["read"], report["added"]) == (1200, 1200)
    assert total(kb) == 1200
    assert [helper.process.returncode for helper in helpers] == [0]
    require_agreement(kb)


SLOW = """
import sys, time
from pathlib import Path
from kb.indexer.leader_lock import hold_leader_lock
with hold_leader_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(2)
"""


def test_a_helper_that_is_slow_is_waited_for(kb, tmp_path, helpers, monkeypatch):
    def slow(helper):
        helper.process = subprocess.Popen(
            [sys.executable, "-c", SLOW, str(kb.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
        )
        with helper.process.stdout as output:
            output.readline()

    monkeypatch.setattr(HelperProcess, "start", slow)
    monkeypatch.setattr("kb.indexer.index_wait.PATIENCE", 0.0)

    assert kb("import", a_file(tmp_path, 400)).code == 0
    assert total(kb) == 400


def test_several_files_have_one_helper(kb, tmp_path, helpers):
    assert kb("import", a_file(tmp_path, 600), a_file(tmp_path, 600, start=600)).code == 0

    assert total(kb) == 1200
    assert len(helpers) == 1


def test_a_helper_that_is_killed_is_not_missed(kb, tmp_path, helpers, monkeypatch):
    start = HelperProcess.start

    def killed(helper):
        start(helper)
        helper.process.kill()

    monkeypatch.setattr(HelperProcess, "start", killed)

    assert kb("import", a_file(tmp_path, 1200)).code == 0
    assert total(kb) == 1200
    assert [helper.process.returncode for helper in helpers] == [-signal.SIGKILL]
    require_agreement(kb)


def test_an_import_that_is_interrupted_ends_its_helper(kb, tmp_path, helpers, monkeypatch):
    start = HelperProcess.start

    def interrupted(helper):
        start(helper)
        raise KeyboardInterrupt

    monkeypatch.setattr(HelperProcess, "start", interrupted)

    assert kb("import", a_file(tmp_path, 1200)).code == 1
    assert [helper.process.returncode for helper in helpers] == [-signal.SIGKILL]
    # Acknowledged records are stored, and the next command indexes them.
    monkeypatch.setattr(HelperProcess, "start", start)
    assert kb("import", "--json", a_file(tmp_path, 1200)).json["unchanged"] == 500
    assert total(kb) == 1200


def test_an_unchanged_file_and_a_dry_run_need_no_helper(kb, tmp_path, helpers, monkeypatch):
    monkeypatch.setattr("kb.cli.import_pipeline.HELPER_MIN_ITEMS", 10_000)
    path = a_file(tmp_path, 600)
    assert kb("import", path).code == 0
    monkeypatch.setattr("kb.cli.import_pipeline.HELPER_MIN_ITEMS", 1)

    assert kb("import", path).code == 0
    assert kb("import", "--dry-run", a_file(tmp_path, 600, start=600)).code == 0

    assert helpers == []


def test_one_processor_needs_no_helper(kb, tmp_path, helpers, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 1)

    assert kb("import", a_file(tmp_path, 600)).code == 0

    assert helpers == []
    assert total(kb) == 600


def test_an_index_that_must_be_rebuilt_is_reported_as_without_a_helper(kb, tmp_path, helpers):
    path = a_file(tmp_path, 600)
    assert kb("import", path).code == 0
    for file in kb.folder.glob("index/generations/*/*.toc"):
        file.write_bytes(b"nothing")

    alone = kb("import", path)
    beside = kb("import", a_file(tmp_path, 600, start=600))

    assert len(helpers) == 2
    assert (alone.code, beside.code) == (1, 1)
    assert alone.err == beside.err != ""
