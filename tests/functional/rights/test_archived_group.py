"""An archived group: its content can be read and not changed, even by a form that was opened before."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.indexer import catch_up
from kb.model.people.group import Visibility
from kb.services.core.library import Library
from kb.services.groups.group_states import archive_group
from kb.settings import default_settings_in
from kb.site import create_app
from tests.factories.library import a_catalogue
from tests.functional.rights.caller_rights import Right
from tests.functional.rights.rights_table import ROUTES, changes, rows_of
from tests.functional.rights.store_contents import store_contents
from tests.functional.rights.walked_site import GROUPS, Asker, filled, outcome, put_files
from tests.support.databases import filled_store

OWNER, OPEN = Asker("W"), Visibility.EVERYONE
WRITES = {Right.CONTRIBUTE, Right.OWN, Right.MANAGE}
UNTOUCHED = {"/saved/new", "/g/{group}/settings", "/g/{group}/deletion"}
"""Routes that show their form again, or have a test of their own."""


@contextmanager
def an_archived_site() -> Iterator[TestClient]:
    with (
        TemporaryDirectory() as data,
        filled_store(filled) as store,
        closing(Library(store, a_catalogue(), replace(default_settings_in(Path(data)), rate_write=0))) as library,
    ):
        put_files(library)
        catch_up(library)
        for group in GROUPS.values():
            archive_group(library, OPERATOR, group.slug)
        yield TestClient(create_app(library), follow_redirects=False)


@pytest.fixture(scope="module")
def site() -> Iterator[TestClient]:
    with an_archived_site() as client:
        yield client


READING = [
    (method, path)
    for method, path in ROUTES
    if not changes(method, path) and rows_of(method, path)[0].right is Right.READ
]


@pytest.mark.parametrize("route", READING, ids=" ".join)
def test_an_archived_group_is_read(site: TestClient, route: tuple[str, str]) -> None:
    answer = OWNER.ask(site, "GET", rows_of(*route)[0], OPEN)
    assert outcome(answer) == "done"
    if route[1] in {"/g/{group}", "/g/{group}/tags", "/g/{group}/members", "/g/{group}/lists", "/items/{id}"}:
        assert "Ce groupe est archivé depuis le" in answer.text


def is_write(method: str, path: str) -> bool:
    vocabulary = "/vocabulary/" in path or path.endswith("/tags/edit")
    rights = {row.right for row in rows_of(method, path)}
    return changes(method, path) and path not in UNTOUCHED and (vocabulary or bool(rights & WRITES))


@pytest.mark.parametrize("route", [key for key in ROUTES if is_write(*key)], ids=" ".join)
def test_no_form_changes_an_archived_group(site: TestClient, route: tuple[str, str]) -> None:
    before = store_contents(site)
    for row in rows_of(*route):
        if row.right in WRITES or "/vocabulary/" in row.address or "/tags/edit" in row.address:
            answer = OWNER.ask(site, route[0], row, OPEN)
            assert outcome(answer) in {"refused", "absent"} or "archivé" in answer.text, (row, answer.status_code)
            if outcome(answer) == "refused":
                assert "est archivé" in answer.text or "is archived" in answer.text, answer.text
            assert store_contents(site) == before, row


def test_only_owners_and_administrators_unarchive_a_group() -> None:
    with an_archived_site() as site:
        page = OWNER.ask(site, "GET", rows_of("GET", "/g/{group}/settings")[0], OPEN)
        assert "Rouvrir le groupe" in page.text
        assert 'name="name"' not in page.text
        row = rows_of("POST", "/g/{group}/settings")[0]
        assert outcome(OWNER.ask(site, "POST", row, OPEN)) == "refused"
        for letter, outcome_expected in (("O", "refused"), ("W", "done"), ("D", "done")):
            opening = type(row)(row.address, row.right, {"act": "unarchive"})
            assert outcome(Asker(letter).ask(site, "POST", opening, OPEN)) == outcome_expected
        assert outcome(OWNER.ask(site, "POST", row, OPEN)) == "done"
