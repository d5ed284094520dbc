"""A fault of the site stops no import for good: the file is kept, read again, and others go on meanwhile."""

import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.groups.membership import set_role
from kb.services.imports import import_job_runner
from kb.services.imports.import_job_runner import PostponedJobs, run_due_import_jobs
from kb.site import create_app
from tests.factories.import_jobs import LINES, files_in, send_action, send_file
from tests.support.broken_installations import python_without
from tests.support.browser_sessions import sign_in

FAULT = "La lecture de ce fichier a échoué par la faute du site"


def test_a_file_is_kept_and_read_again_after_a_fault_of_the_site(
    library: Library, slug: str, claire: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = send_file(claire, slug, LINES).headers["location"]
    postponed = PostponedJobs()
    for act in ("", "bring"):
        if act:
            assert send_action(claire, address, act).status_code == 303
        with monkeypatch.context() as broken:
            broken.setattr(sys, "executable", python_without("bibtexparser", tmp_path / f"python{act}"))
            assert run_due_import_jobs(library, postponed) == 1
        assert FAULT in claire.get(address).text
        assert len(files_in(library)) == 1
        # Not at once again.
        assert run_due_import_jobs(library, postponed) == 0
        postponed.due_at.clear()
        assert run_due_import_jobs(library, postponed) == 1
        assert FAULT not in claire.get(address).text
    assert "30 signets ajoutés" in claire.get(address).text
    assert files_in(library) == []


def test_the_files_of_others_do_not_wait_for_one_that_cannot_be_read(
    library: Library, slug: str, claire: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    postponed = PostponedJobs()
    first = send_file(claire, slug, LINES).headers["location"]
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", python_without("bibtexparser", tmp_path / "python"))
        run_due_import_jobs(library, postponed)
    set_role(library, OPERATOR, slug, "paul", Role.MEMBER)
    with TestClient(create_app(library), follow_redirects=False) as paul:
        sign_in(paul, "paul")
        second = send_file(paul, slug, LINES, name="de paul").headers["location"]
        third = send_file(claire, slug, LINES, name="un autre").headers["location"]
        assert run_due_import_jobs(library, postponed) == 2
        assert "30 nouveaux signets" in paul.get(second).text
    assert "30 nouveaux signets" in claire.get(third).text
    assert FAULT in claire.get(first).text


def test_an_import_that_a_fault_stops_can_be_given_up(
    library: Library, slug: str, claire: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = send_file(claire, slug, LINES).headers["location"]
    run_due_import_jobs(library)
    send_action(claire, address, "bring")
    assert 'value="forget"' not in claire.get(address).text
    with monkeypatch.context() as broken:
        broken.setattr(sys, "executable", python_without("bibtexparser", tmp_path / "python"))
        run_due_import_jobs(library)
    assert 'value="forget"' in claire.get(address).text
    assert send_action(claire, address, "forget").status_code == 303
    assert run_due_import_jobs(library) == 0
    assert files_in(library) == []


def test_a_job_is_postponed_for_longer_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_job_runner.time, "monotonic", lambda: 0.0)
    postponed, delays = PostponedJobs(), []
    for _ in range(6):
        postponed.postpone("a")
        delays.append(postponed.due_at["a"])
    assert delays == sorted(delays)
    assert delays[0] == 60
    assert delays[-1] == delays[-2] == 6 * 3600
    assert postponed.is_due("b")
    assert not postponed.is_due("a")
