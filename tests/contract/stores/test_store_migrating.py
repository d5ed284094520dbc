"""Databases of an earlier schema are copied and migrated; those of versions before 0.2.0 are refused."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from kb.errors import Unavailable
from kb.site import migrate, open_store
from kb.store.database.database import open_database
from kb.store.maintenance.migration import MIGRATIONS, SCHEMA
from kb.store.tables.table_columns import metadata
from tests.factories.items import a_base, a_group
from tests.support.databases import is_on_server
from tests.support.later_version import LATER_SCHEMA, later_version

FIRST_SCHEMA = Path(__file__).parents[2] / "fixtures" / "schemas" / "0022.sql"


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def statements_of(path: Path) -> set[tuple[str, ...]]:
    """The statements that make each table and index of a file, whatever the order of the columns of a table: one that
    is added comes last.
    """
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    packed = ((name, sql.translate(str.maketrans("", "", " \n\t"))) for name, sql in rows)
    parts = ((name, *re.split(r"\((.*)\)", sql, maxsplit=1)) for name, sql in packed)
    return {
        (name, head, *(sorted(columns.split(",")) if head.startswith("CREATETABLE") else [columns]), end)
        for name, head, columns, end in parts
    }


def made_by_the_first_schema(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(FIRST_SCHEMA.read_text(encoding="utf-8"))
        connection.execute("INSERT INTO meta VALUES ('authority', 'a')")
        connection.commit()
    return path


def test_the_migrations_of_the_first_schema_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    """A change of `kb.store.tables` needs a migration."""
    migrate(url_of(made_by_the_first_schema(tmp_path / "first")))
    migrate(url_of(tmp_path / "new"))
    assert statements_of(tmp_path / "first") == statements_of(tmp_path / "new")
    engine = create_engine(url_of(tmp_path / "first"))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [SCHEMA]


def test_a_new_database_has_the_tables_that_the_code_knows() -> None:
    """On PostgreSQL too."""
    store = a_base()
    with store.database.reading() as connection:
        options = {"include_name": lambda name, *_: name != "alembic_version"}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    store.close()


def test_a_copy_of_an_older_file_is_kept_before_it_is_migrated(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    url = url_of(path)
    migrate(url)
    assert list(tmp_path.glob("*before-migration*")) == []
    with closing(open_store(url)) as store, store.write() as writing:
        writing.groups.add(a_group("lectures"))
    with later_version(tmp_path):
        migrate(url)
        former = tmp_path / f"store.sqlite.before-migration-{SCHEMA}"
        assert former.stat().st_mode & 0o077 == 0
        with closing(sqlite3.connect(former)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (SCHEMA,)
            assert connection.execute("SELECT slug FROM groups").fetchone() == ("lectures",)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (LATER_SCHEMA,)
            assert connection.execute("SELECT count(*) FROM shelves").fetchone() == (0,)
            assert connection.execute("SELECT slug FROM groups").fetchone() == ("lectures",)
        migrate(url)
        assert [path.name for path in tmp_path.glob("*before-migration*")] == [former.name]


@pytest.mark.parametrize("schema", ["0001", "0006", "0021"])
@pytest.mark.parametrize("journal", ["WAL", "DELETE"])
def test_a_database_of_a_version_before_the_first_schema_is_only_read(
    tmp_path: Path, schema: str, journal: str
) -> None:
    path = made_by_the_first_schema(tmp_path / "store.sqlite")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (schema,))
        connection.commit()
        connection.execute(f"PRAGMA journal_mode={journal}")
    before = path.read_bytes()
    for opened in (migrate, open_store):
        with pytest.raises(Unavailable, match=r"before 0\.2\.0"):
            opened(url_of(path))
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_database_of_a_server_before_the_first_schema_is_refused() -> None:
    if not is_on_server():
        pytest.skip("a database of a server")
    from tests.support.postgres import new_database

    url = new_database()
    with closing(open_database(url)) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0021'")
    for opened in (migrate, open_store):
        with pytest.raises(Unavailable, match=r"before 0\.2\.0"):
            opened(url)
