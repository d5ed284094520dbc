"""Expired data is purged after its retention period, and not sooner."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.access.actor import OPERATOR
from kb.errors import NotFound
from kb.model.people.account import Invitation, LinkPurpose, PendingOidcLogin, Session
from kb.services.admin import expired_data
from kb.services.admin.expired_data import PurgedCounts, purge_expired_data, purge_expired_data_until_stopped
from kb.services.background import background_tasks
from kb.services.background.background_tasks import BackgroundTask, supervise_task, task_states
from kb.services.core.library import Library
from kb.services.moderation.moderation_actions import hide_content, remove_content, report_content, restore_content
from kb.settings import default_settings_in
from kb.site import migrate, open_library
from kb.store import Rate, Store
from tests.factories.import_export import bring_records, items_in
from tests.factories.moderation import a_moderated_library, actor_of, annotations_of, person


@pytest.fixture
def library() -> Iterator[Library]:
    with a_moderated_library() as library:
        yield library


def in_days(days: float) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def count(store: Store, table: str) -> int:
    with store.database.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def test_the_trash_is_emptied_after_its_days_and_hidden_items_stay(library: Library) -> None:
    max_ = actor_of(library, "max")
    hidden, removed = hide_content(library, max_, "i1", "a3"), remove_content(library, max_, "i1", "a1")
    assert purge_expired_data(library, in_days(29.9)).trash == 0
    restore_content(library, max_, removed.id)
    removed = remove_content(library, max_, "i1", "a1")
    assert purge_expired_data(library, in_days(30.1)).trash == 1
    with pytest.raises(NotFound):
        restore_content(library, max_, removed.id)
    restore_content(library, max_, hidden.id)
    assert annotations_of(library) == ["a2", "a3", "a4"]


def test_the_days_of_the_trash_are_a_setting(library: Library) -> None:
    shorter = replace(library, settings=replace(library.settings, bin_days=2, log_days=1))
    remove_content(shorter, actor_of(library, "max"), "i1")
    assert purge_expired_data(shorter, in_days(0.9)).log == 0
    swept = purge_expired_data(shorter, in_days(1.9))
    assert swept.trash == 0
    assert swept.log > 0
    assert purge_expired_data(shorter, in_days(2.1)).trash == 1


def test_hidden_parts_of_a_purged_item_are_purged_with_it(library: Library) -> None:
    max_ = actor_of(library, "max")
    hide_content(library, max_, "i1", "a3")
    remove_content(library, max_, "i1")
    report_content(library, max_, "i2")
    hide_content(library, max_, "i2", None)
    purge_expired_data(library, in_days(31))
    assert count(library.store, "removed_content") == 1
    with library.store.write() as writing:
        writing.items.remove(["i1"])
    assert items_in(library) == []


def test_the_data_of_an_item_in_the_trash_is_no_orphan(library: Library) -> None:
    max_ = actor_of(library, "max")
    hide_content(library, max_, "i1", "a3")
    report_content(library, max_, "i1", "a1")
    purge_expired_data(library)
    assert (count(library.store, "removed_content"), count(library.store, "reports")) == (1, 1)
    with library.store.write() as writing:
        writing.items.remove(["i1"])
    purge_expired_data(library)
    assert (count(library.store, "removed_content"), count(library.store, "reports")) == (0, 0)


def test_the_audit_log_is_kept_for_half_a_year(library: Library) -> None:
    lines = count(library.store, "audit_log")
    assert purge_expired_data(library, in_days(179.9)).log == 0
    assert purge_expired_data(library, in_days(180.1)).log == lines
    assert count(library.store, "audit_log") == 0


def test_sessions_invitations_tries_and_views_end_in_their_time(library: Library) -> None:
    today = in_days(0)
    now, later = today.isoformat(), in_days(3).isoformat()
    claire = person(library, "claire").id
    with library.store.write() as writing:
        for name, until in (("court", now), ("long", later)):
            session = Session(name, claire, "", now, now, until)
            writing.credentials.add_session(session, f"h-{name}")
            writing.invitations.add(Invitation(name, LinkPurpose.ACCOUNT, now, until), f"h-{name}")
        writing.accounts.put_pending_login("h", PendingOidcLogin("n", "v", "/", None, now))
        writing.rate_limits.count([("vieux", Rate(1, 60))], time.time())
        assert writing.views_seen.is_new("vu", now[:10])
    purge_expired_data(library, today)
    tables = ("sessions", "invitations", "oidc_logins", "rate_limits", "views_seen")
    # One of the two records of each table expires now.
    assert [count(library.store, table) for table in tables] == [1, 1, 1, 1, 1]
    purge_expired_data(library, in_days(1))
    assert [count(library.store, table) for table in tables] == [1, 1, 0, 0, 0]
    purge_expired_data(library, in_days(4))
    assert [count(library.store, table) for table in tables] == [0, 0, 0, 0, 0]


def test_a_kill_half_way_leaves_the_rest_for_the_next_time(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    bring_records(library, *({"id": f"n{n}", "title": f"Titre {n}"} for n in range(7)))
    for n in range(7):
        remove_content(library, actor_of(library, "max"), f"n{n}")
    monkeypatch.setattr(expired_data, "_BATCH", 2)
    real, calls = expired_data.drop_removed_content, list[str]()

    def killed(writing: object, removal: object, content: object) -> None:
        calls.append("")
        if len(calls) == 4:
            raise KeyboardInterrupt
        real(writing, removal, content)  # type: ignore[arg-type]

    monkeypatch.setattr(expired_data, "drop_removed_content", killed)
    with pytest.raises(KeyboardInterrupt):
        purge_expired_data(library, in_days(31))
    # The transaction with the third and the fourth is rolled back.
    assert count(library.store, "removed_content") == 5
    monkeypatch.setattr(expired_data, "drop_removed_content", real)
    assert purge_expired_data(library, in_days(31)).trash == 5
    assert count(library.store, "removed_content") == 0


def test_two_processes_delete_unused_files_at_once(tmp_path: Path) -> None:
    settings = default_settings_in(tmp_path)
    migrate(settings.store_url)
    with closing(open_library(settings)) as first, closing(open_library(settings)) as other:
        bring_records(first, *({"id": f"n{n}", "title": f"Titre {n}"} for n in range(30)))
        for n in range(30):
            remove_content(first, OPERATOR, f"n{n}")
        swept = list[PurgedCounts]()
        threads = [
            threading.Thread(target=lambda library=library: swept.append(purge_expired_data(library, in_days(31))))
            for library in (first, other)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(each.trash for each in swept) == 30
        assert count(first.store, "removed_content") == 0


def test_the_background_process_purges_expired_data_and_survives_a_failure(
    library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried, stop = list[str](), threading.Event()

    def fails(_library: Library) -> None:
        tried.append("")
        if len(tried) == 2:
            stop.set()
        raise NotFound("gone")

    monkeypatch.setattr(expired_data, "_START_DELAY", 0.0)
    monkeypatch.setattr(background_tasks, "RESTART_PAUSES", (0.0,))
    monkeypatch.setattr(expired_data, "purge_expired_data", fails)
    task = BackgroundTask("expired-data", "", purge_expired_data_until_stopped)
    with task_states(tmp_path, [task]) as states:
        supervise_task(task, library, stop, states)
    assert len(tried) == 2
