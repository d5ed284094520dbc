"""A library that moves from SQLite to PostgreSQL and back is unchanged."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import column, false, not_, select, true

from bench.corpus import lines
from kb.cli.sample_library import samples_dir
from kb.site import open_store
from kb.store.tables.table_columns import metadata
from tests.conftest import Kb
from tests.factories.every_table import fill_every_table

pytest.importorskip("psycopg")

ITEMS = int(os.environ.get("TEST_MOVED_ITEMS", "200"))
"""Items of the library that has rows in every table. bench/README.md says how to move 100,000."""
ROWS = 40
"""Minimum number of rows of each other table."""
_WRITTEN_ANEW = ("identity", "last-backup")
"""Rows of `meta`: a restore draws another identity, and a backup writes its own time behind what it has read."""
_DRAWN_ANEW = (
    "groups.changed_at",
    "harvest_records.stamp",
    "notices.mail",
    "webhooks.position",
    "digest_subscriptions.position",
)
_WAITING = {
    "outbox": column("next_at") < "9999",
    "digests": true(),
    "webhook_passages": true(),
    "webhook_deliveries": column("next_at").is_not(None),
}
"""Rows that wait to be sent: a restore deletes them, since they may have been sent after the backup."""


def contents(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of all tables, except what a restore renews or deletes."""
    store = open_store(url)
    try:
        with store.database.reading() as connection:
            rows = {
                table.name: [
                    tuple(row)
                    for row in connection.execute(
                        select(table).where(not_(_WAITING.get(table.name, false()))).order_by(*table.primary_key)
                    )
                ]
                for table in metadata.sorted_tables
            }
    finally:
        store.close()
    rows["meta"] = [row for row in rows["meta"] if row[0] not in _WRITTEN_ANEW]
    for name, table in metadata.tables.items():
        kept = [place for place, one in enumerate(table.columns) if str(one) not in _DRAWN_ANEW]
        rows[name] = [tuple(row[place] for place in kept) for row in rows[name]]
    return rows


def digests(url: str) -> dict[str, tuple[int, str]]:
    """The number of rows of each table and their digest, without what a restore renews or deletes."""
    store = open_store(url)
    rows_by_table = {}
    try:
        with store.database.reading() as connection:
            for table in metadata.sorted_tables:
                columns = [one for one in table.columns if str(one) not in _DRAWN_ANEW]
                kept = not_(_WAITING.get(table.name, false()))
                chosen = select(*columns).where(kept).order_by(*table.primary_key).execution_options(yield_per=2_000)
                digest, number = sha256(), 0
                for row in connection.execute(chosen):
                    if table.name != "meta" or row[0] not in _WRITTEN_ANEW:
                        digest.update(repr(tuple(row)).encode())
                        number += 1
                rows_by_table[table.name] = (number, digest.hexdigest())
    finally:
        store.close()
    return rows_by_table


def test_every_table_moves_to_a_server_and_back(tmp_path: Path) -> None:
    from tests.support.postgres import new_database

    def kb(name: str, **variables: str) -> Kb:
        (tmp_path / f"{name}-streams").mkdir(exist_ok=True)
        return Kb(tmp_path / name, tmp_path / f"{name}-streams", variables)

    first, last = kb("first"), kb("last")
    server = new_database(is_migrated=False)
    middle = kb("middle", KB_STORE_URL=server)
    corpus = tmp_path / "corpus.jsonl"
    with corpus.open("w", encoding="utf-8") as file:
        file.writelines(lines(ITEMS))
    for file_name in (corpus, *sorted(samples_dir().glob("*.jsonl"))):
        assert first("import", file_name).code == 0
    at_first = f"sqlite:///{first.folder}/store.sqlite3"
    store = open_store(at_first)
    with store.database.writing() as connection:
        filled = fill_every_table(connection, ROWS)
    store.close()
    assert filled["items"] > ITEMS
    assert min(filled.values()) >= ROWS, filled
    assert first("backup", tmp_path / "one.zip").code == 0
    assert middle("migrate").code == 0
    assert middle("restore", tmp_path / "one.zip").code == 0
    assert middle("backup", tmp_path / "two.zip").code == 0
    assert last("restore", tmp_path / "two.zip").code == 0
    digests_before = digests(at_first)
    assert digests(server) == digests_before
    assert digests(f"sqlite:///{last.folder}/store.sqlite3") == digests_before
    assert first("export").out == last("export").out == middle("export").out


def test_a_library_moves_to_a_server_and_back(tmp_path: Path) -> None:
    from tests.support.postgres import new_database

    def kb(name: str, **variables: str) -> Kb:
        (tmp_path / f"{name}-streams").mkdir(exist_ok=True)
        return Kb(tmp_path / name, tmp_path / f"{name}-streams", variables)

    first, last = kb("first"), kb("last")
    server = new_database(is_migrated=False)
    middle = kb("middle", KB_STORE_URL=server)
    for file in sorted(samples_dir().glob("*.jsonl")):
        assert first("import", file).code == 0
    assert first("user", "add", "claire", "--email", "claire@exemple.fr").code == 0
    assert first("backup", tmp_path / "one.zip").code == 0
    assert middle("migrate").code == 0
    assert middle("restore", tmp_path / "one.zip").code == 0
    assert middle("backup", tmp_path / "two.zip").code == 0
    assert last("restore", tmp_path / "two.zip").code == 0
    contents_before = contents(f"sqlite:///{first.folder}/store.sqlite3")
    assert sum(map(len, contents_before.values())) > 500
    assert contents(server) == contents_before
    assert contents(f"sqlite:///{last.folder}/store.sqlite3") == contents_before


def test_a_server_goes_on_with_larger_numbers_after_a_move(tmp_path: Path) -> None:
    from tests.support.postgres import new_database

    (tmp_path / "streams").mkdir()
    source_kb = Kb(tmp_path / "here", tmp_path / "streams")
    target_kb = Kb(tmp_path / "there", tmp_path / "streams", {"KB_STORE_URL": new_database(is_migrated=False)})
    sample = next(iter(sorted(samples_dir().glob("*.jsonl"))))
    assert source_kb("import", sample).code == 0
    assert source_kb("backup", tmp_path / "one.zip").code == 0
    assert target_kb("migrate").code == 0
    assert target_kb("restore", tmp_path / "one.zip").code == 0
    other = tmp_path / "other.jsonl"
    other.write_text('{"group": "autre", "title": "Un titre de plus", "url": "https://exemple.fr/plus"}\n')
    assert target_kb("import", other, "--group", "autre").code == 0
    assert target_kb("index", "check").code == 0
    assert target_kb("restore", tmp_path / "one.zip").code != 0
    answer = target_kb("restore", "--replace", tmp_path / "one.zip")
    assert answer.code == 0, answer.err
    (former,) = target_kb.folder.glob("*.before-restore-*")
    assert any("Un titre de plus" in row for row in contents(f"sqlite:///{former}")["items"])
