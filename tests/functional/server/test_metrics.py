"""The metrics of a server with several workers, also after kills of workers or whole servers."""

import os
import signal
import urllib.request
from pathlib import Path

import pytest

from kb.cli.server import worker_shared_files
from kb.cli.server.worker_shared_files import server_files
from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server, forked_workers, get, is_alive, roles_of_children, until

HEALTH = 'kb_requests_total{route="/healthz",status="2xx"}'


def metrics_of(server: Server) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in get(server.address, "/metrics").splitlines() if line[:1] != "#"]
    return {name: float(value) for name, _, value in lines}


def ask(server: Server, times: int) -> None:
    for _ in range(times):
        # A connection of its own, which any worker may accept.
        urllib.request.urlopen(f"{server.address}/healthz", timeout=30).close()


def folders_of(kb: Kb) -> list[Path]:
    return list((kb.folder / "servers").iterdir())


def test_the_workers_of_a_server_count_together_and_one_that_dies_loses_nothing(kb: Kb) -> None:
    with Server(kb, "serve", "--workers", "3") as server:
        ask(server, 60)
        assert metrics_of(server)[HEALTH] == 60
        files = sorted(path.name for path in folders_of(kb)[0].iterdir())
        for _ in range(3):
            before = min(forked_workers(server))
            os.kill(before, signal.SIGKILL)
            until(lambda before=before: not Path(f"/proc/{before}").exists())
        ask(server, 40)
        until(lambda: metrics_of(server)["kb_background_up"] == 1)
        assert metrics_of(server)[HEALTH] == 100
        assert metrics_of(server)['kb_background_task{state="running",task="index"}'] == 1
        assert sorted(path.name for path in folders_of(kb)[0].iterdir()) == files
        assert len([name for name in files if name.endswith(".db")]) == 6
    assert folders_of(kb) == []


def test_a_server_that_was_killed_leaves_a_folder_until_the_next_start(kb: Kb) -> None:
    with Server(kb) as first, Server(kb) as second:
        ask(first, 1)
        assert metrics_of(second).get(HEALTH, 0) == 0
        assert len(folders_of(kb)) == 2
        of_first = roles_of_children(first.process.pid)
        first.process.kill()
        first.process.wait()
        # They notice that it is gone, and end.
        until(lambda: not any(map(is_alive, of_first)))
        ask(second, 2)
        with Server(kb) as third:
            assert len(folders_of(kb)) == 2
            assert metrics_of(second)[HEALTH] == 2
            assert metrics_of(third).get(HEALTH, 0) == 0
    assert folders_of(kb) == []


def test_without_room_on_the_disk_there_are_no_files_and_nothing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(worker_shared_files.os, "posix_fallocate", full)
    with server_files(tmp_path / "servers" / "one", 2):
        assert list((tmp_path / "servers").iterdir()) == []
