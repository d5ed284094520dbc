"""A data folder of version 0.1.0 is migrated and searched; a database of a newer version is refused.

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

from kb.store.database.database import open_database
from kb.store.maintenance.migration import SCHEMA
from tests.conftest import Kb
from tests.functional.server.test_cli_serve import Server, get

FOLDER = Path(__file__).parents[2] / "fixtures" / "bases" / "demo-0.1.0.tar.xz"
NEWER = "La base est plus récente que ce programme\u202f: installez la version qui l’a écrite, ou une plus récente.\n"


@pytest.fixture
def old(kb: Kb) -> Kb:
    """The command over the folder of version 0.1.0, whose database is SQLite."""
    with tarfile.open(FOLDER) as packed:
        packed.extractall(kb.folder, filter="data")
    return replace(kb, variables={})


def column(file: Path, statement: str) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [value for (value,) in connection.execute(statement)]


def test_a_database_of_the_first_version_is_migrated_and_searched(old: Kb) -> None:
    file = old.folder / "store.sqlite3"
    assert column(file, "SELECT version_num FROM alembic_version") == ["0001"]
    titles = column(file, "SELECT title FROM items")
    quotes = column(file, "SELECT quote FROM annotations WHERE quote IS NOT NULL")
    assert titles
    assert quotes

    refused = old("search", "numérique")
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "kb migrate" in refused.err

    assert old("migrate").code == 0
    former = old.folder / "store.sqlite3.before-migration-0001"
    assert column(former, "SELECT title FROM items") == titles
    assert column(file, "SELECT version_num FROM alembic_version") == [SCHEMA]
    outdated = old("search", "numérique")
    assert (outdated.code, "kb index rebuild" in outdated.err) == (1, True)

    assert old("index", "rebuild").code == 0
    assert old("index", "check").code == 0
    exported = [json.loads(line) for line in old("export").out.splitlines()]
    assert sorted(item["title"] for item in exported) == sorted(titles)
    passages = [
        annotation["quote"]
        for item in exported
        for annotation in item["annotations"]
        if annotation["quote"] is not None
    ]
    assert sorted(passages) == sorted(quotes)
    for title in titles:
        assert title in [row["title"] for row in old("search", f'"{title}"', "--json").json["items"]]


def test_the_site_serves_a_database_of_the_first_version(old: Kb) -> None:
    (item_id, *_) = column(old.folder / "store.sqlite3", "SELECT id FROM items")
    with Server(old) as server:
        # The address of an item is unchanged; the search works after a rebuild of the index.
        assert "<h1" in get(server.address, f"/items/{item_id}")
        assert old("index", "rebuild").code == 0
        assert json.loads(get(server.address, "/api/v1/search?q="))["total"] > 0


def test_a_database_of_the_first_version_moves_to_a_new_one(old: Kb, kb: Kb, tmp_path: Path) -> None:
    """When the tests run on PostgreSQL, the target is a database of the server."""
    titles = column(old.folder / "store.sqlite3", "SELECT title FROM items")
    report = old("backup", "--json", tmp_path / "ancienne.zip").json
    assert report["schema"] == "0001"
    new = replace(kb, folder=tmp_path / "nouveau")
    answer = new("restore", tmp_path / "ancienne.zip")
    assert (answer.code, answer.err) == (0, "")
    assert sorted(json.loads(line)["title"] for line in new("export").out.splitlines()) == sorted(titles)
    assert new("index", "check").code == 0


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
