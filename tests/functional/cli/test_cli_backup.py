"""`kb backup`, run by an operator or by a timer."""

import json
import os
import signal
import sqlite3
import threading
import time
import zipfile
from contextlib import closing, suppress

import pytest
from sqlalchemy import insert

import kb.services.admin.backup
from kb import __version__
from kb.services.admin.last_backup import last_backup
from kb.site import open_store
from kb.store.tables.site_tables import meta
from tests.factories.backup import files_of
from tests.functional.server.test_cli_serve import until


def test_a_backup_says_what_it_holds_in_one_sentence(base, tmp_path):
    answer = base("backup", tmp_path / "sauvegarde.zip")

    assert (answer.code, answer.err) == (0, "")
    assert answer.out == (
        f"{tmp_path}/sauvegarde.zip a été écrit et relu\u202f: 0,1\u00a0Mo, 3 signets, changement 3.\n"
    )


def test_the_database_knows_its_last_backup(base, tmp_path):
    assert base("backup", tmp_path / "sauvegarde.zip", "--without-files").code == 0
    with closing(open_store(base.settings.store_url)) as store, store.read() as reading:
        known = last_backup(reading)
    assert known.size == (tmp_path / "sauvegarde.zip").stat().st_size
    assert not known.with_files


def test_a_backup_is_an_ordinary_zip(base, backup):
    with zipfile.ZipFile(backup) as packed:
        manifest = json.loads(packed.read("manifest.json"))
        assert packed.namelist() == ["manifest.json", "store.sqlite3"]

    assert manifest["program"] == f"florilege {__version__}"
    assert (manifest["format"], manifest["change"], manifest["counts"]["items"]) == (1, 3, 3)
    assert backup.stat().st_mode & 0o777 == 0o600
    assert files_of(backup.parent) == ["données", "sauvegarde.zip"]


def test_the_report_can_be_had_as_json(base, tmp_path):
    report = base("backup", "--json", tmp_path / "sauvegarde.zip").json

    assert report["file"] == str(tmp_path / "sauvegarde.zip")
    assert report["size"] == (tmp_path / "sauvegarde.zip").stat().st_size
    assert report["counts"]["item_tags"] == 3


@pytest.mark.sqlite
def test_a_backup_replaces_an_older_one_only_when_it_is_good(base, backup):
    before = backup.read_bytes()
    with closing(sqlite3.connect(base.folder / "store.sqlite3", isolation_level=None)) as torn:
        torn.execute("PRAGMA foreign_keys=OFF")
        torn.execute("INSERT INTO item_tags VALUES (99, 0, 'sans signet')")

    answer = base("backup", backup)

    assert answer.code == 1
    assert answer.err == "La base est abîmée\u202f: remettez une copie à sa place.\n"
    assert backup.read_bytes() == before
    assert files_of(backup.parent) == ["données", "sauvegarde.zip"]


def test_where_a_backup_cannot_be_written_it_says_so_and_leaves_nothing(base, tmp_path):
    for target, reason in (
        (tmp_path, "est un dossier"),
        (tmp_path / "absent" / "sauvegarde.zip", "n’existe pas"),
        (base.folder / "background.lock" / "sauvegarde.zip", ""),
        ("/dev/full", "n’est pas un fichier ordinaire"),
        ("-", "n’est pas un fichier ordinaire"),
        ("/proc/sauvegarde.zip", ""),
    ):
        answer = base("backup", target)
        assert (answer.code, answer.out) == (1, ""), target
        assert reason in answer.err
        assert answer.err.count("\n") == 1
    assert files_of(tmp_path) == ["données"]


@pytest.mark.sqlite
@pytest.mark.parametrize("name", ["store.sqlite3", "store.sqlite3-wal"])
def test_a_backup_never_replaces_the_database_itself(base, tmp_path, name):
    store = base.folder / "store.sqlite3"
    before = store.read_bytes()
    answer = base("backup", base.folder / name)
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "est la base elle-même" in answer.err
    assert base("backup", store / "sauvegarde.zip").code == 1
    assert store.read_bytes() == before
    assert files_of(tmp_path) == ["données"]


def test_without_a_database_there_is_nothing_to_back_up(without_base, tmp_path):
    answer = without_base("backup", tmp_path / "sauvegarde.zip")

    assert answer.code == 1
    assert answer.err == "Il n’y a pas encore de base ici\u202f: «\u202fkb migrate\u202f» la crée.\n"
    assert files_of(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_backup_that_is_asked_to_stop_leaves_nothing(base, tmp_path, number):
    # A database whose backup takes a while.
    with closing(open_store(base.settings.store_url)) as store, store.write() as writing:
        rows = [{"key": str(number), "value": os.urandom(300).hex()} for number in range(60_000)]
        writing.items.connection.execute(insert(meta), rows)
    folder = tmp_path / "sauvegardes"
    folder.mkdir()

    def has_begun():
        with suppress(OSError):
            return any(list(subfolder.iterdir()) for subfolder in folder.iterdir())
        return False

    # On a slow machine the backup may end before the signal: then it is made again.
    for _ in range(5):
        backing = base.interruptible.start(
            "backup", folder / "sauvegarde.zip", preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)
        )
        until(lambda backing=backing: has_begun() or backing.poll() is not None)
        backing.send_signal(number)
        _, errors = backing.communicate(timeout=60)
        if backing.returncode:
            break
        (folder / "sauvegarde.zip").unlink()

    assert backing.returncode in (-number, 1), errors
    assert errors.strip() in ("", "Interrompu.")
    assert files_of(folder) == []


def test_files_of_a_killed_backup_are_deleted_by_the_next_one(base, tmp_path):
    folder = tmp_path / "sauvegardes"
    unlocked, locked = folder / ".sauvegarde.zip.draft-aaaa", folder / ".autre.zip.draft-bbbb"
    for draft_folder in (unlocked, locked):
        draft_folder.mkdir(parents=True)
        (draft_folder / "copy").write_bytes(b"un reste")
        os.utime(draft_folder, (time.time() - 3600,) * 2)
    young = folder / ".sauvegarde.zip.draft-cccc"
    young.mkdir()

    assert base("backup", folder / "sauvegarde.zip").code == 0

    assert files_of(folder) == sorted([locked.name, young.name, "sauvegarde.zip"])


def test_a_link_stays_a_link(base, tmp_path):
    assert base("backup", tmp_path / "vraie.zip").code == 0
    (tmp_path / "lien.zip").symlink_to(tmp_path / "vraie.zip")

    assert base("backup", tmp_path / "lien.zip").code == 0
    assert (tmp_path / "lien.zip").is_symlink()
    assert zipfile.is_zipfile(tmp_path / "vraie.zip")


def test_writing_goes_on_while_a_backup_is_made(base, other, tmp_path):
    stop, added = threading.Event(), []

    def write():
        while not stop.is_set():
            name = f"w{len(added)}"
            lines = json.dumps({"id": name, "title": name, "group": "veille"}) + "\n"
            out, err = base.start("import", "-", stdin=-1).communicate(lines, timeout=60)
            assert out.startswith("Lus\u202f: 1"), err
            added.append(name)

    writer = threading.Thread(target=write)
    writer.start()
    until(lambda: added, 60)
    items_saved = list(added)
    answer = base("backup", tmp_path / "sauvegarde.zip")
    stop.set()
    writer.join(60)

    assert answer.code == 0
    assert other("restore", tmp_path / "sauvegarde.zip").code == 0
    exported = {json.loads(line)["id"] for line in other("export").out.splitlines()}
    assert {"s1", "s2", "s3", *items_saved} <= exported


@pytest.mark.parametrize("place", [40, 400, -2000, -10])
def test_a_disk_that_keeps_something_else_than_what_was_written_is_noticed(base, backup, monkeypatch, place):
    before = backup.read_bytes()
    written = kb.services.admin.backup.write_backup_archive

    def forgetful(path, *rest):
        written(path, *rest)
        content = bytearray(path.read_bytes())
        content[place] ^= 0x55
        path.write_bytes(content)

    monkeypatch.setattr("kb.services.admin.backup.write_backup_archive", forgetful)
    answer = base("backup", backup)

    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "Ce qui a été écrit ne peut pas être relu\u202f: essayez un autre disque.\n"
    assert backup.read_bytes() == before
    assert files_of(backup.parent) == ["données", "sauvegarde.zip"]
