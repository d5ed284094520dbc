"""A deleted group: nobody finds it, its owners can restore it for 30 days, then it is deleted permanently."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from kb.access.actor import OPERATOR
from kb.errors import Conflict, NotFound
from kb.indexer import catch_up
from kb.model.people.group import Visibility
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import Library
from kb.services.groups import group_states
from kb.services.groups.group_states import DELETED_GROUP_DAYS, archive_group, delete_group, restore_group
from kb.services.groups.group_views import add_group
from kb.settings import default_settings_in
from kb.site import create_app
from kb.store.personal_data.erasure import Erasure
from kb.store.tables.group_tables import groups
from kb.store.tables.table_columns import metadata
from tests.factories.library import a_catalogue
from tests.functional.rights.caller_rights import EVERYBODY, Right, Row
from tests.functional.rights.rights_table import ROUTES, changes, rows_of
from tests.functional.rights.store_contents import store_contents
from tests.functional.rights.walked_site import GROUPS, Asker, filled, outcome, word_of
from tests.support.databases import filled_store

OPEN, OWNER = Visibility.EVERYONE, Asker("W")
DELETION = Row("/g/{group}/deletion", Right.MANAGE)
LATER = timedelta(days=DELETED_GROUP_DAYS, minutes=1)


@pytest.fixture
def library() -> Iterator[Library]:
    # An owner sends every kind of form here within a moment.
    settings = replace(default_settings_in(Path()), rate_write=0)
    with (
        filled_store(filled) as store,
        closing(Library(store, a_catalogue(), settings)) as library,
    ):
        catch_up(library)
        yield library


@pytest.fixture
def site(library: Library) -> TestClient:
    return TestClient(create_app(library), follow_redirects=False)


def send(site: TestClient, letter: str, act: str) -> str:
    return outcome(Asker(letter).ask(site, "POST", replace(DELETION, fields={"act": act}), OPEN))


def test_an_owner_deletes_a_group_after_a_question_and_restores_it(library: Library, site: TestClient) -> None:
    slug = GROUPS[OPEN].slug
    settings = OWNER.ask(site, "GET", Row("/g/{group}/settings", Right.MANAGE), OPEN).text
    assert f'href="/g/{slug}/deletion"' in settings
    question = OWNER.ask(site, "GET", DELETION, OPEN).text
    assert f'href="/g/{slug}/export"' in question
    assert "30 jours" in question
    for letter, outcome_expected in {"A": "asked to sign in", "S": "refused", "O": "refused", "W": "done"}.items():
        assert send(site, letter, "delete") == outcome_expected
    answer = OWNER.ask(site, "GET", DELETION, OPEN)
    assert "Restaurer le groupe" in answer.text
    assert f'href="/g/{slug}/deletion"' in OWNER.ask(site, "GET", Row("/", Right.ANYONE), OPEN).text
    assert (
        f'href="/g/{slug}/deletion"'
        in Asker("D").ask(site, "GET", Row("/admin/groups", Right.ADMINISTRATOR), OPEN).text
    )
    for letter in "ASRMO":
        assert outcome(Asker(letter).ask(site, "GET", DELETION, OPEN)) == "absent"
        assert send(site, letter, "restore") == "absent"
        assert slug not in Asker(letter).ask(site, "GET", Row("/", Right.ANYONE), OPEN).text
    assert send(site, "D", "restore") == "done"
    assert send(site, "D", "restore") == "absent"
    assert outcome(Asker("A").ask(site, "GET", Row("/g/{group}", Right.READ), OPEN)) == "done"
    with library.store.read() as reading:
        group = reading.groups.by_slug(slug)
        assert group == GROUPS[OPEN]
        events = [entry.action for _, entry in reading.moderation.log_entries(GROUPS[OPEN].id)]
    assert events[:2] == ["group-restored", "group-deleted"]


@pytest.mark.parametrize("letter", EVERYBODY)
def test_a_deleted_group_is_found_by_no_user(library: Library, site: TestClient, letter: str) -> None:
    delete_group(library, OPERATOR, GROUPS[OPEN].slug)
    for method, path in ROUTES:
        row = rows_of(method, path)[0]
        if method == "GET" and (row.right is Right.READ or row.shows):
            answer = Asker(letter).ask(site, method, row, OPEN)
            assert row.shows or outcome(answer) == "absent", (path, answer.status_code)
            if row.shows and (path, letter) != ("/", "W"):
                # Its owner sees the link that restores it there.
                assert word_of(OPEN) not in answer.text, path
            assert f"Un titre {word_of(OPEN)}" not in answer.text, path


def test_no_form_opened_before_changes_a_deleted_group(library: Library, site: TestClient) -> None:
    delete_group(library, OPERATOR, GROUPS[OPEN].slug)
    before = store_contents(site)
    for method, path in ROUTES:
        for row in rows_of(method, path):
            if changes(method, path) and row.right in {Right.CONTRIBUTE, Right.MODERATE, Right.MANAGE, Right.JOIN}:
                answer = OWNER.ask(site, method, row, OPEN)
                assert (
                    outcome(answer) == "absent"
                    or answer.status_code in {400, 409, 422, 415}
                    or path in {"/bulk", "/saved/new"}
                ), (
                    row,
                    answer.status_code,
                )
                assert store_contents(site) == before, row


def test_a_deleted_group_is_deleted_permanently_in_portions_that_a_kill_does_not_stop(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, now = GROUPS[OPEN], datetime.now(UTC)
    archive_group(library, OPERATOR, group.slug)
    delete_group(library, OPERATOR, group.slug)
    with pytest.raises(Conflict):
        add_group(library, OPERATOR, group.slug)
    assert purge_expired_data(library, now + LATER - timedelta(hours=1)).groups == 0
    monkeypatch.setattr(group_states, "_BATCH", 1)
    with monkeypatch.context() as patch:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(Erasure, "library", killed)
        with pytest.raises(KeyboardInterrupt):
            purge_expired_data(library, now + LATER)
    with library.store.read() as reading:
        assert reading.groups.by_slug(group.slug) is not None
        assert reading.items.any_of([f"i-{group.slug}"]) == {}
    assert purge_expired_data(library, now + LATER).groups == 1
    assert purge_expired_data(library, now + LATER).groups == 0
    with library.store.read() as reading:
        connection = reading.groups.connection
        for table in metadata.sorted_tables:
            rows = connection.execute(select(table)).all()
            if table.name == "harvest_records":
                # Portals that harvested the item learn that it is deleted, under its id.
                assert all(row.withdrawn for row in rows if row.public_group_id == group.id)
            elif table.name not in {"changes", "audit_log"}:
                assert not any(group.slug in str(value) for row in rows for value in row), table.name
        assert connection.execute(select(groups).where(groups.c.id == group.id)).all() == []
        assert [entry.action for _, entry in reading.moderation.log_entries(None)][:1] == ["group-purged"]
    catch_up(library)
    assert add_group(library, OPERATOR, group.slug).slug == group.slug


def test_a_group_is_not_restored_after_its_time(library: Library) -> None:
    group = GROUPS[OPEN]
    delete_group(library, OPERATOR, group.slug)
    with library.store.write() as writing:
        deleted = writing.groups.by_slug(group.slug)
        assert deleted
        writing.groups.update(replace(deleted, deleted_at="2020-01-01T00:00:00.000000Z"))
    with pytest.raises(NotFound):
        restore_group(library, OPERATOR, group.slug)
