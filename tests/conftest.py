"""Fixtures for all tests: an environment without settings, and the command `kb` over a folder of its own."""

import gc
import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest.mock import patch

import pytest
from anyio.from_thread import start_blocking_portal
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from kb import freed_memory
from kb.cli.main_command import run
from kb.services.authentication import passwords
from kb.settings import default_settings_in
from tests.support.databases import fast_sqlite, is_on_server, new_database_url, shared_statements
from tests.support.file_order import place_of
from tests.support.forked_commands import ForkedCommand, can_fork
from tests.support.whole_answers import whole_answers

ROOT = Path(__file__).resolve().parent.parent

# What one process compiles, the next one reads, also where the environment says otherwise: compiling takes a
# third of the start of each command and half of collecting the tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples in each run and no deadline, so that a run without changes has the same result.
# `--hypothesis-profile anew` draws other examples, reproducible with a `--hypothesis-seed`.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow], "print_blob": True}
settings.register_profile("same", derandomize=True, **_PATIENT)
settings.register_profile("anew", derandomize=False, **_PATIENT)
settings.load_profile("same")
# Hypothesis also tries the constants of our modules: those that the process happens to have imported, which differ
# between runs, and which it takes seconds to read from all sources. It has no setting for this;
# `tests/unit/test_same_examples.py` fails when this private name no longer has the effect.
_CONSTANTS_OF_MODULES = "_get_local_constants"


@contextmanager
def _without_constants_of_modules():
    if settings.get_current_profile_name() != "same" or not hasattr(providers, _CONSTANTS_OF_MODULES):
        yield
        return
    none = Constants()
    with patch.object(providers, _CONSTANTS_OF_MODULES, lambda: none):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is imported and collected stays until the end: the garbage collector, which each import of a library calls,
    need not look at it. Afterwards it looks as rarely as in a server.
    """
    gc.disable()
    try:
        # Hypothesis would read the constants of all that was imported.
        with _without_constants_of_modules():
            return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000)
        gc.enable()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: place_of(item.nodeid))


@dataclass(frozen=True)
class Answer:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Kb:
    """The command `kb` over one folder: called in this process, or started in a process of its own, after a prefix.

    A started process is forked from one that has imported the program, if it can be and `is_forked`.
    """

    folder: Path
    streams: Path
    variables: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    is_forked: bool = True

    @property
    def environment(self):
        # Tests request no other site than those that they serve themselves.
        ours = {"KB_DATA": str(self.folder), "KB_LANGUAGE": "fr", "KB_FETCH": "off"}
        # The log of a server does not depend on the speed of the machine.
        ours["KB_SLOW_SECONDS"] = "0"
        return {**os.environ, **ours, **self.variables}

    @property
    def settings(self):
        """The settings of the command, except those of its language and network."""
        settings = default_settings_in(self.folder)
        return replace(settings, store_url=self.variables.get("KB_STORE_URL", settings.store_url))

    @property
    def interruptible(self):
        """The same, for commands that are interrupted: an interrupted import makes Python drop the module's file."""
        warnings = "error,ignore::SyntaxWarning,ignore::ResourceWarning"
        return replace(self, variables={**self.variables, "PYTHONWARNINGS": warnings})

    def start(self, *arguments, **options):
        """Start a command; its input and output are text."""
        options = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "encoding": "utf-8",
            **options,
        }
        words = [str(argument) for argument in arguments]
        ours = {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error,ignore::SyntaxWarning"}
        environment = {**self.environment, **ours, **self.variables}
        if self.is_forked and not self.prefix and can_fork(self.variables, options):
            return ForkedCommand(words, env=environment, **options)
        return subprocess.Popen(
            [*self.prefix, sys.executable, "-P", "-m", "kb", *words],
            env=environment,
            **options,
        )

    def __call__(self, *arguments, stdin=""):
        # Real files, as a process has them: the command may use their descriptors.
        names = [self.streams / name for name in ("stdin", "stdout", "stderr")]
        names[0].write_text(stdin, encoding="utf-8")
        with (
            patch.dict(os.environ, self.environment),
            names[0].open(encoding="utf-8") as names_file,
            names[1].open("w", encoding="utf-8") as out,
            names[2].open("w", encoding="utf-8") as err,
            patch.multiple(sys, stdin=names_file, stdout=out, stderr=err),
        ):
            code = run([str(argument) for argument in arguments])
        return Answer(code, *(name.read_text(encoding="utf-8") for name in names[1:]))


@pytest.fixture(scope="module")
def impatient():
    """No request waits for an index that nothing updates in the test."""
    with (
        patch("kb.web.feeds.feed_pages.INDEX_WAIT", 0.0),
        patch("kb.services.core.read_your_writes.LONGEST_WAIT", 0.0),
    ):
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch):
    for name in [name for name in os.environ if name.startswith("KB_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session", autouse=True)
def _one_event_loop():
    """One event loop for all test clients: otherwise each request creates and closes one, which takes as long as many
    pages.
    """
    with start_blocking_portal() as portal, whole_answers(portal):
        yield


@pytest.fixture(scope="session", autouse=True)
def _same_examples():
    with _without_constants_of_modules():
        yield


@pytest.fixture(scope="session", autouse=True)
def _fast_databases():
    with shared_statements(), fast_sqlite():
        yield


@pytest.fixture(scope="session", autouse=True)
def product_hasher():
    """The hasher of passwords, in place of which the tests of this process use a fast one."""
    hasher = passwords._HASHER
    with patch.object(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)):
        yield hasher


@pytest.fixture(scope="session", autouse=True)
def _kept_memory():
    """What a test freed the next one uses: giving it to the system and asking for it again takes seconds where a
    process has run many tests.
    """
    with patch.object(freed_memory, "_malloc_trim", lambda: None):
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_disks():
    """No machine loses its power during the tests: what this process writes need not be on the disk at once."""
    with patch("os.fsync", lambda _handle: None):
        yield


def database_variables(*, is_migrated=True):
    """The variables of a command over a new database; empty for a SQLite file in its folder, which the command
    creates.
    """
    return {"KB_STORE_URL": new_database_url(is_migrated=is_migrated)} if is_on_server() else {}


@pytest.fixture
def kb(tmp_path, tmp_path_factory):
    return Kb(tmp_path / "données", tmp_path_factory.mktemp("flux"), database_variables())


@pytest.fixture
def without_base(kb):
    """The command before `kb migrate`."""
    return replace(kb, variables=database_variables(is_migrated=False))
