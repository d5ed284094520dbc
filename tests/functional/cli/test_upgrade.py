"""The library of an older version is migrated and searched; a database of a newer version, or of 0.1.0, is refused.

`demo-0.1.0.tar.xz` is the folder that `kb demo --no-serve` of version 0.1.0 created: a store of schema 0001, and an
index in the format of that time.
"""

import json
import sqlite3
import tarfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kb.package_data import samples_dir
from kb.store.database.database import open_database
from kb.store.maintenance.migration import SCHEMA
from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server, get, outdate_index
from tests.support.later_version import LATER_SCHEMA, later_processes, later_version

FOLDER = Path(__file__).parents[2] / "fixtures" / "bases" / "demo-0.1.0.tar.xz"
NEWER = "La base est plus récente que ce programme\u202f: installez la version qui l’a écrite, ou une plus récente.\n"

TOO_OLD = {
    "en": "The database was made by a version before 0.2.0, and cannot be migrated: export its items with that version"
    " (“kb export”), and import them into a new database (“kb import”).\n",
    "fr": "La base a été faite par une version antérieure à 0.2.0 et ne peut pas être mise à jour\u202f: exportez ses"
    " signets avec cette version («\u202fkb export\u202f»), puis importez-les dans une nouvelle base («\u202fkb"
    " import\u202f»).\n",
}


@pytest.fixture
def old(kb: Kb) -> Kb:
    """The command over a library of this version, in a SQLite file, for tests of a later version."""
    old = replace(kb, variables={})
    assert old("import", *sorted(samples_dir().glob("*.jsonl"))[:1]).code == 0
    return old


def column(file: Path, statement: str) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [value for (value,) in connection.execute(statement)]


def test_a_database_of_an_older_version_is_migrated_and_searched(old: Kb, tmp_path: Path) -> None:
    file = old.folder / "store.sqlite3"
    exported = old("export").out
    titles = column(file, "SELECT title FROM items ORDER BY id")
    assert titles
    outdate_index(old)
    with later_version(tmp_path):
        refused = old("search", "numérique")
        assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
        assert "kb migrate" in refused.err

        assert old("migrate").code == 0
        former = old.folder / f"store.sqlite3.before-migration-{SCHEMA}"
        assert column(former, "SELECT title FROM items ORDER BY id") == titles
        assert column(file, "SELECT version_num FROM alembic_version") == [LATER_SCHEMA]
        assert column(file, "SELECT colour FROM items ORDER BY id") == titles
        outdated = old("search", "numérique")
        assert (outdated.code, "kb index rebuild" in outdated.err) == (1, True)

        assert old("index", "rebuild").code == 0
        assert old("index", "check").code == 0
        assert old("export").out == exported
        for title in titles:
            assert title in [row["title"] for row in old("search", f'"{title}"', "--json").json["items"]]


def test_the_site_serves_a_database_of_an_older_version(old: Kb, tmp_path: Path) -> None:
    file = old.folder / "store.sqlite3"
    (item_id, *_) = column(file, "SELECT id FROM items")
    outdate_index(old)
    with Server(later_processes(old, tmp_path)) as server:
        # The address of an item is unchanged; the search works after a rebuild of the index.
        assert "<h1" in get(server.address, f"/items/{item_id}")
        with later_version(tmp_path):
            assert old("index", "rebuild").code == 0
        assert json.loads(get(server.address, "/api/v1/search?q="))["total"] > 0
    assert column(file, "SELECT version_num FROM alembic_version") == [LATER_SCHEMA]


def test_a_database_of_an_older_version_moves_to_a_new_one(old: Kb, without_base: Kb, tmp_path: Path) -> None:
    """When the tests run on PostgreSQL, the target is a database of the server."""
    exported = old("export").out
    new = replace(without_base, folder=tmp_path / "nouveau")
    with later_version(tmp_path):
        report = old("backup", "--json", tmp_path / "ancienne.zip").json
        assert report["schema"] == SCHEMA
        answer = new("restore", tmp_path / "ancienne.zip")
        assert (answer.code, answer.err) == (0, "")
        assert new("export").out == exported
        assert new("index", "check").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        *(("migrate",), ("search", "eau"), ("export",), ("import", "-"), ("backup", "copie.zip"), ("user", "list")),
        *(("index", "rebuild"), ("index", "check"), ("files", "check"), ("sweep",), ("serve", "--port", "0")),
    ],
    ids=" ".join,
)
def test_a_database_of_a_version_before_0_2_0_is_refused_and_left_unchanged(
    kb: Kb, tmp_path: Path, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with tarfile.open(FOLDER) as packed:
        packed.extractall(kb.folder, filter="data")
    before = {path: path.read_bytes() for path in kb.folder.rglob("*") if path.is_file()}
    for language, sentence in TOO_OLD.items():
        answer = replace(kb, variables={})("--language", language, *arguments)
        assert (answer.code, answer.out, answer.err) == (1, "", sentence)
    assert {path: path.read_bytes() for path in kb.folder.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    "arguments",
    [("migrate",), ("search", "eau"), ("export",), ("import", "-"), ("index", "rebuild"), ("serve", "--port", "0")],
    ids=" ".join,
)
def test_a_database_of_a_newer_version_is_refused_and_left_unchanged(base: Kb, arguments: tuple[str, ...]) -> None:
    with closing(open_database(base.settings.store_url)) as database, database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    answer = base(*arguments)
    assert (answer.code, answer.out, answer.err) == (1, "", NEWER)
    with closing(open_database(base.settings.store_url)) as database, database.reading() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "9999"
