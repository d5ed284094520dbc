"""`kb --version` and `kb --help` import none of the commands, and none of the large libraries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from kb.cli.command_list import COMMAND_SOURCES
from kb.cli.main_command import kb
from tests.support.cli_commands import commands_and_groups

ROOT = Path(__file__).resolve().parents[3]
LARGE = {"sqlalchemy", "alembic", "starlette", "uvicorn", "jinja2", "whoosh", "numpy", "argon2", "rdflib", "index"}
MOST_MODULES = 260
"""Python, click and babel load about 165 modules; the commands with their libraries load more than 1,000."""


def modules_after(*arguments: str) -> list[str]:
    """The modules that a process has imported at the end of a command."""
    program = (
        "import sys, json, kb.cli.main_command as c; c.run(sys.argv[1:]); print(); print(json.dumps([*sys.modules]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules: list[str] = json.loads(ran.stdout.splitlines()[-1])
    return modules


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_version_and_help_import_no_command_and_no_large_library(option: str) -> None:
    modules = modules_after(option)

    assert not LARGE & {name.partition(".")[0] for name in modules}
    assert not {source.module for source in COMMAND_SOURCES.values()} & {*modules}
    assert len(modules) < MOST_MODULES


def test_serve_starts_its_processes_before_it_imports_the_store() -> None:
    assert not LARGE & {name.partition(".")[0] for name in modules_after("serve", "--help")}


def test_a_database_of_today_is_opened_without_the_program_that_migrates(tmp_path: Path) -> None:
    program = "import sys; from kb.site import migrate; migrate(sys.argv[1]); print('alembic' in sys.modules)"
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path / 'store.sqlite'}"]
    outputs = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout for _ in range(2)]

    assert outputs == ["True\n", "False\n"]


def test_the_list_of_commands_shows_the_help_of_each_command() -> None:
    commands = dict(commands_and_groups())

    assert {name: source.help for name, source in COMMAND_SOURCES.items()} == {
        name: commands[name].help for name in COMMAND_SOURCES
    }
    assert kb.list_commands(None) == sorted(COMMAND_SOURCES)
