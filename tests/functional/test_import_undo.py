"""Imports of members: in the log of their group, undone as a whole, ended where a right ends."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from kb.errors import Unavailable
from kb.indexer import catch_up
from kb.model.items.item_fields import AnnotationFields
from kb.services.annotations.annotations import write_annotation
from kb.services.core.library import Library
from kb.services.imports.import_export import ImportOptions
from kb.services.imports.import_job_runner import run_due_import_jobs
from kb.services.imports.importer import ImportRun
from kb.services.undo.undo import undo_action
from kb.web.app import create_app
from tests.browser_sessions import PASSWORD, an_account, sign_in, token_of
from tests.group_factories import a_shared, as_, log_of
from tests.import_factories import act, as_group, bring_file, send_file
from tests.library_factories import an_empty_library


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    library = an_empty_library(tmp_path)
    for login in ("claire", "paul"):
        an_account(library, login)
    yield library
    library.close()


@pytest.fixture
def slug(library: Library) -> str:
    return a_shared(library).slug


@pytest.fixture
def claire(library: Library) -> Iterator[TestClient]:
    with ExitStack() as opened:
        client = opened.enter_context(TestClient(create_app(library), follow_redirects=False))
        sign_in(client, "claire", PASSWORD)
        yield client


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Imports of the browser in batches of 50 records."""
    monkeypatch.setattr("kb.services.imports.import_job_runner.ImportOptions", partial(ImportOptions, batch_size=50))


def test_an_import_is_logged_and_undone_as_a_whole(
    library: Library, slug: str, claire: TestClient, small_batches: None
) -> None:
    first = {"id": "q1", "title": "Les quais", "url": "https://exemple.fr/quais", "tags": ["port"]}
    bring_file(library, claire, slug, json.dumps(first))
    with library.store.read() as reading:
        before = reading.items.any_of(["q1"])["q1"]
    # Three batches; the item that was there is changed in the first and in the last one.
    changed = [json.dumps(first | {"title": f"Les quais {n}", "byline": f"B {n}"}) for n in (1, 2)]
    lines = [changed[0], *(json.dumps({"title": f"Signet {n}"}) for n in range(110)), changed[1]]
    address = bring_file(library, claire, slug, "\n".join(lines))
    catch_up(library)
    group = as_group(library, slug)
    assert log_of(library, group)[-1] == "imported"
    assert "signets ajoutés ou modifiés" in claire.get(f"/g/{slug}/log").text
    page = claire.get(address).text
    found = re.search(r'action="(/restore/[^"]+)"', page)
    assert found is not None, page
    answer = claire.post(found[1], data={"form_token": token_of(claire, "/account")})
    assert answer.status_code == 303
    with library.store.read() as reading:
        assert list(reading.items.ids()) == ["q1"]
        after = reading.items.any_of(["q1"])["q1"]
    assert (after.title, after.byline, after.tags) == (before.title, before.byline, before.tags)
    assert "/restore/" not in claire.get(address).text


def test_what_others_have_changed_since_stays_when_an_import_is_undone(
    library: Library, slug: str, claire: TestClient
) -> None:
    bring_file(library, claire, slug, '{"id": "q1", "title": "Un"}\n{"id": "q2", "title": "Deux"}')
    write_annotation(library, as_(library, "claire"), "q2", AnnotationFields(body="Une remarque."))
    with library.store.read() as reading:
        (held,) = reading.intakes.of_person(as_(library, "claire").user_id or "")
    assert held.report.undo is not None
    undone = undo_action(library, as_(library, "claire"), held.report.undo)
    assert (undone.done, undone.not_undone) == (0, 1)
    with library.store.read() as reading:
        assert list(reading.items.ids()) == ["q2"]


def test_an_import_that_was_interrupted_is_undone_with_its_second_run(
    library: Library, slug: str, claire: TestClient, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "\n".join(json.dumps({"title": f"Signet {n}"}) for n in range(110))
    address = str(send_file(claire, slug, lines).headers["location"])
    run_due_import_jobs(library)
    act(claire, address, "bring")
    batches: list[int] = []
    take = ImportRun.take

    def killed(*given: Any) -> None:
        if len(batches) == 1:
            raise Unavailable("The disk is full.")
        batches.append(1)
        take(*given)

    with monkeypatch.context() as patched:
        patched.setattr(ImportRun, "take", killed)
        with pytest.raises(Unavailable):
            run_due_import_jobs(library)
    with library.store.read() as reading:
        assert len(list(reading.items.ids())) == 50
    run_due_import_jobs(library)
    with library.store.read() as reading:
        assert len(list(reading.items.ids())) == 110
        (held,) = reading.intakes.of_person(as_(library, "claire").user_id or "")
    assert held.report.undo is not None
    undo_action(library, as_(library, "claire"), held.report.undo)
    with library.store.read() as reading:
        assert list(reading.items.ids()) == []


def test_an_import_ends_where_its_person_is_removed_and_tells_what_is_done(
    library: Library, slug: str, claire: TestClient, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "\n".join(json.dumps({"title": f"Signet {n}"}) for n in range(750))
    address = str(send_file(claire, slug, lines).headers["location"])
    run_due_import_jobs(library)
    act(claire, address, "bring")
    batches: list[int] = []
    take = ImportRun.take

    def remove_after_the_first(*given: Any) -> None:
        if batches:
            with library.store.joined(given[4]).write() as writing:
                writing.groups.drop_member(as_(library, "claire").user_id or "", as_group(library, slug).id)
        batches.append(1)
        take(*given)

    monkeypatch.setattr(ImportRun, "take", remove_after_the_first)
    run_due_import_jobs(library)
    monkeypatch.setattr(ImportRun, "take", take)
    with library.store.read() as reading:
        assert len(list(reading.items.ids())) == 100
    assert "100 signets ajoutés" in claire.get(address).text
    assert log_of(library, as_group(library, slug))[-1] == "imported"
