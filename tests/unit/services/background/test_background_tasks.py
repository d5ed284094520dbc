"""A failed background task is restarted, the others continue, and every process can read their state."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.cli.server.log_configuration import RedactingFormatter
from kb.errors import ServerLost, Unavailable
from kb.model.task_health import TaskState
from kb.services.background import background_tasks
from kb.services.background.background_tasks import (
    BackgroundTask,
    read_background_state,
    run_tasks,
    supervise_task,
    task_states,
)
from kb.services.core.library import Library
from kb.site import create_app
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account, sign_in

EMAIL = BackgroundTask("email", "e-mail", lambda library, stop: None)
SECRET = "un secret que personne ne doit lire"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(an_empty_library(tmp_path)) as library:
        yield library


class Failing:
    """A task that raises the given errors, one at each start, and then waits to be stopped."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.starts = 0
        self.is_steady = threading.Event()

    def __call__(self, _library: Library, stop: threading.Event) -> None:
        self.starts += 1
        if self.errors:
            raise self.errors.pop(0)
        self.is_steady.set()
        stop.wait(60)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between restarts, none of which takes any time."""
    pauses: list[float] = []

    class Quick(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0.0)
            return self.is_set()

    monkeypatch.setattr(threading, "Event", Quick)
    return pauses


def test_a_task_that_raises_is_started_again_and_the_others_go_on(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_tasks, "RESTART_PAUSES", (0.0,))
    failing, steady = Failing(ValueError(SECRET), MemoryError(), Unavailable("The disk is full.")), Failing()
    stop = threading.Event()
    tasks = [BackgroundTask("index", "", steady), BackgroundTask("email", "", failing)]
    with task_states(tmp_path, tasks) as states:
        runner = threading.Thread(target=run_tasks, args=(tasks, library, stop, states))
        runner.start()
        assert failing.is_steady.wait(60)
        assert steady.is_steady.wait(60)
        stop.set()
        runner.join(60)

    assert not runner.is_alive()
    assert (failing.starts, steady.starts) == (4, 1)


def test_the_log_has_the_traceback_of_a_fault_and_one_line_of_what_the_system_refuses(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background_tasks, "RESTART_PAUSES", (0.0,))
    stop = threading.Event()
    failing = Failing(ValueError(SECRET), OSError(28, "No space left on device", SECRET))
    with task_states(tmp_path, [EMAIL]) as states:
        runner = threading.Thread(
            target=supervise_task, args=(BackgroundTask("email", "", failing), library, stop, states)
        )
        runner.start()
        assert failing.is_steady.wait(60)
        stop.set()
        runner.join(60)

    fault, refused = caplog.records
    assert (fault.levelno, refused.levelno) == (logging.ERROR, logging.WARNING)
    written = [RedactingFormatter().format(record) for record in (fault, refused)]
    assert "raise self.errors.pop(0)" in written[0]
    assert written[0].endswith("builtins.ValueError")
    assert written[1].endswith("No space left on device")
    assert SECRET not in "".join(written)


def test_pauses_grow_to_a_bound_and_are_not_all_alike(library: Library, tmp_path: Path, pauses: list[float]) -> None:
    stop = threading.Event()
    failing = Failing(*(ValueError() for _ in range(40)))
    with task_states(tmp_path, [EMAIL]) as states:
        supervise_task(BackgroundTask("email", "", failing), library, stop, states)

    first_pauses = pauses[:40]
    expected = [*background_tasks.RESTART_PAUSES, *([background_tasks.RESTART_PAUSES[-1]] * 36)]
    assert all(0.75 * base <= pause <= 1.25 * base for pause, base in zip(first_pauses, expected, strict=True))
    assert len(set(first_pauses[3:])) > 1


def test_a_task_that_cannot_reach_the_database_server_is_not_put_off_for_long(
    library: Library, tmp_path: Path, pauses: list[float]
) -> None:
    failing = Failing(*(ServerLost("The database server cannot be reached.") for _ in range(10)))
    with task_states(tmp_path, [EMAIL]) as states:
        supervise_task(BackgroundTask("email", "", failing), library, threading.Event(), states)

    assert max(pauses[:10]) <= 1.25 * background_tasks.LONGEST_PAUSE_WITHOUT_SERVER


def test_a_task_that_ran_well_for_a_while_begins_with_the_shortest_pause(
    library: Library, tmp_path: Path, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_tasks, "HEALTHY_SECONDS", -1.0)
    failing = Failing(*(ValueError() for _ in range(5)))
    with task_states(tmp_path, [EMAIL]) as states:
        supervise_task(BackgroundTask("email", "", failing), library, threading.Event(), states)

    assert max(pauses[:5]) <= 1.25 * background_tasks.RESTART_PAUSES[0]


def test_a_failure_is_forgotten_after_a_while_without_one() -> None:
    failed = TaskState("email", "ValueError", "2026-03-01T10:00:00.000000Z", "2026-03-01T10:02:00.000000Z")

    assert failed.at("2026-03-01T10:01:59.000000Z").is_restarting
    assert failed.at("2026-03-01T10:02:00.000000Z") == TaskState("email")


def test_another_process_reads_the_states_for_as_long_as_the_tasks_run(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, dataclasses, json;"
        "from kb.services.background.background_tasks import read_background_state;"
        "state = read_background_state(pathlib.Path(sys.argv[1])); print(json.dumps(dataclasses.asdict(state)))"
    )

    def read() -> dict[str, object]:
        ran = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)],
            cwd=Path(__file__).parents[4],
            capture_output=True,
            text=True,
            check=True,
        )
        state: dict[str, object] = json.loads(ran.stdout)
        return state

    with task_states(tmp_path, [EMAIL]) as states:
        states.record_failure("email", KeyError(SECRET), 600.0)
        during = read()
    assert during["is_running"]
    assert [(task["name"], task["error"]) for task in during["tasks"]] == [("email", "KeyError")]  # type: ignore[attr-defined]
    assert read() == {"is_running": False, "tasks": []}
    assert SECRET not in (tmp_path / "background-tasks.json").read_text()


@pytest.mark.parametrize("content", ["", "{", "[1]", "{}", '[{"name": 1}]', "null", '"x"'])
def test_a_file_that_says_nothing_is_no_state(tmp_path: Path, content: str) -> None:
    with task_states(tmp_path, [EMAIL]):
        (tmp_path / "background-tasks.json").write_text(content)
        assert read_background_state(tmp_path).tasks == ()


def test_readyz_shows_each_task_and_is_ready_all_the_same(library: Library, tmp_path: Path) -> None:
    client = TestClient(create_app(library))
    assert client.get("/readyz").json()["background"] == "stopped"
    with task_states(tmp_path, [replace(EMAIL, name=name) for name in ("email", "imports", "link-check")]) as states:
        states.record_ended("link-check")
        assert client.get("/readyz").json()["background"] == "running"
        states.record_failure("email", ValueError(SECRET), 600.0)
        answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"
    assert answer.json()["background"] == "degraded"
    tasks = answer.json()["tasks"]
    assert tasks["imports"] == {"state": "running"}
    assert tasks["link-check"] == {"state": "off"}
    assert tasks["email"].pop("since") < "9"
    assert tasks["email"] == {"state": "restarting", "error": "ValueError"}
    assert SECRET not in answer.text


def test_the_page_of_an_administrator_names_what_fails(library: Library, tmp_path: Path) -> None:
    an_account(library, "claire", name="Claire Aubert", email="claire@exemple.fr", administrator=True)
    client = TestClient(create_app(library))
    sign_in(client, "claire")
    assert "Aucun processus d’arrière-plan" in client.get("/admin").text
    with task_states(tmp_path, [EMAIL]) as states:
        assert "arrière-plan" not in client.get("/admin").text
        states.record_failure("email", ValueError(SECRET), 600.0)
        page = client.get("/admin").text

    assert "courriel (ValueError)" in page
    assert SECRET not in page
