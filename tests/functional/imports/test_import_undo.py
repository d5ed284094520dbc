"""Imports of members: logged in their group, undone as a whole, and stopped when the user loses the right."""

import json
import re
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.errors import Unavailable
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields
from kb.model.people.group import Role
from kb.services.annotations.annotations import write_annotation
from kb.services.core.library import Library
from kb.services.groups.membership import join_group
from kb.services.imports.import_job_runner import run_due_import_jobs
from kb.services.imports.import_report import ImportOptions
from kb.services.imports.importer import ImportRun
from kb.services.undo.undo import DeletedTags, undo_action
from kb.site import create_app
from kb.store.database.clock import timestamp_now
from tests.factories.group import as_, log_of
from tests.factories.import_jobs import as_group, bring_file, send_action, send_file
from tests.support.browser_sessions import PASSWORD, sign_in, token_of


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports in the browser, in batches of 50 records."""
    monkeypatch.setattr("kb.services.imports.import_job_runner.ImportOptions", partial(ImportOptions, batch_size=50))


def test_an_import_is_logged_and_undone_as_a_whole(
    library: Library, slug: str, claire: TestClient, small_batches: None
) -> None:
    first = {"id": "q1", "title": "Les quais", "url": "https://exemple.fr/quais", "tags": ["port"]}
    bring_file(library, claire, slug, json.dumps(first))
    with library.store.read() as reading:
        before = reading.items.any_of(["q1"])["q1"]
    # Three batches; the existing item is changed in the first and in the last one.
    changed = [json.dumps(first | {"title": f"Les quais {n}", "byline": f"B {n}"}) for n in (1, 2)]
    lines = [changed[0], *(json.dumps({"title": f"Signet {n}"}) for n in range(110)), changed[1]]
    address = bring_file(library, claire, slug, "\n".join(lines))
    catch_up(library)
    group = as_group(library, slug)
    assert log_of(library, group)[-1] == "imported"
    assert "signets ajoutés ou modifiés" in claire.get(f"/g/{slug}/log").text
    page = claire.get(address).text
    match = re.search(r'action="(/restore/[^"]+)"', page)
    assert match is not None, page
    answer = claire.post(match[1], data={"form_token": token_of(claire, "/account")})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{address}?done=import-being-undone")
    assert "Annulation en cours" in claire.get(address).text
    drain(library)
    with library.store.read() as reading:
        assert list(reading.items.ids()) == ["q1"]
        after = reading.items.any_of(["q1"])["q1"]
    assert (after.title, after.byline, after.tags) == (before.title, before.byline, before.tags)
    page = claire.get(address).text
    assert "/restore/" not in page
    assert "L’import est annulé." in page
    assert "112 signets annulés" in page
    assert log_of(library, group)[-3:] == ["imported", "imported", "import-undone"]
    log = claire.get(f"/g/{slug}/log").text
    assert "a annulé l’import d’un fichier\u202f; signets retirés ou restaurés\u202f: 112." in log


def drain(library: Library) -> int:
    """Run all pending work; returns the number of portions."""
    portions = 0
    while run_due_import_jobs(library):
        portions += 1
    return portions


def start_large_undo(library: Library, slug: str, client: TestClient, count: int = 220) -> str:
    """Import some items and request the undo; returns the address of the import's page."""
    address = bring_file(library, client, slug, "\n".join(json.dumps({"title": f"Signet {n}"}) for n in range(count)))
    match = re.search(r'action="(/restore/[^"]+)"', client.get(address).text)
    assert match is not None
    answer = client.post(match[1], data={"form_token": token_of(client, "/account")})
    assert answer.status_code == 303, answer.text
    return address


def items_in(library: Library) -> int:
    with library.store.read() as reading:
        return len(list(reading.items.ids()))


def test_an_undo_of_an_import_that_is_killed_goes_on_where_it_was(
    library: Library, slug: str, claire: TestClient, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = start_large_undo(library, slug, claire)
    assert items_in(library) == 220
    with monkeypatch.context() as patched:
        patched.setattr("kb.services.undo.undo.DeletedTags", killed_at(2))
        run_due_import_jobs(library)
        assert items_in(library) == 200
        with pytest.raises(Unavailable):
            run_due_import_jobs(library)
    # The killed transaction is rolled back.
    assert items_in(library) == 200
    assert "Annulation en cours\u202f: 20 sur 220." in claire.get(address).text
    assert send_action(claire, address, "forget").status_code == 409
    assert drain(library) == 4
    assert items_in(library) == 0
    assert "220 signets annulés" in claire.get(address).text
    assert log_of(library, as_group(library, slug))[-2:] == ["imported", "import-undone"]
    with library.store.read() as reading:
        user_id = as_(library, "claire").user_id or ""
        (job,) = reading.import_jobs.of_person(user_id)
        assert reading.undos.by_id(job.report.undo or "") is None
    # Each is in the trash, where it can be restored.
    assert len(re.findall("Signet ", claire.get(f"/g/{slug}/bin").text)) > 1


def killed_at(number: int) -> Any:
    """A replacement for `DeletedTags`, which each portion constructs twice; raises in the portion of this number."""
    portions: list[int] = []

    def delete(*arguments: Any) -> DeletedTags:
        portions.append(1)
        if (len(portions) + 1) // 2 >= number and len(portions) % 2 == 0:
            raise Unavailable("The disk is full.")
        return DeletedTags(*arguments)

    return delete


def test_an_undo_of_an_import_stops_where_its_person_loses_the_right(
    library: Library, slug: str, claire: TestClient, small_batches: None
) -> None:
    address = start_large_undo(library, slug, claire)
    run_due_import_jobs(library)
    run_due_import_jobs(library)
    assert items_in(library) == 150
    claire_id, group = as_(library, "claire").user_id or "", as_group(library, slug)
    with library.store.write() as writing:
        writing.groups.set_role(claire_id, group.id, Role.READER)
    drain(library)
    assert items_in(library) == 150
    page = claire.get(address).text
    assert "L’annulation s’est arrêtée" in page
    assert "70 signets annulés" in page
    assert log_of(library, group)[-1] == "import-undone"
    # With the right restored, the rest can be undone.
    with library.store.write() as writing:
        writing.groups.set_role(claire_id, group.id, Role.MEMBER)
    match = re.search(r'action="(/restore/[^"]+)"', claire.get(address).text)
    assert match is not None
    claire.post(match[1], data={"form_token": token_of(claire, "/account")})
    drain(library)
    assert items_in(library) == 0


def test_an_undo_of_an_import_stops_when_the_account_is_closed(
    library: Library, slug: str, claire: TestClient, small_batches: None
) -> None:
    start_large_undo(library, slug, claire)
    run_due_import_jobs(library)
    items_left = items_in(library)
    with library.store.write() as writing:
        account = writing.accounts.by_login("claire")
        assert account is not None
        writing.accounts.update(replace(account, closed_at=timestamp_now()))
    drain(library)
    assert items_in(library) == items_left


def test_a_small_import_is_undone_at_once_with_one_line_in_the_log(
    library: Library, slug: str, claire: TestClient
) -> None:
    address = start_large_undo(library, slug, claire, count=30)
    assert items_in(library) == 0
    assert "30 signets annulés" in claire.get(address).text
    assert log_of(library, as_group(library, slug))[-2:] == ["imported", "import-undone"]
    assert send_action(claire, address, "forget").status_code == 303


def test_an_import_whose_report_is_forgotten_is_undone_no_more(
    library: Library, slug: str, claire: TestClient, small_batches: None
) -> None:
    address = bring_file(library, claire, slug, "\n".join(json.dumps({"title": f"Signet {n}"}) for n in range(70)))
    with library.store.read() as reading:
        (job,) = reading.import_jobs.of_person(as_(library, "claire").user_id or "")
    assert send_action(claire, address, "forget").status_code == 303
    answer = claire.post(f"/restore/{job.report.undo}", data={"form_token": token_of(claire, "/account")})
    assert answer.status_code == 404
    assert items_in(library) == 70


def test_the_request_that_undoes_a_large_import_changes_no_item(
    library: Library, slug: str, claire: TestClient, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr("kb.services.undo.undo.move_items_to_trash", refuse)
    address = start_large_undo(library, slug, claire)
    # Two clicks start one undo.
    with library.store.read() as reading:
        (job,) = reading.import_jobs.of_person(as_(library, "claire").user_id or "")
    again = claire.post(f"/restore/{job.report.undo}", data={"form_token": token_of(claire, "/account")})
    assert again.headers["location"].startswith(f"{address}?done=import-being-undone")


def test_a_long_undo_does_not_delay_the_file_of_another_user(
    library: Library, slug: str, claire: TestClient, small_batches: None
) -> None:
    start_large_undo(library, slug, claire)
    with TestClient(create_app(library), follow_redirects=False) as paul:
        sign_in(paul, "paul", PASSWORD)
        join_group(library, as_(library, "paul"), slug)
        address = str(send_file(paul, slug, json.dumps({"title": "De Paul"})).headers["location"])
        run_due_import_jobs(library)
        assert "1 nouveau signet" in paul.get(address).text
    assert items_in(library) > 100


def test_undoing_an_import_keeps_later_changes_of_others(library: Library, slug: str, claire: TestClient) -> None:
    bring_file(library, claire, slug, '{"id": "q1", "title": "Un"}\n{"id": "q2", "title": "Deux"}')
    write_annotation(library, as_(library, "claire"), "q2", AnnotationFields(body="Une remarque."))
    with library.store.read() as reading:
        (job,) = reading.import_jobs.of_person(as_(library, "claire").user_id or "")
    assert job.report.undo is not None
    undone = undo_action(library, as_(library, "claire"), job.report.undo)
    assert (undone.done, undone.not_undone) == (0, 1)
    with library.store.read() as reading:
        assert list(reading.items.ids()) == ["q2"]


def test_an_import_that_was_interrupted_is_undone_with_its_second_run(
    library: Library, slug: str, claire: TestClient, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "\n".join(json.dumps({"title": f"Signet {n}"}) for n in range(110))
    address = str(send_file(claire, slug, lines).headers["location"])
    run_due_import_jobs(library)
    send_action(claire, address, "bring")
    batches: list[int] = []
    take = ImportRun.take

    def killed(*arguments: Any) -> None:
        if len(batches) == 1:
            raise Unavailable("The disk is full.")
        batches.append(1)
        take(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(ImportRun, "take", killed)
        with pytest.raises(Unavailable):
            run_due_import_jobs(library)
    with library.store.read() as reading:
        assert len(list(reading.items.ids())) == 50
    run_due_import_jobs(library)
    with library.store.read() as reading:
        assert len(list(reading.items.ids())) == 110
        (job,) = reading.import_jobs.of_person(as_(library, "claire").user_id or "")
    assert job.report.undo is not None
    undo_action(library, as_(library, "claire"), job.report.undo)
    with library.store.read() as reading:
        assert list(reading.items.ids()) == []


def test_an_import_ends_when_its_user_is_removed_and_reports_what_is_done(
    library: Library, slug: str, claire: TestClient, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "\n".join(json.dumps({"title": f"Signet {n}"}) for n in range(750))
    address = str(send_file(claire, slug, lines).headers["location"])
    run_due_import_jobs(library)
    send_action(claire, address, "bring")
    batches: list[int] = []
    take = ImportRun.take

    def remove_after_the_first(*arguments: Any) -> None:
        if batches:
            with library.store.joined(arguments[4]).write() as writing:
                writing.groups.drop_member(as_(library, "claire").user_id or "", as_group(library, slug).id)
        batches.append(1)
        take(*arguments)

    monkeypatch.setattr(ImportRun, "take", remove_after_the_first)
    run_due_import_jobs(library)
    monkeypatch.setattr(ImportRun, "take", take)
    with library.store.read() as reading:
        assert len(list(reading.items.ids())) == 100
    assert "100 signets ajoutés" in claire.get(address).text
    assert log_of(library, as_group(library, slug))[-1] == "imported"
