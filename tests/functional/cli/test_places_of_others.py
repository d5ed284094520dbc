"""Where a setting or an argument names files of others, every command stops at its start, and nothing is changed."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kb.own_files import APPLICATION_ID, is_own_database
from tests.conftest import Kb

pytestmark = pytest.mark.sqlite


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A folder that looks like /etc."""
    folder = tmp_path / "etc"
    (folder / "index").mkdir(parents=True)
    (folder / "ab").mkdir()
    (folder / "passwd").write_text("root:x:0:0:root:/root:/bin/bash\n", encoding="utf-8")
    (folder / "passwd-").write_text("root:x:0:0:root:/root:/bin/sh\n", encoding="utf-8")
    (folder / "index" / "index.html").write_text("<title>Bonjour</title>", encoding="utf-8")
    (folder / "current").symlink_to("index")
    (folder / "ab" / "objet").write_text("rien", encoding="utf-8")
    with closing(sqlite3.connect(folder / "places.sqlite")) as foreign:
        foreign.execute("CREATE TABLE meta (key TEXT, value TEXT)")
        foreign.commit()
    with closing(sqlite3.connect(folder / "marked.sqlite")) as foreign:
        foreign.execute("PRAGMA application_id=252006675")
        foreign.execute("CREATE TABLE alembic_version_of_mine (version_num TEXT)")
        foreign.commit()
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def state_of(folder: Path) -> Mapping[str, object]:
    """All that a program may change: names, modes, times of change, contents."""
    return {
        str(path): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            path.lstat().st_ctime_ns,
            path.read_bytes() if path.is_file() else None,
        )
        for path in (folder, *sorted(folder.rglob("*")))
    }


COMMANDS = (("search", "eau"), ("migrate",), ("index", "rebuild"), ("serve", "--port", "0"), ("user", "list"))


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("KB_STORE_URL", "sqlite:///{etc}/passwd"),
        ("KB_STORE_URL", "sqlite:///{etc}/places.sqlite"),
        ("KB_STORE_URL", "sqlite:///{etc}/marked.sqlite"),
        ("KB_STORE_URL", "sqlite:///{etc}/index"),
        ("KB_STORE_URL", "sqlite:///{etc}/current"),
        ("KB_INDEX_URL", "whoosh:{etc}"),
        ("KB_INDEX_URL", "whoosh:{etc}/index"),
        ("KB_INDEX_URL", "whoosh:{etc}/passwd"),
        ("KB_DATA", "{etc}"),
        ("KB_DATA", "{etc}/index"),
        ("KB_FILES_URL", "file://{etc}"),
        ("KB_FILES_URL", "file://{etc}/passwd"),
    ],
)
def test_a_setting_that_names_a_place_of_others_stops_every_command(
    kb: Kb, etc: Path, setting: str, value: str
) -> None:
    before = state_of(etc)
    command = replace(kb, variables={setting: value.format(etc=etc)})
    for arguments in (*COMMANDS, ("restore", "--replace", etc / "passwd"), ("backup", kb.streams / "copie.zip")):
        answer = command(*arguments)
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1), arguments
        assert answer.err.startswith(setting), arguments
    english = command("--language", "en", "search", "eau")
    assert (english.code, english.err.startswith(setting), english.err.count("\n")) == (2, True, 1)
    assert english.err != answer.err
    assert state_of(etc) == before
    assert not kb.folder.exists()


def test_a_home_folder_is_no_data_folder(kb: Kb, tmp_path: Path) -> None:
    home = tmp_path / "maison"
    home.mkdir(mode=0o755)
    (home / ".profile").write_text("umask 022\n", encoding="utf-8")
    (home / "index.html").write_text("", encoding="utf-8")
    before = state_of(home)
    answer = replace(kb, folder=home)("migrate")
    assert answer.code == 2
    assert answer.err.startswith(f"KB_DATA désigne le dossier {home}, ")
    assert state_of(home) == before


def empty(_: Path) -> None:
    """The folder of a new volume."""


def disk_of_its_own(folder: Path) -> None:
    (folder / "lost+found").mkdir()


def home_of_the_service(folder: Path) -> None:
    """Where restic, run as the user of the site, has left its cache."""
    (folder / ".cache").mkdir()


@pytest.mark.parametrize("prepare", [empty, disk_of_its_own, home_of_the_service])
def test_a_new_data_folder_may_be_there_already(kb: Kb, prepare: Callable[[Path], None]) -> None:
    kb.folder.mkdir()
    prepare(kb.folder)
    assert kb("migrate").code == 0
    assert kb("search", "eau").code == 0


def test_a_data_folder_may_hold_a_backup_to_restore(kb: Kb, backup: Path, tmp_path: Path) -> None:
    new = replace(kb, folder=tmp_path / "nouveau", variables={})
    new.folder.mkdir()
    (new.folder / "sauvegarde.zip").write_bytes(backup.read_bytes())
    assert new("restore", new.folder / "sauvegarde.zip").code == 0


def test_places_in_the_data_folder_are_known_after_the_first_command(kb: Kb) -> None:
    apart = replace(
        kb,
        variables={
            "KB_STORE_URL": f"sqlite:///{kb.folder}/base/kb.sqlite",
            "KB_INDEX_URL": f"whoosh:{kb.folder}/recherche",
            "KB_FILES_URL": f"file://{kb.folder}/documents",
        },
    )
    for _ in range(2):
        assert apart("migrate").code == 0
    assert apart("search", "eau").code == 0
    assert apart("migrate").code == 0


def test_a_database_carries_our_mark_through_backups_and_restores(base: Kb, backup: Path, tmp_path: Path) -> None:
    other = replace(base, folder=tmp_path / "ailleurs")
    assert other("restore", backup).code == 0
    for kb in (base, other):
        with closing(sqlite3.connect(kb.folder / "store.sqlite3")) as connection:
            assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)


def test_a_database_of_an_older_version_gets_the_mark_when_it_is_migrated(base: Kb) -> None:
    path = base.folder / "store.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id=0")
    assert is_own_database(path)
    assert base("search", "signet").code == 0
    assert base("migrate").code == 0
    assert int.from_bytes(path.read_bytes()[68:72]) == APPLICATION_ID


@pytest.mark.parametrize("name", ["passwd", "places.sqlite", "index/index.html"])
def test_a_backup_is_not_written_over_a_file_of_others(base: Kb, etc: Path, name: str) -> None:
    before = state_of(etc)
    for language, sentence in (("en", "is not a backup of Florilège"), ("fr", "n’est pas une sauvegarde de Florilège")):
        answer = base("--language", language, "backup", etc / name)
        assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
        assert sentence in answer.err
    assert state_of(etc) == before


def test_a_backup_takes_the_place_of_an_older_one_even_of_a_damaged_one(base: Kb, backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:1000])
    assert base("backup", backup).code == 0
    assert base("restore", "--replace", backup).code == 0


@pytest.mark.parametrize(
    "arguments",
    [("export", "-o"), ("vocabulary", "export", "--group", "veille", "-o"), ("person", "data", "lea", "-o")],
    ids=" ".join,
)
def test_an_export_is_written_over_a_file_only_if_asked(base: Kb, etc: Path, arguments: tuple[str, ...]) -> None:
    assert base("user", "add", "lea", "--password-stdin", stdin="un mot de passe long\n").code == 0
    before = state_of(etc)
    answer = base(*arguments, etc / "passwd")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "--replace" in answer.err
    assert state_of(etc) == before
    assert base(*arguments, etc / "passwd", "--replace").code == 0
    assert b"root" not in (etc / "passwd").read_bytes()


def test_only_files_of_the_database_beside_it_are_made_private(base: Kb) -> None:
    """Another program may keep a file whose name begins alike."""
    theirs, ours = base.folder / "store.sqlite3.md5", base.folder / "store.sqlite3.before-restore-2026-11-30T10-00-00"
    for path in (theirs, ours):
        path.write_text("", encoding="utf-8")
        path.chmod(0o644)
    assert base("search", "signet").code == 0
    assert (theirs.stat().st_mode & 0o777, ours.stat().st_mode & 0o777) == (0o644, 0o600)
