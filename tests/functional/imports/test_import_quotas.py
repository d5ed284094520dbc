"""Limits on the records that one user may have waiting to be imported, and may import in a day."""

import json
import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from kb.errors import Conflict
from kb.model.people.group import Role
from kb.services.core.library import Library
from kb.services.imports import import_jobs
from kb.services.imports.import_job_runner import drop_expired_previews, run_due_import_jobs
from kb.services.imports.import_jobs import LARGEST_FILE
from kb.services.imports.import_quotas import (
    MOST_BYTES,
    MOST_FILES_A_DAY,
    MOST_ITEMS_A_DAY,
    MOST_WAITING_FILES,
    count_imported_items,
)
from kb.site import create_app
from kb.store import Rate
from tests.factories.group import as_
from tests.factories.import_jobs import LINES, files_in, send_action, send_file
from tests.support.browser_sessions import PASSWORD, sign_in


def test_previews_count_against_the_files_and_the_bytes_of_their_person(
    library: Library, slug: str, claire: TestClient
) -> None:
    filler = json.dumps({"title": "Trop", "description": "x" * (LARGEST_FILE // 2 - 4_000)})
    large = "\n".join((LINES, filler, filler)).encode()
    large += b"\n" * (LARGEST_FILE - len(large))
    sent = []
    for number in range(15):
        try:
            sent.append(import_jobs.create_import_job(library, as_(library, "claire"), slug, f"x{number}", large))
        except Conflict as refused:
            assert "42 MB" in str(refused)  # noqa: PT017 - most of them are refused
        run_due_import_jobs(library)
    assert len(sent) == MOST_BYTES // LARGEST_FILE
    assert sum(path.stat().st_size for path in (library.settings.data / "import-jobs").iterdir()) <= MOST_BYTES
    page = claire.get(f"/g/{slug}/import").text
    assert f"{MOST_WAITING_FILES - 2} fichiers" in page
    assert "0 Mo" in page
    assert "42 Mo" in send_file(claire, slug, LINES).text


def test_previewed_files_are_as_many_as_may_wait(library: Library, slug: str, claire: TestClient) -> None:
    for number in range(MOST_WAITING_FILES):
        assert send_file(claire, slug, LINES, name=f"{number}.jsonl").status_code == 303
        run_due_import_jobs(library)
    assert send_file(claire, slug, LINES).status_code == 409
    assert len(files_in(library)) == MOST_WAITING_FILES


def test_a_preview_expires_after_an_hour_with_its_file(library: Library, slug: str, claire: TestClient) -> None:
    address = send_file(claire, slug, LINES).headers["location"]
    run_due_import_jobs(library)
    drop_expired_previews(library)
    assert len(files_in(library)) == 1
    with library.store.write() as writing:
        (job,) = writing.import_jobs.changed_before("9999")
        writing.import_jobs.put(replace(job, changed_at="2014-11-07T09:12:00Z"))
    drop_expired_previews(library)
    assert files_in(library) == []
    assert claire.get(address).status_code == 404


def test_files_and_items_of_a_day_are_counted(
    library: Library, slug: str, claire: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(MOST_FILES_A_DAY):
        sent = import_jobs.create_import_job(library, as_(library, "claire"), slug, "x", LINES.encode())
        import_jobs.drop_import_job(library, as_(library, "claire"), sent.id)
    assert f"{MOST_FILES_A_DAY} fichiers" in send_file(claire, slug, LINES).text
    # The quota of the day does not recover while a slow machine runs this test.
    monkeypatch.setattr("kb.services.imports.import_quotas._ITEMS_RATE", Rate(MOST_ITEMS_A_DAY, 1_000_000.0))
    with library.store.write() as writing:
        user_id = as_(library, "claire").user_id or ""
        count_imported_items(writing, user_id, MOST_ITEMS_A_DAY - 29)
    monkeypatch.setattr("kb.services.imports.import_quotas._FILES_RATE", Rate(1_000, 1_440.0))
    address = send_file(claire, slug, LINES).headers["location"]
    run_due_import_jobs(library)
    refused = send_action(claire, address, "bring")
    assert refused.status_code == 409
    assert "29" in refused.text
    assert send_action(claire, address, "forget").status_code == 303
    assert "29 signets" in claire.get(f"/g/{slug}/import").text
    address = send_file(claire, slug, "\n".join(LINES.splitlines()[:29])).headers["location"]
    run_due_import_jobs(library)
    assert send_action(claire, address, "bring").status_code == 303


def test_a_file_of_more_items_than_a_day_allows_is_refused(library: Library, slug: str, claire: TestClient) -> None:
    lines = "".join(f'{{"title": "{n}"}}\n' for n in range(MOST_ITEMS_A_DAY + 1))
    address = send_file(claire, slug, lines).headers["location"]
    run_due_import_jobs(library)
    assert re.search(r'<p role="status">[^<]*plus de 20', claire.get(address).text)
    assert files_in(library) == []


def test_many_files_of_one_user_do_not_make_others_wait(library: Library, slug: str, claire: TestClient) -> None:
    with library.store.write() as writing:
        group, user_id = writing.groups.by_slug(slug), as_(library, "paul").user_id
        assert group is not None
        assert user_id is not None
        writing.groups.set_role(user_id, group.id, Role.MEMBER)
    for number in range(MOST_WAITING_FILES):
        send_file(claire, slug, LINES, name=f"{number}.jsonl")
    with TestClient(create_app(library), follow_redirects=False) as paul:
        sign_in(paul, "paul", PASSWORD)
        address = send_file(paul, slug, LINES).headers["location"]
        assert run_due_import_jobs(library) == 2
        assert "30 nouveaux signets" in paul.get(address).text
