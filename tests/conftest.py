"""What all tests share: an environment without settings, and the command `kb` over a folder of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Kb:
    """The command `kb` in a process of its own, as a person has it."""

    folder: Path
    language: str = "fr"
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self):
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "PYTHONWARNINGS": "error,ignore::SyntaxWarning",
            "KB_DATA": str(self.folder),
            "KB_LANGUAGE": self.language,
            **self.variables,
        }

    def start(self, *arguments, **options):
        """A command that runs; text in and out."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "kb", *map(str, arguments)],
            env=self.environment,
            **{
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "encoding": "utf-8",
                **options,
            },
        )

    def __call__(self, *arguments, stdin=None):
        with self.start(*arguments, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL) as process:
            out, err = process.communicate(stdin, timeout=120)
        return Answer(process.returncode, out, err)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in [name for name in os.environ if name.startswith("KB_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def kb(tmp_path):
    return Kb(tmp_path / "données")
