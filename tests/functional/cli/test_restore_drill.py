"""The restore drill: `kb restore` into databases of every state, killed half-way, and onto a full disk.

It works, or one sentence says why not, in both languages, and what was there stays as it was. The databases are files
of SQLite and databases of a PostgreSQL server, in every run.
"""

import json
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kb.formats.backup.archive import BackupManifest, file_sha256, write_backup_archive
from kb.store.database.database import open_database
from kb.store.maintenance.database_copy import examine_database
from kb.store.maintenance.migration import SCHEMA
from tests.conftest import ROOT, Answer, Kb
from tests.factories.backup import LINES
from tests.functional.cli.test_upgrade import FOLDER as OLD_LIBRARY
from tests.support.forked_commands import ForkedCommand
from tests.support.later_version import LATER_SCHEMA, later_version
from tests.support.small_disk import Disk, a_small_disk

pytest.importorskip("psycopg")
# It names both databases itself.
pytestmark = pytest.mark.sqlite

OTHER_LINE = '{"id": "autre", "title": "Un autre", "group": "veille"}\n'
SQLITE, POSTGRESQL = "sqlite", "postgresql"
DATABASES = pytest.mark.parametrize("database", [SQLITE, POSTGRESQL])
NEWER = "newer than this program", "plus récente que ce programme"
OLDER = "older than this program", "plus ancienne que ce programme"
FORMER = "before 0.2.0", "antérieure à 0.2.0"
FOREIGN = "no version of Florilège", "aucune version de Florilège"
HELD = "The database holds 1 item: --replace", "La base contient 1 signet\u202f: --replace"
NO_ROOM = "no space left on the disk", "plus de place sur le disque", "disk is full", "disque est plein"


@dataclass(frozen=True)
class Target:
    """The command over a database."""

    kb: Kb
    folder: Path

    def __call__(self, *arguments: object, **options: str) -> Answer:
        return self.kb(*arguments, **options)

    def execute(self, *statements: str) -> None:
        with (
            closing(open_database(self.kb.settings.store_url, create=True)) as database,
            database.locked() as connection,
            connection.begin(),
        ):
            for statement in statements:
                connection.exec_driver_sql(statement)

    def state(self) -> object:
        """What the database and its folder hold."""
        with closing(open_database(self.kb.settings.store_url)) as database:
            if not database.exists():
                return None
            with database.reading() as connection:
                server = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
                file = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1"
                is_file = connection.dialect.name == "sqlite"
                tables = [name for (name,) in connection.exec_driver_sql(file if is_file else server)]
                rows = {name: sorted(map(repr, connection.exec_driver_sql(f"SELECT * FROM {name}"))) for name in tables}
        return rows

    def titles(self) -> list[str]:
        answer = self("export")
        assert answer.code == 0, answer.err
        return sorted(json.loads(line)["title"] for line in answer.out.splitlines())

    def kept(self) -> list[Path]:
        return sorted(self.folder.glob("store.sqlite3.before-restore-*"))


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of three items, of a file of SQLite."""
    folder = tmp_path_factory.mktemp("origine")
    kb = Kb(folder / "données", folder)
    assert kb("import", "-", stdin=LINES).code == 0
    assert kb("backup", folder / "sauvegarde.zip").code == 0
    return folder / "sauvegarde.zip"


@pytest.fixture
def target(database: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """The command over an empty database of a server, or over a folder that is not there."""
    return target_in(tmp_path / "cible", tmp_path_factory.mktemp("flux"), database)


def target_in(folder: Path, streams: Path, database: str, *, is_migrated: bool = False) -> Target:
    """The command; a database of a server is a migrated one, or one without tables."""
    variables = {}
    if database == POSTGRESQL:
        from tests.support.postgres import new_database

        variables = {"KB_STORE_URL": new_database(is_migrated=is_migrated, is_reused=False)}
    return Target(Kb(folder, streams, variables), folder)


@pytest.fixture
def filled(database: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """The command over a database of one item."""
    target = target_in(tmp_path / "cible", tmp_path_factory.mktemp("flux"), database, is_migrated=True)
    fill(target)
    return target


def fill(target: Target) -> None:
    assert target("import", "-", stdin=OTHER_LINE).code == 0


def make_empty(target: Target) -> None:
    assert target("migrate").code == 0


def make_half(target: Target) -> None:
    target.folder.mkdir()
    target.execute("CREATE TABLE items (number INTEGER, title TEXT)", "INSERT INTO items VALUES (1, 'La leur')")


def make_former(target: Target) -> None:
    """One of a version before 0.2.0."""
    fill(target)
    target.execute("UPDATE alembic_version SET version_num = '0021'")


def make_newer(target: Target) -> None:
    fill(target)
    target.execute("UPDATE alembic_version SET version_num = '9999'", "CREATE TABLE novelties (name TEXT)")


def make_absent(target: Target) -> None:
    assert not target.folder.exists()


State = Callable[[Target], None]
STATES: dict[str, State] = {
    "absent": make_absent,
    "empty": make_empty,
    "half-made": make_half,
    "filled": fill,
    # The backup is restored by a later version.
    "older": fill,
    "former": make_former,
    "newer": make_newer,
}
FILLED = {"filled", "older", "former", "newer"}
# The reason in English and French; None if the backup is put there.
REFUSALS: dict[tuple[str, str], tuple[str, str] | None] = {
    (SQLITE, "absent"): None,
    (SQLITE, "empty"): None,
    (SQLITE, "half-made"): ("holds no database of Florilège", "n’est pas une base de Florilège"),
    (SQLITE, "filled"): None,
    (SQLITE, "older"): None,
    (SQLITE, "former"): None,
    (SQLITE, "newer"): None,
    (POSTGRESQL, "absent"): None,
    (POSTGRESQL, "empty"): None,
    (POSTGRESQL, "half-made"): FOREIGN,
    (POSTGRESQL, "filled"): None,
    (POSTGRESQL, "older"): OLDER,
    (POSTGRESQL, "former"): FORMER,
    (POSTGRESQL, "newer"): NEWER,
}


@DATABASES
@pytest.mark.parametrize("state", STATES)
def test_a_restore_into_a_database_of_each_state_works_or_is_refused(
    backup: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, database: str, state: str
) -> None:
    target = target_in(tmp_path / "cible", tmp_path_factory.mktemp("flux"), database, is_migrated=state in FILLED)
    STATES[state](target)
    with later_version(tmp_path) if state == "older" else nullcontext():
        restore_into(target, backup, database, state)


def restore_into(target: Target, backup: Path, database: str, state: str) -> None:
    before, reasons = target.state(), REFUSALS[database, state]
    if reasons is not None:
        for language, reason in zip(("en", "fr"), reasons, strict=True):
            answer = target("--language", language, "restore", "--replace", backup)
            assert (answer.code in (1, 2), answer.out, answer.err.count("\n")) == (True, "", 1)
            assert reason in answer.err
        assert target.state() == before
        assert target.kept() == []
        return
    holds_items = state not in ("absent", "empty")
    if holds_items:
        for language, reason in zip(("en", "fr"), HELD, strict=True):
            answer = target("--language", language, "restore", backup)
            assert (answer.code, answer.out, answer.err.startswith(reason)) == (1, "", True)
        assert target.state() == before
    answer = target("restore", *(["--replace"] if holds_items else []), backup)
    assert answer.code == 0, answer.err
    assert target.titles() == ["Signet 1", "Signet 2", "Signet 3"]
    assert target("index", "check").code == 0
    assert len(target.kept()) == holds_items


@DATABASES
def test_two_restores_in_a_row_keep_two_copies_and_the_first_can_be_put_back(filled: Target, backup: Path) -> None:
    for _ in range(2):
        assert filled("restore", "--replace", backup).code == 0
    first, _ = filled.kept()
    assert filled("restore", "--replace", first).code == 0
    assert filled.titles() == ["Un autre"]


_SERVICE, _RESTORE = "kb.services.admin.backup", "kb.store.maintenance.database_restore"
KILLED_BEFORE = (
    # Nothing is written yet; the backup is unpacked; the former database is copied.
    f"{_SERVICE}:require_restore_target+",
    f"{_SERVICE}:prepare_database+",
    f"{_RESTORE}:_keep+",
)
KILLS = {
    SQLITE: (*KILLED_BEFORE, f"{_RESTORE}:_copy_of_live", "backup"),
    # All rows are replaced, and the transaction is open.
    POSTGRESQL: (*KILLED_BEFORE, "kb.store.maintenance.server_database_copy:_continue_numbers+"),
}


def run_until_killed(target: Target, point: str, *arguments: object) -> None:
    with ForkedCommand(
        [point, *map(str, arguments)],
        program="import runpy; runpy.run_module('tests.support.killed_commands', run_name='__main__')",
        env={**target.kb.environment, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _, errors = process.communicate()
    assert process.returncode == -9, errors


@pytest.mark.parametrize(("database", "point"), [(name, point) for name, points in KILLS.items() for point in points])
def test_a_restore_that_is_killed_leaves_the_former_database(filled: Target, backup: Path, point: str) -> None:
    before = filled.state()
    run_until_killed(filled, point, "restore", "--replace", backup)
    assert filled.state() == before
    assert filled.titles() == ["Un autre"]
    assert filled("index", "check").code == 0
    assert filled("restore", "--replace", backup).code == 0
    assert filled.titles() == ["Signet 1", "Signet 2", "Signet 3"]


@pytest.mark.parametrize(
    ("database", "point"),
    [
        (SQLITE, "backup"),
        (POSTGRESQL, f"{_RESTORE}:migrate_database+"),
        (POSTGRESQL, "kb.store.maintenance.server_database_copy:_continue_numbers"),
        (SQLITE, "kb.cli.commands.backup:_index_restored_database"),
        (POSTGRESQL, "kb.cli.commands.backup:_index_restored_database"),
    ],
)
def test_a_restore_into_an_empty_database_that_is_killed_can_be_done_again(
    target: Target, backup: Path, point: str
) -> None:
    run_until_killed(target, point, "restore", backup)
    is_there = point.endswith("_index_restored_database")
    assert target("restore", *(["--replace"] if is_there else []), backup).code == 0
    assert target.titles() == ["Signet 1", "Signet 2", "Signet 3"]
    assert target("index", "check").code == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    folder = tmp_path / "disque"
    folder.mkdir()
    with a_small_disk(folder, 12) as disk:
        if isinstance(disk, str):
            pytest.skip(disk)
        yield disk


@pytest.mark.parametrize(
    ("database", "free_bytes"),
    [(SQLITE, 0), (SQLITE, 100_000), (SQLITE, 1_000_000), (POSTGRESQL, 0), (POSTGRESQL, 1_000_000)],
)
def test_a_restore_onto_a_full_disk_says_so_and_leaves_the_former_database(
    disk: Disk, backup: Path, tmp_path_factory: pytest.TempPathFactory, database: str, free_bytes: int
) -> None:
    target = target_in(disk.seen / "base", tmp_path_factory.mktemp("flux"), database, is_migrated=True)
    kb = replace(target.kb, folder=disk.place / "base", prefix=disk.prefix)
    fill(target)
    before = target("export")
    (disk.seen / "place").write_bytes(bytes(free_bytes))
    disk.fill()
    (disk.seen / "place").unlink()

    for language in ("en", "fr"):
        code, out, err = run(kb, "--language", language, "restore", "--replace", backup)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert any(reason in err for reason in NO_ROOM), err
    assert target("export") == before
    assert not [path.name for path in (disk.seen / "base").iterdir() if "before" in path.name or "draft" in path.name]
    disk.make_room()
    assert target("restore", "--replace", backup).code == 0


def run(kb: Kb, *arguments: object) -> tuple[int, str, str]:
    """Call the command here, or start it where the small disk is."""
    if not kb.prefix:
        answer = kb(*arguments)
        return answer.code, answer.out, answer.err
    process = kb.start(*arguments)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@DATABASES
def test_damaged_and_truncated_backups_are_refused_by_an_empty_database(
    target: Target, backup: Path, tmp_path: Path
) -> None:
    whole = backup.read_bytes()
    middle = len(whole) // 2
    contents = {
        "empty": b"",
        "magic": whole[:4],
        "directory": whole[:-200],
        "half": whole[:middle],
        "last byte": whole[:-1],
        "one bit": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
    }
    damaged, before = tmp_path / "abîmée.zip", target.state()
    for damage, content in contents.items():
        damaged.write_bytes(content)
        for language, word in (("en", "backup"), ("fr", "sauvegarde")):
            answer = target("--language", language, "restore", damaged)
            assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1), damage
            assert word in answer.err, damage
    assert target.state() == before
    assert target("restore", backup).code == 0


@DATABASES
def test_a_backup_of_an_older_version_goes_into_an_empty_database(target: Target, backup: Path, tmp_path: Path) -> None:
    with later_version(tmp_path):
        assert target("restore", backup).code == 0
        assert target.titles() == ["Signet 1", "Signet 2", "Signet 3"]
        assert target("migrate").code == 0
        assert (LATER_SCHEMA in str(target.state()), SCHEMA in str(target.state())) == (True, False)


@DATABASES
def test_a_backup_of_a_version_before_the_first_schema_is_refused(target: Target, tmp_path: Path) -> None:
    with tarfile.open(OLD_LIBRARY) as packed:
        packed.extractall(tmp_path / "ancienne", filter="data")
    database, before = tmp_path / "ancienne" / "store.sqlite3", target.state()
    contents = examine_database(database)
    manifest = BackupManifest(
        "florilege 0.1.0", contents.schema, contents.change, "2026-01-02T03:04:05Z", contents.counts,
        database.stat().st_size, file_sha256(database),
    )  # fmt: skip
    write_backup_archive(tmp_path / "ancienne.zip", database, manifest, lambda _bytes: None)
    for file in (database, tmp_path / "ancienne.zip"):
        for language, reason in zip(("en", "fr"), FORMER, strict=True):
            answer = target("--language", language, "restore", file)
            assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
            assert reason in answer.err
            assert "kb export" in answer.err
    assert target.state() == before


def test_a_backup_goes_from_a_file_to_a_server_and_back(
    backup: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    exports = []
    for step, database in enumerate((SQLITE, POSTGRESQL, SQLITE)):
        target = target_in(tmp_path / str(step), tmp_path_factory.mktemp("flux"), database)
        assert target("restore", backup).code == 0
        backup = tmp_path / f"{step}.zip"
        assert target("backup", backup).code == 0
        exports.append(target("export").out)
    assert exports[0] == exports[1] == exports[2]
    assert backup.stat().st_mode & 0o077 == 0
