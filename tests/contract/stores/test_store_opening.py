"""A database is created, upgraded, opened or refused, and is never left half done."""

import sqlite3
import uuid
from pathlib import Path
from unittest.mock import patch

import pytest
from alembic.runtime.migration import MigrationContext

from kb.access.actor import AccessScope
from kb.errors import Invalid, Unavailable
from kb.site import migrate, open_store
from kb.store.maintenance import migration
from kb.store.maintenance.migration import SCHEMA
from tests.factories.items import a_base, an_item
from tests.support.later_version import later_version

pytestmark = pytest.mark.sqlite
FAILING = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "9000", "%s"


def upgrade() -> None:
    op.add_column("items", sa.Column("colour", sa.Text))
    op.create_table("shelves", sa.Column("id", sa.Text, primary_key=True))
    op.execute("INSERT INTO shelves VALUES ('une')")
    op.execute("DELETE FROM meta WHERE key = 'authority'")
    op.drop_table("index_failures")
    raise ZeroDivisionError("half way")
""".replace("%s", SCHEMA)


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def whole_base(path: Path) -> list[str]:
    with sqlite3.connect(path) as connection:
        dump = list(connection.iterdump())
    connection.close()
    return dump


def test_migrate_creates_the_folder_and_the_database_and_can_be_repeated(tmp_path: Path) -> None:
    path = tmp_path / "données de l'été" / "100 %" / "base é.sqlite"
    migrate(url_of(path))
    before = whole_base(path)
    migrate(url_of(path))
    assert whole_base(path) == before
    store = open_store(url_of(path))
    with store.read() as reading:
        assert reading.items.count(AccessScope(everything=True)) == 0
    store.close()


def test_each_database_has_a_permanent_authority(tmp_path: Path) -> None:
    authorities = []
    for name in ("une", "autre", "une"):
        migrate(url_of(tmp_path / name))
        store = open_store(url_of(tmp_path / name))
        with store.read() as reading:
            authorities.append(reading.meta.get("authority"))
        store.close()
    assert authorities[0] == authorities[2] != authorities[1]
    assert [str(uuid.UUID(text or "")) for text in authorities] == authorities


def test_a_migration_that_fails_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = a_base(url=url_of(path))
    with store.write() as writing:
        writing.items.add([an_item()])
    store.close()
    before = whole_base(path)
    with later_version(tmp_path, FAILING) as migrations:
        with pytest.raises(ZeroDivisionError):
            migrate(url_of(path))
        assert whole_base(path) == before
        (failing,) = migrations.rglob("m9000*.py")
        failing.write_text(FAILING.replace("raise", "assert True or"))
        migrate(url_of(path))
        assert "CREATE TABLE shelves" in "".join(whole_base(path))


def test_a_database_that_cannot_be_created_is_left_empty(tmp_path: Path) -> None:
    # This process copies a schema that it has created once.
    with (
        patch.object(migration, "SCHEMA", "never created"),
        patch.object(MigrationContext, "stamp", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        migrate(url_of(tmp_path / "store.sqlite"))
    assert whole_base(tmp_path / "store.sqlite") == ["BEGIN TRANSACTION;", "COMMIT;"]


def test_a_database_newer_than_the_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    migrate(url_of(path))
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = whole_base(path)
    with pytest.raises(Unavailable, match="newer"):
        open_store(url_of(path))
    with pytest.raises(Unavailable, match="newer"):
        migrate(url_of(path))
    assert whole_base(path) == before


def test_a_database_older_than_the_program_requires_its_migration(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    migrate(url_of(path))
    before = whole_base(path)
    with later_version(tmp_path), pytest.raises(Unavailable, match="older"):
        open_store(url_of(path))
    assert whole_base(path) == before


def test_opening_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no database here"):
        open_store(url_of(tmp_path / "absent" / "store.sqlite"))
    (tmp_path / "empty").touch()
    with pytest.raises(Unavailable, match="no database here"):
        open_store(url_of(tmp_path / "empty"))
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
    assert (tmp_path / "empty").read_bytes() == b""


def test_a_file_that_is_no_database_is_reported(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("Chère Émilie, " * 500)
    for act in (open_store, migrate):
        with pytest.raises(Unavailable, match="not a database"):
            act(url_of(tmp_path / "letter"))
        with pytest.raises(Unavailable):
            act(url_of(tmp_path))
    with pytest.raises(Unavailable, match="folder"):
        migrate(url_of(tmp_path / "letter" / "store.sqlite"))
    assert (tmp_path / "letter").read_text() == "Chère Émilie, " * 500


def test_a_damaged_database_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = a_base(url=url_of(path))
    with store.write() as writing:
        writing.items.add([an_item(id=f"i{number}", description="mot " * 400) for number in range(200)])
    store.close()
    spoilt = bytearray(path.read_bytes())
    # The end of the file holds items; its start has the tables that opening reads.
    spoilt[-100_000:] = b"\x5a" * 100_000
    path.write_bytes(spoilt)
    store = open_store(url_of(path))
    with pytest.raises(Unavailable, match="damaged"), store.read() as reading:
        list(reading.items.stream(AccessScope(everything=True)))
    store.close()


@pytest.mark.parametrize(
    "url", ["", "base.sqlite", "postgresql://localhost/kb", "sqlite://host/base", "sqlite:///a?mode=ro", "://", "\0"]
)
def test_an_address_of_no_database_is_refused(url: str) -> None:
    for act in (open_store, migrate):
        with pytest.raises(Invalid, match="sqlite:///path"):
            act(url)


def test_in_memory_databases_are_separate_and_end_when_closed() -> None:
    first, other = a_base(), a_base()
    with first.write() as writing:
        writing.items.add([an_item()])
    with other.read() as reading:
        assert reading.items.count(AccessScope(everything=True)) == 0
    folder = first.database.path.parent
    assert folder.exists()
    first.close()
    other.close()
    assert not folder.exists()
