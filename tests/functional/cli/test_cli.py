"""The command as a whole: its help, its exit codes, its messages."""

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from kb import __version__
from tests.support.cli_commands import commands_and_groups


def is_one_sentence(text):
    return text.count("\n") == 1 and text.endswith((".\n", ")\n")) and "Traceback" not in text


@pytest.mark.parametrize("name", ["", *(name for name, _ in commands_and_groups())])
def test_help_is_everywhere_and_needs_no_base(kb, name):
    answer = kb(*name.split(), "--help")

    assert answer.code == 0
    assert answer.out.startswith(f"Usage: kb {name}".strip())
    assert not kb.folder.exists()


def test_a_process_of_its_own_says_the_same(kb):
    with replace(kb, is_forked=False).start("search", "agents", "--page", "0") as process:
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err) == (2, "", kb("search", "agents", "--page", "0").err)


def test_the_version_is_printed(kb):
    assert kb("--version").out == f"florilege, version {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("importe",),
        ("import",),
        ("search",),
        ("search", "mot", "trop"),
        ("search", "mot", "--couleur", "bleu"),
        ("search", "mot", "--tag"),
        ("--langue", "fr", "migrate"),
        ("serve", "--port", "65536"),
        ("serve", "--workers", "0"),
        ("serve", "--host", "nulle part"),
        ("export", "--format", "xml"),
        ("index", "refaire"),
    ],
)
def test_a_misused_command_ends_with_two_and_one_sentence(kb, arguments):
    answer = kb(*arguments)

    assert (answer.code, answer.out) == (2, "")
    assert is_one_sentence(answer.err)


def test_kb_without_a_command_prints_the_commands(kb):
    answer = kb()

    assert answer.code == 2
    assert "Commands:" in answer.err


@pytest.mark.parametrize(
    ("name", "value"),
    [("KB_LANGUE", "fr"), ("KB_LANGUAGE", "de"), ("KB_BASE_URL", "nulle part"), ("KB_DATA", __file__)],
)
def test_a_bad_setting_stops_at_start(kb, name, value):
    kb.variables[name] = value

    answer = kb("search", "agents")

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(name)
    assert is_one_sentence(answer.err)


@pytest.mark.sqlite
def test_an_option_is_the_same_as_a_variable(kb, tmp_path):
    answer = kb("--data", tmp_path / "ailleurs", "migrate")

    assert answer.code == 0
    assert (tmp_path / "ailleurs" / "store.sqlite3").is_file()
    assert not kb.folder.exists()


def test_errors_are_in_the_language_that_was_asked_for(without_base):
    french, english = without_base("export").err, without_base("--language", "en", "export").err

    assert english == "There is no database here yet: “kb migrate” creates it.\n"
    assert french != english


@pytest.mark.parametrize("arguments", [("export",), ("search", "agents"), ("index", "check"), ("index", "rebuild")])
def test_a_command_without_database_reports_it_and_creates_nothing(without_base, arguments):
    answer = without_base(*arguments)

    assert (answer.code, answer.out) == (1, "")
    assert "kb migrate" in answer.err
    assert is_one_sentence(answer.err)
    assert not without_base.folder.exists()


def test_a_data_folder_that_cannot_be_created_is_reported(kb, tmp_path):
    (tmp_path / "fichier").write_text("", encoding="utf-8")

    answer = kb("--data", tmp_path / "fichier" / "données", "migrate")

    assert answer.code == 1
    assert is_one_sentence(answer.err)


@pytest.fixture
def _interruptible():
    """Make child processes receive SIGINT: those of a background job inherit that it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_interruptible")
def test_an_interrupted_import_says_so(kb):
    with kb.interruptible.start("import", "-", stdin=-1, start_new_session=True) as process:
        # The folder is filled before the first line is read.
        deadline = time.monotonic() + 30
        while not any(kb.folder.glob("*")) and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.3)
        os.kill(process.pid, signal.SIGINT)
        process.wait(20)
        errors = process.stderr.read()

    assert process.returncode == 1
    # The terminal has just shown "^C": the message starts on a new line.
    assert errors == "\nInterrompu.\n"


def test_a_closed_pipe_is_not_an_error(kb, tmp_path):
    lines = [f'{{"title": "Signet n° {number}", "group": "veille"}}\n' for number in range(2000)]
    (tmp_path / "signets.jsonl").write_text("".join(lines), encoding="utf-8")
    kb("import", tmp_path / "signets.jsonl")

    with kb.start("export") as process:
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()

    assert errors == ""
    assert process.returncode == 1


def test_a_full_disk_under_standard_output_is_reported(kb, tmp_path):
    (tmp_path / "signets.jsonl").write_text('{"title": "Été", "group": "veille"}\n', encoding="utf-8")
    kb("import", tmp_path / "signets.jsonl")

    with Path("/dev/full").open("w", encoding="utf-8") as full, kb.start("export", stdout=full) as process:
        errors = process.stderr.read()

    assert process.returncode == 1
    assert is_one_sentence(errors)
