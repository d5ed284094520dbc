"""A whole database is copied and verified, and replaces another one that is in use."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kb.access.actor import AccessScope
from kb.errors import Conflict, Invalid, Unavailable
from kb.site import feature_stores, migrate, open_store
from kb.store import Store, database_identity
from kb.store.maintenance.database_copy import (
    NotADatabase,
    copy_database_file,
    copy_live_database,
    database_path,
    examine_database,
    is_base,
)
from kb.store.maintenance.database_restore import prepare_database, replace_database, require_restore_target
from tests.factories.items import a_base, a_group, an_annotation, an_item
from tests.support.later_version import LATER_SCHEMA, later_version

EVERYTHING = AccessScope(everything=True)


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def filled(path: Path, *ids: str) -> str:
    """The address of a database with these items."""
    store = a_base(url=url_of(path))
    with store.write() as writing:
        writing.items.add(
            [
                an_item(id=id_, order=place, tags=["eau"], annotations=[an_annotation(id=f"{id_}-a")])
                for place, id_ in enumerate(ids, 1)
            ]
        )
    store.close()
    return url_of(path)


def item_ids(store: Store) -> list[str]:
    with store.read() as reading:
        return [item.id for item in reading.items.stream(EVERYTHING)]


def sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A database of two items that is ready to be restored."""
    path = tmp_path / "prête" / "base"
    path.parent.mkdir()
    copy_live_database(filled(tmp_path / "origine.sqlite", "neuf", "dix"), path, feature_stores())
    prepare_database(path, feature_stores())
    return path


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Store]:
    """A database of three items that is in use."""
    store = open_store(filled(tmp_path / "store.sqlite", "un", "deux", "trois"))
    yield store
    store.close()


def test_a_copy_holds_what_is_committed_and_nothing_of_what_is_under_way(live: Store, tmp_path: Path) -> None:
    with live.write() as writing:
        writing.items.add([an_item(id="quatre", order=4)])
        copy_live_database(url_of(live.database.path), tmp_path / "copie", feature_stores())
    contents = examine_database(tmp_path / "copie")
    assert (contents.counts["items"], contents.counts["annotations"], contents.change) == (3, 3, 3)
    assert contents.counts["groups"] == 2
    assert item_ids(live) == ["un", "deux", "trois", "quatre"]


def test_removed_items_are_not_in_a_copy(live: Store, tmp_path: Path) -> None:
    with live.write() as writing:
        writing.items.add([an_item("Secret à oublier", id="quatre", order=4)])
    with live.write() as writing:
        writing.items.remove(["quatre"])
    copy_live_database(url_of(live.database.path), tmp_path / "copie", feature_stores())
    assert b"Secret" not in (tmp_path / "copie").read_bytes()


def test_a_missing_or_newer_database_cannot_be_copied(live: Store, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no database here"):
        copy_live_database(url_of(tmp_path / "absente"), tmp_path / "copie", feature_stores())
    assert not (tmp_path / "absente").exists()
    sql(live.database.path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Unavailable, match="newer"):
        copy_live_database(url_of(live.database.path), tmp_path / "copie", feature_stores())
    with pytest.raises(Invalid):
        database_path("sqlite:///:memory:")


@pytest.mark.parametrize(
    "act",
    [
        "CREATE TRIGGER piège AFTER INSERT ON items BEGIN DELETE FROM groups; END",
        "CREATE VIEW vue AS SELECT 1",
        "CREATE VIRTUAL TABLE textes USING fts5(texte)",
        "DROP TABLE changes",
        "DROP TABLE alembic_version",
        "DELETE FROM alembic_version",
        "INSERT INTO item_tags VALUES (99, 0, 'sans signet')",
    ],
)
def test_a_database_of_another_program_is_refused(ready: Path, act: str) -> None:
    sql(ready, "PRAGMA foreign_keys=OFF", act)
    with pytest.raises(NotADatabase):
        examine_database(ready)


def test_a_database_that_lacks_a_column_after_migration_is_refused(ready: Path) -> None:
    sql(ready, "ALTER TABLE items DROP COLUMN byline")
    examine_database(ready)
    with pytest.raises(NotADatabase):
        prepare_database(ready, feature_stores())


@pytest.mark.parametrize("place", [0, 20, 100, 4096, 8192])
def test_a_truncated_database_is_refused(ready: Path, place: int) -> None:
    whole = ready.read_bytes()
    ready.write_bytes(whole[:place] + b"\xa5" * 80 + whole[place + 80 :])
    with pytest.raises(NotADatabase):
        examine_database(ready)


def test_a_file_that_is_no_database_is_recognized(ready: Path, tmp_path: Path) -> None:
    (tmp_path / "lettre").write_text("Bonjour", encoding="utf-8")
    assert is_base(ready)
    assert not is_base(tmp_path / "lettre")
    with pytest.raises(NotADatabase):
        copy_database_file(tmp_path / "lettre", tmp_path / "copie")


def test_examining_changes_nothing_beside_the_file(ready: Path) -> None:
    before = ready.read_bytes()
    examine_database(ready)
    assert ready.read_bytes() == before
    assert [path.name for path in ready.parent.iterdir() if path.name.startswith("base-")] == []


def test_an_older_database_is_migrated(tmp_path: Path, ready: Path) -> None:
    with later_version(tmp_path):
        assert "shelves" not in examine_database(ready).counts
        assert prepare_database(ready, feature_stores()).counts["shelves"] == 0
        assert examine_database(ready).schema == LATER_SCHEMA
        replace_database(url_of(tmp_path / "ici"), ready, feature_stores(), replace=False)
        store = open_store(url_of(tmp_path / "ici"))
        assert item_ids(store) == ["neuf", "dix"]
        store.close()


def test_open_snapshots_keep_the_old_database_and_later_ones_see_the_new_one(
    live: Store, ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The snapshot stays open as long as it is waited for.
    monkeypatch.setattr("kb.store.maintenance.database_copy._WAIT", 0.1)
    with live.read() as reading:
        assert reading.items.count(EVERYTHING) == 3
        placed = replace_database(url_of(live.database.path), ready, feature_stores(), replace=True)
        assert [item.id for item in reading.items.stream(EVERYTHING)] == ["un", "deux", "trois"]
    assert item_ids(live) == ["neuf", "dix"]
    assert placed.contents.counts["items"] == 2
    with live.write() as writing:
        writing.items.add([an_item(id="onze", order=writing.items.next_order())])
    assert item_ids(live) == ["neuf", "dix", "onze"]
    assert (
        examine_database(live.database.path.with_name(placed.former.name if placed.former else "")).counts["items"] == 3
    )


def test_a_restored_database_has_a_new_identity(live: Store, ready: Path) -> None:
    with live.read() as reading:
        before, since = database_identity(reading.meta), reading.groups.changed_at(["g-physique"])
    replace_database(url_of(live.database.path), ready, feature_stores(), replace=True)
    with live.read() as reading:
        after = database_identity(reading.meta)
        # A client that asks for changes since its last visit must get them.
        assert (reading.groups.changed_at(["g-physique"]) or "") > (since or "")
    assert after not in ("", before)
    prepare_database(ready, feature_stores())
    replace_database(url_of(live.database.path), ready, feature_stores(), replace=True)
    with live.read() as reading:
        assert database_identity(reading.meta) not in ("", before, after)


def test_a_database_with_items_is_replaced_only_if_requested(live: Store, ready: Path) -> None:
    url = url_of(live.database.path)
    with pytest.raises(Conflict, match="holds 3 items"):
        require_restore_target(url, feature_stores(), replace=False)
    with pytest.raises(Conflict, match="holds 3 items"):
        replace_database(url, ready, feature_stores(), replace=False)
    assert item_ids(live) == ["un", "deux", "trois"]
    require_restore_target(url, feature_stores(), replace=True)
    assert list(live.database.path.parent.glob("*before-restore*")) == []


def test_an_empty_database_is_replaced_without_a_copy(tmp_path: Path, ready: Path) -> None:
    migrate(url_of(tmp_path / "vide"))
    require_restore_target(url_of(tmp_path / "vide"), feature_stores(), replace=False)
    assert replace_database(url_of(tmp_path / "vide"), ready, feature_stores(), replace=False).former is None


def test_a_database_with_people_but_no_items_is_copied(tmp_path: Path, ready: Path) -> None:
    a_base(url=url_of(tmp_path / "base")).close()
    former = replace_database(url_of(tmp_path / "base"), ready, feature_stores(), replace=False).former
    assert former is not None
    assert examine_database(former).counts["users"] == 2


def test_each_replaced_database_is_kept_under_its_own_name(live: Store, ready: Path) -> None:
    former_paths = [
        replace_database(url_of(live.database.path), ready, feature_stores(), replace=True).former for _ in range(3)
    ]
    assert len(set(former_paths)) == 3
    assert [examine_database(path).counts["items"] for path in former_paths if path] == [3, 2, 2]


@pytest.mark.parametrize("size", [512, 8192])
def test_pages_of_another_size_are_no_obstacle(tmp_path: Path, ready: Path, size: int) -> None:
    place = tmp_path / "pages"
    filled(place, "un")
    sql(place, "PRAGMA journal_mode=DELETE", f"PRAGMA page_size={size}", "VACUUM")
    store = open_store(url_of(place))
    replace_database(url_of(place), ready, feature_stores(), replace=True)
    assert item_ids(store) == ["neuf", "dix"]
    store.close()
    assert examine_database(place).counts["items"] == 2


@pytest.mark.parametrize("damage", ["start", "middle", "cut"])
def test_a_damaged_database_is_renamed_with_its_write_ahead_log(live: Store, ready: Path, damage: str) -> None:
    path = live.database.path
    item_ids(live)
    live.database.rest()
    whole = path.read_bytes()
    torn = {
        "start": b"\xa5" * 4096 + whole[4096:],
        "middle": whole[:4096] + b"\xa5" * (len(whole) - 4096),
        "cut": whole[: len(whole) // 2],
    }[damage]
    path.write_bytes(torn)
    path.with_name(f"{path.name}-wal").write_bytes(b"un reste")
    url = url_of(path)
    with pytest.raises(Unavailable, match="damaged"):
        replace_database(url, ready, feature_stores(), replace=False)
    if damage == "start":
        with pytest.raises(Unavailable, match="damaged"):
            require_restore_target(url, feature_stores(), replace=False)
        require_restore_target(url, feature_stores(), replace=True)
    former = replace_database(url, ready, feature_stores(), replace=True).former
    assert former is not None
    assert item_ids(live) == ["neuf", "dix"]
    with live.write() as writing:
        writing.items.add([an_item(id="onze", order=writing.items.next_order())])
    live.database.rest()
    assert examine_database(path).counts["items"] == 3
    assert former.exists()


def test_writers_wait_while_a_database_is_replaced(live: Store, ready: Path) -> None:
    url = url_of(live.database.path)
    begun, finished = threading.Event(), []

    def write() -> None:
        begun.set()
        with live.write() as writing:
            writing.groups.add(a_group("tard"))
            finished.append(database_identity(writing.meta))

    writer = threading.Thread(target=write)
    with live.write() as writing:
        writer.start()
        begun.wait()
        before = database_identity(writing.meta)
        replacing = threading.Thread(
            target=replace_database, args=(url, ready, feature_stores()), kwargs={"replace": True}
        )
        replacing.start()
        writer.join(0.2)
        assert not finished
    writer.join()
    replacing.join()
    assert len(finished) == 1
    with live.read() as reading:
        assert database_identity(reading.meta) != before
        # Whichever ran first, the database holds all of one state.
        assert (reading.groups.by_slug("tard") is not None) == (finished[0] != before)
    assert sorted(item_ids(live)) == ["dix", "neuf"]


def test_another_program_that_locks_the_database_is_reported(
    live: Store, ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.store.maintenance.database_copy._WAIT", 0.1)
    with closing(sqlite3.connect(live.database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="Another program holds the database"):
            replace_database(url_of(live.database.path), ready, feature_stores(), replace=True)
    assert item_ids(live) == ["un", "deux", "trois"]
    assert list(live.database.path.parent.glob("*before-restore*")) == []
