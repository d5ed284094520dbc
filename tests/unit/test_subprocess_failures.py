"""A subprocess that fails for its own reason is a fault of ours: told so, logged, and shown to administrators."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kb.extraction.extraction_process import SAVED_PAGE, extract_in_subprocess
from kb.fetcher.captured_page import read_captured_page
from kb.fetcher.page_facts_cleaning import page_facts_of
from kb.fetcher.redirects import FetchedResponse
from kb.files.received_file import received_file
from kb.formats.import_subprocess import read_drafts_in_subprocess
from kb.formats.skos.sandbox import read_skos_in_subprocess
from kb.images.logo import read_logo
from kb.model.dates import days_of
from kb.model.web_pages.page_facts import FetchFailed, FetchFailure, PageKind
from kb.sandbox import sandboxed_process
from kb.sandbox.sandboxed_process import SubprocessFailed, SubprocessStopped, lines_from_subprocess, run_in_sandbox
from kb.services.background.subprocess_failures import recent_failures, record_failures_in
from kb.services.files.file_reading import read_file
from tests.factories.documents import a_pdf
from tests.support.broken_installations import ABSENT, python_without

PAGE = b"<!DOCTYPE html><title>Un titre</title><p>Un texte."
MODULE = "kb.extraction.html_facts"


def _read_upload(folder: Path) -> object:
    with received_file(folder, [a_pdf()], 1 << 30) as received:
        return read_file(received, "rapport.pdf")


def _read_import(folder: Path) -> object:
    (folder / "file").write_text('{"title": "Un"}\n', encoding="utf-8")
    return list(read_drafts_in_subprocess(folder / "file", "auto"))


READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a page that a browser sends": (
        "justext",
        lambda _: read_captured_page(PAGE, "http://a.example/", caller="claire"),
    ),
    "an upload": ("pypdf", _read_upload),
    "an import": ("bibtexparser", _read_import),
    "a thesaurus": ("rdflib", lambda _: read_skos_in_subprocess(b"<a:b> <c:d> <e:f> .", "claire")),
    "a logo": ("PIL", lambda _: read_logo(b"\x89PNG\r\n\x1a\n")),
}


@pytest.mark.parametrize(("module", "read"), READERS.values(), ids=READERS)
def test_a_library_that_is_not_there_is_no_fault_of_the_file(
    module: str,
    read: Callable[[Path], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sys, "executable", python_without(module, tmp_path / "python"))
    with pytest.raises(SubprocessFailed, match="not at fault") as failure:
        read(tmp_path)
    assert ABSENT in failure.value.why
    # The whole traceback.
    assert f"{module}.py" in caplog.text


@pytest.mark.parametrize(("kind", "module"), [(PageKind.HTML, "justext"), (PageKind.PDF, "pypdf")])
def test_a_fetched_page_is_fetched_again_after_a_fault_of_ours(
    kind: PageKind, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", python_without(module, tmp_path / "python"))
    with pytest.raises(FetchFailed) as failure:
        page_facts_of(FetchedResponse("http://a.example/", 200, kind, PAGE))
    assert failure.value.failure is FetchFailure.FAULT
    assert FetchFailure.FAULT.is_passing


def _ends_with(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each subprocess run a script of the shell instead of Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(path))


@pytest.mark.parametrize("script", ["kill -KILL $$", "kill -SEGV $$", "kill -TERM $$", "exit 1", "exit 2", "exit 77"])
def test_what_neither_the_limits_nor_our_modules_say_is_a_failure(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ends_with(script, tmp_path, monkeypatch)
    with pytest.raises(SubprocessFailed):
        run_in_sandbox(MODULE, b"", seconds=60, memory=1 << 30)
    with Path(os.devnull).open("rb") as source, pytest.raises(SubprocessFailed):
        list(lines_from_subprocess(MODULE, source, seconds=60, memory=1 << 30))


@pytest.mark.parametrize("script", ["kill -XCPU $$", "kill -ABRT $$", "exit 5", "exit 120"])
def test_the_limits_of_time_and_memory_are_told_from_failures(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _ends_with(script, tmp_path, monkeypatch)
    assert run_in_sandbox(MODULE, b"", seconds=60, memory=1 << 30)[0] is None


TAKES_ALL_MEMORY = """
import sys
from kb.sandbox.sandboxed_process import apply_resource_limits, run_reader

held = None

def read():
    global held
    while True:
        held = (held,)

apply_resource_limits(["60", str(100 << 20)])
sys.exit(run_reader(read))
"""
"""It holds what it took until it ends, so that nothing is left to end with."""


def test_a_process_without_any_memory_says_that_it_had_too_little() -> None:
    ended = subprocess.run([sys.executable, "-c", TAKES_ALL_MEMORY], capture_output=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (5, b"")


def test_a_python_that_is_not_there_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    with pytest.raises(SubprocessFailed) as failure:
        run_in_sandbox(MODULE, b"", seconds=60, memory=1 << 30)
    assert "FileNotFoundError" in failure.value.why


def test_facts_before_a_crash_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _ends_with("""cat >"$0.read"; echo '{"copy": "<p>Un texte"}'; kill -SEGV $$""", tmp_path, monkeypatch)
    facts = extract_in_subprocess(SAVED_PAGE, PAGE, seconds=60, memory=1 << 30)
    assert facts == {"copy": "<p>Un texte"}


def test_a_flood_of_errors_is_bounded_and_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _ends_with("echo begins >&2; yes | head -c 3000000 >&2; echo ends >&2; exit 1", tmp_path, monkeypatch)
    with pytest.raises(SubprocessFailed) as failure:
        run_in_sandbox(MODULE, b"", seconds=60, memory=1 << 30)
    assert failure.value.why == "ends"
    assert "begins" in caplog.text
    assert len(caplog.text) < 10_000


def _raised(act: Callable[[], object]) -> BaseException:
    try:
        act()
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError


def test_errors_of_parsers_are_the_files_and_errors_of_our_code_are_ours() -> None:
    ours = (lambda: days_of("x"), lambda: __import__("absent_module"), lambda: (_ for _ in ()).throw(PermissionError()))
    assert [sandboxed_process._is_ours(_raised(act)) for act in ours] == [True, True, True]
    assert not sandboxed_process._is_ours(_raised(lambda: json.loads("{")))
    assert not sandboxed_process._is_ours(_raised(lambda: json.loads("[" * 100_000)))


def test_the_failures_of_a_machine_are_counted_by_module_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger(sandboxed_process.__name__)
    before = list(logger.handlers)
    record_failures_in(tmp_path)
    try:
        _ends_with("echo 'ImportError: no part of lxml' >&2; exit 1", tmp_path, monkeypatch)
        for module in (MODULE, MODULE, SAVED_PAGE):
            with pytest.raises(SubprocessFailed):
                run_in_sandbox(module, b"", seconds=60, memory=1 << 30)
    finally:
        logger.handlers = before
    failures = recent_failures(tmp_path)
    assert [(one.module, one.count, one.error) for one in failures] == [
        (MODULE, 2, "ImportError: no part of lxml"),
        (SAVED_PAGE, 1, "ImportError: no part of lxml"),
    ]
    monkeypatch.setattr("kb.services.background.subprocess_failures.SHOWN_DAYS", -1.0)
    assert recent_failures(tmp_path) == ()
    for damaged in ("", "[", '["x"]', '[{"module": "a"}]', "3"):
        (tmp_path / "subprocess-failures.json").write_text(damaged, encoding="utf-8")
        assert recent_failures(tmp_path) == ()


def test_a_file_at_fault_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x89PNG\r\n\x1a\n rien")
    with (tmp_path / "file").open("rb") as file, pytest.raises(SubprocessStopped):
        list(lines_from_subprocess("kb.images.logo_reader", file, seconds=60, memory=1 << 30))
