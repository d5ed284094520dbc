"""`kb restore`: into an empty folder, over a database in use, and from files that cannot be trusted."""

import json
import os
import sqlite3
import subprocess
import zipfile
from contextlib import closing
from dataclasses import replace

import pytest

from kb.store.maintenance.migration import SCHEMA
from tests.conftest import database_variables
from tests.factories.backup import LINES, data_files, files_of
from tests.functional.server.test_cli_serve import Server, get, until
from tests.support.later_version import later_version


def test_a_backup_restored_into_another_folder_has_the_same_bytes(base, backup, other):
    answer = other("restore", backup)

    assert (answer.code, answer.err) == (0, "")
    assert answer.out == f"{backup} a été restauré\u202f: 3 signets, changement 3\u202f; l’index concorde.\n"
    assert other("export").out == base("export").out
    assert other("search", "signet", "--json").json["total"] == 3
    assert other("index", "check").code == 0
    assert files_of(other.folder) == data_files()


def test_saved_searches_and_written_pages_come_along(base, other, tmp_path):
    assert base("saved", "add", "--group", "veille", "Eau", "tag=eau").code == 0
    assert base("page", "set", "accessibilite", "-", stdin="# Notre page\n\nNotre texte.\n").code == 0
    base("backup", tmp_path / "tout.zip")
    other("restore", tmp_path / "tout.zip")

    assert other("saved", "list", "--json").json == base("saved", "list", "--json").json
    assert other("page", "show", "accessibilite").out == "# Notre page\n\nNotre texte.\n"


def test_a_database_with_items_is_replaced_only_on_request_and_copied_before(base, backup):
    base("import", "-", stdin='{"id": "tard", "title": "Venu après", "group": "veille"}\n')

    refused = base("restore", backup)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == (
        "La base contient 4 signets\u202f: --replace en garde une copie et met la sauvegarde à sa place.\n"
    )
    assert base("search", "après", "--json").json["total"] == 1

    answer = base("restore", "--replace", backup)
    assert answer.code == 0
    former = next(base.folder.glob("store.sqlite3.before-restore-*"))
    assert answer.err == f"Une copie de l’ancienne base a été conservée\u202f: {former}\n"
    assert base("search", "après", "--json").json["total"] == 0
    assert base("index", "check").code == 0

    # And back again.
    report = base("restore", "--replace", "--json", former).json
    assert (report["counts"]["items"], report["searchable"]) == (4, True)
    assert base("search", "après", "--json").json["total"] == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("coupée", "abîmée ou incomplète"),
        ("changée", "abîmée ou incomplète"),
        ("autre", "n’est pas une sauvegarde"),
        ("base", "n’est pas une sauvegarde"),
        ("récente", "plus récente"),
        ("schéma", "plus récente"),
        ("comptes", "abîmée ou incomplète"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(base, backup, other, tmp_path, name, reason):
    whole = backup.read_bytes()
    with zipfile.ZipFile(backup) as packed:
        store, manifest = packed.read("store.sqlite3"), packed.read("manifest.json")
    match name:
        case "coupée":
            backup.write_bytes(whole[:-40])
        case "changée":
            backup.write_bytes(whole[:2000] + bytes([whole[2000] ^ 1]) + whole[2001:])
        case "autre":
            backup.write_text(LINES, encoding="utf-8")
        case "base":
            backup.unlink()
            with closing(sqlite3.connect(backup)) as foreign:
                foreign.execute("CREATE TABLE lettres (texte)")
        case _:
            changes = {
                "récente": (b'"format": 1', b'"format": 3'),
                "schéma": (f'"schema": "{SCHEMA}"'.encode(), b'"schema": "9999"'),
                "comptes": (b'"items": 3', b'"items": 4'),
            }
            with zipfile.ZipFile(backup, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr("manifest.json", manifest.replace(*changes[name]))
                packed.writestr("store.sqlite3", store)
    before = base("export").out

    for into in (other, base):
        answer = into("restore", "--replace", backup)
        assert (answer.code, answer.out) == (1, "")
        assert reason in answer.err
        assert answer.err.count("\n") == 1
    assert base("export").out == before
    assert files_of(base.folder) == data_files()
    assert not (other.folder / "store.sqlite3").exists()


def test_a_file_that_is_not_there_or_no_file_is_a_misuse(base, tmp_path):
    os.mkfifo(tmp_path / "tuyau")
    for name in ("absente.zip", "", "tuyau"):
        answer = base("restore", tmp_path / name)
        assert answer.code == 2
        assert answer.err.count("\n") == 1


def test_an_index_that_is_damaged_or_was_made_by_other_rules_is_no_obstacle(base, backup):
    for path in (base.folder / "index").rglob("*.arrays"):
        path.write_bytes(path.read_bytes()[:50])

    assert base("restore", "--replace", backup).code == 0
    assert base("index", "check").code == 0


@pytest.mark.sqlite
def test_a_damaged_database_is_renamed_on_request(base, backup):
    store = base.folder / "store.sqlite3"
    store.write_bytes(b"\xa5" * 4096 + store.read_bytes()[4096:])

    refused = base("restore", backup)
    assert refused.code == 1
    assert refused.err == "La base en place est abîmée\u202f: --replace la met de côté.\n"

    assert base("restore", "--replace", backup).code == 0
    assert base("search", "signet", "--json").json["total"] == 3
    assert next(base.folder.glob("store.sqlite3.before-restore-*")).read_bytes().startswith(b"\xa5")


def test_a_server_continues_while_its_database_is_replaced(base, backup):
    base("import", "-", stdin='{"id": "tard", "title": "Venu après", "group": "veille"}\n')
    with Server(base) as server:
        assert json.loads(get(server.address, "/api/v1/search?q=signet"))["total"] == 3
        assert "Venu après" in get(server.address, "/items/tard")
        assert base("restore", "--replace", backup).code == 0
        assert json.loads(get(server.address, "/api/v1/search?q="))["total"] == 3
        assert "Signet 1" in get(server.address, "/items/s1")
        base("import", "-", stdin='{"id": "neuf", "title": "Venu depuis", "group": "veille"}\n')
        assert json.loads(get(server.address, "/api/v1/search?q=depuis"))["total"] == 1
        assert json.loads(get(server.address, "/readyz"))["status"] == "ready"

    assert server.errors == ""
    assert base("index", "check").code == 0


def test_a_server_rebuilds_the_index_if_the_command_was_killed_before(base, backup):
    base("import", "-", stdin='{"id": "tard", "title": "Venu après", "group": "veille"}\n')
    restoring = base.start("restore", "--replace", backup)
    until(lambda: list(base.folder.glob("store.sqlite3.before-restore-*")))
    until(lambda: base("search", "--json", "").code == 1 or restoring.poll() is not None)
    restoring.kill()
    restoring.communicate()
    with Server(base) as server:
        until(lambda: _is_ready(server))
        assert json.loads(get(server.address, "/api/v1/search?q="))["total"] == 3


def _is_ready(server):
    try:
        return json.loads(get(server.address, "/readyz"))["status"] == "ready"
    except OSError:
        return False


def test_an_import_that_runs_during_a_restore_says_that_it_is_lost(base, backup):
    # So much that the import can detect the format without waiting for more.
    importing = base.start("import", "--verbose", "-", stdin=subprocess.PIPE)
    lines = [json.dumps({"id": f"n{place}", "title": f"Nouveau {place}", "group": "autre"}) for place in range(6_000)]
    importing.stdin.write("\n".join(lines[:3_000]) + "\n")
    importing.stdin.flush()
    first = importing.stderr.readline()
    assert base("restore", "--replace", backup).code == 0
    out, errors = importing.communicate("\n".join(lines[3_000:]), timeout=60)

    assert first == "500 signets mis en sûreté\n"
    assert (importing.returncode, out) == (1, "")
    # The import may have said no more between its first line and the restore.
    told = first + errors
    assert told.endswith("\nLa base a été restaurée pendant cet import\u202f: importez le fichier de nouveau.\n")
    assert base("export").out.count("\n") == 3
    assert base("index", "check").code == 0


def test_of_two_restores_at_once_both_are_whole_and_nothing_is_lost(base, backup, other):
    answers = [other.start("restore", "--replace", "--json", backup) for _ in range(2)]
    results = [process.communicate(timeout=120) for process in answers]

    assert [process.returncode for process in answers] == [0, 0], results
    assert sum(json.loads(out)["kept"] is not None for out, _ in results) == 1
    assert other("export").out == base("export").out
    assert other("index", "check").code == 0


# A server has its backup made by the version that it has: docs/operating.md.
@pytest.mark.sqlite
def test_an_older_database_can_be_backed_up_before_its_migration(base, other, tmp_path):
    with later_version(tmp_path):
        assert base("search", "signet").code == 1
        assert base("backup", "--json", tmp_path / "ancienne.zip").json["schema"] == SCHEMA
        new = replace(other, variables=database_variables(is_migrated=False))
        assert new("restore", tmp_path / "ancienne.zip").code == 0
        assert new("search", "signet", "--json").json["total"] == 3


def test_the_store_may_lie_elsewhere_than_the_rest(kb, backup, tmp_path):
    apart = replace(kb, folder=tmp_path / "ici", variables={"KB_STORE_URL": f"sqlite:///{tmp_path}/là/base.sqlite"})

    assert apart("restore", backup).code == 0
    assert files_of(tmp_path / "là") == ["base.sqlite", "base.sqlite.lock"]
    assert apart("backup", tmp_path / "encore.zip").code == 0
