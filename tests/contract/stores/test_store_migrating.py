"""Migrations that change rows."""

import sqlite3
from contextlib import closing
from pathlib import Path

from kb.model.people.account import Account
from kb.store import migrate, open_store
from tests.factories.items import a_group, a_user

NOW = "2026-01-01T09:00:00.000000Z"
BACK_TO_0006 = (
    "ALTER TABLE annotations DROP COLUMN reply_to",
    *(f"ALTER TABLE annotations DROP COLUMN {name}" for name in ("updated", "tags", "selectors")),
    "ALTER TABLE items DROP COLUMN pieces",
    "ALTER TABLE groups DROP COLUMN former_slugs",
    "ALTER TABLE groups DROP COLUMN archived_at",
    "ALTER TABLE groups DROP COLUMN deleted_at",
    "ALTER TABLE list_entries DROP COLUMN added_at",
    "ALTER TABLE accounts DROP COLUMN active_at",
    "ALTER TABLE accounts DROP COLUMN last_visit_at",
    "ALTER TABLE tokens DROP COLUMN default_group_id",
    "DROP TABLE item_files",
    "DROP TABLE file_quotas",
    "DROP TABLE imported_names",
    "DROP TABLE daily_views",
    "DROP TABLE harvest_records",
    "DROP INDEX items_added",
    "DROP INDEX annotations_added",
    "ALTER TABLE accounts DROP COLUMN unverified_email",
    "ALTER TABLE invitations DROP COLUMN sent",
    "ALTER TABLE acts DROP COLUMN person_id",
    "ALTER TABLE letters DROP COLUMN recipient_id",
    "ALTER TABLE letters DROP COLUMN about_id",
    "ALTER TABLE letters DROP COLUMN state",
    "ALTER TABLE letters DROP COLUMN answer",
    "DROP INDEX letters_invitation",
    "ALTER TABLE letters DROP COLUMN invitation_id",
    "UPDATE alembic_version SET version_num = '0006'",
)


def test_the_log_of_before_refers_to_imported_authors_by_id(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    url = f"sqlite:///{path}"
    migrate(url)
    people = [a_user("odilon", "Odilon Vachon"), a_user("jean", "Jean"), a_user("jean-2", "Jean")]
    with closing(open_store(url)) as store, store.write() as writing:
        writing.groups.add(a_group("lectures"))
        writing.users.add([*people, a_user("claire", "Claire")])
        writing.accounts.add(Account(a_user("claire", "Claire"), None, False, False, NOW))
    lines = (
        ("attributed", "Odilon Vachon"), ("attributed", "Jean"), ("attributed", "Claire"), ("attributed", "Parti"),
        ("declined", "odilon"), ("declined", "personne"), ("hidden", "item Odilon Vachon"),
    )  # fmt: skip
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in BACK_TO_0006:
            connection.execute(statement)
        rows = [(NOW, act, detail) for act, detail in lines]
        connection.executemany("INSERT INTO acts (at, act, detail) VALUES (?, ?, ?)", rows)
    migrate(url)
    with closing(open_store(url)) as store, store.read() as reading:
        entries = [(act.detail, act.person_id) for _, act in reading.moderation.log_entries()][::-1]
    assert entries == [
        ("Odilon Vachon", people[0].id),
        ("Jean", None),
        ("Claire", None),
        ("Parti", None),
        (None, people[0].id),
        (None, None),
        ("item Odilon Vachon", None),
    ]


def test_a_copy_of_an_older_file_is_kept_before_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    url = f"sqlite:///{path}"
    migrate(url)
    assert list(tmp_path.glob("*before-migration*")) == []
    with closing(open_store(url)) as store, store.write() as writing:
        writing.groups.add(a_group("lectures"))
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in BACK_TO_0006:
            connection.execute(statement)
    migrate(url)
    former = tmp_path / "store.sqlite.before-migration-0006"
    assert former.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(former)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0006",)
        assert connection.execute("SELECT slug FROM groups").fetchone() == ("lectures",)
    migrate(url)
    assert [path.name for path in tmp_path.glob("*before-migration*")] == [former.name]
