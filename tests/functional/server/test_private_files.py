"""Only their owner can read the files that `kb` writes, whatever the umask at its start."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.cli.private_files import make_data_private, umask_for
from kb.settings import default_settings_in
from tests.conftest import Kb
from tests.factories.backup import LINES
from tests.functional.server.test_cli_serve import Server, get
from tests.support.databases import is_on_server

OTHERS = 0o077


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    assert os.umask(before) == 0o022


def readable_by_others(folder: Path) -> dict[str, str]:
    """The paths in a folder, and the folder itself, that have a permission for others."""
    modes = {path: path.lstat().st_mode for path in (folder, *folder.rglob("*"))}
    return {str(path): oct(mode) for path, mode in modes.items() if stat.S_IMODE(mode) & OTHERS}


def open_to_all(folder: Path) -> None:
    """Set the permissions of files that an older version has written."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_files_of_an_import_an_account_a_rebuild_and_a_restore_are_private(base: Kb, tmp_path: Path) -> None:
    outside = tmp_path / "dehors"
    outside.mkdir(mode=0o700)
    assert base("user", "add", "lea", "--password-stdin", stdin="un mot de passe long\n").code == 0
    assert base("index", "rebuild").code == 0
    assert base("export", "-o", outside / "export.jsonl").code == 0
    assert base("backup", outside / "sauvegarde.zip").code == 0
    assert base("restore", outside / "sauvegarde.zip", "--replace").code == 0
    assert base("person", "data", "lea", "-o", outside / "lea.zip").code == 0
    assert len(list(base.folder.rglob("*"))) > 5
    assert readable_by_others(base.folder) == {}
    assert readable_by_others(outside) == {}


def test_files_of_a_server_and_its_child_processes_are_private(kb: Kb) -> None:
    with Server(kb) as server:
        assert kb("import", "-", stdin=LINES).code == 0
        get(server.address, "/search?q=agent")
        # While the write-ahead log of the database and its shared memory exist.
        assert is_on_server() or (kb.folder / "store.sqlite3-wal").exists()
        assert readable_by_others(kb.folder) == {}
    assert readable_by_others(kb.folder) == {}


def test_a_data_folder_of_an_older_version_is_made_private_by_any_command(base: Kb) -> None:
    (base.folder / "import-jobs").mkdir()
    (base.folder / "import-jobs" / "fichier").write_text("envoyé")
    (base.folder / "store.sqlite3.before-restore-2026").write_text("copie")
    open_to_all(base.folder)
    assert len(readable_by_others(base.folder)) > 8
    answer = base("search", "agents")
    assert (answer.code, answer.err) == (0, "")
    assert readable_by_others(base.folder) == {}


def test_a_folder_with_other_files_keeps_its_mode_and_the_operator_is_warned(base: Kb) -> None:
    (base.folder / "notes.txt").write_text("à un autre programme")
    open_to_all(base.folder)
    answer = base("--language", "en", "search", "agents")
    sentence = f"Other users of this machine can read the folder {base.folder}: make it private with “chmod 700”.\n"
    assert (answer.code, answer.err) == (0, sentence)
    assert set(readable_by_others(base.folder)) == {str(base.folder), str(base.folder / "notes.txt")}
    base.folder.chmod(0o700)
    assert base("search", "agents").err == ""


def test_a_server_warns_in_its_log(base: Kb) -> None:
    (base.folder / "notes.txt").write_text("à un autre programme")
    base.folder.chmod(0o750)
    with Server(base) as server:
        get(server.address, "/healthz")
    assert str(base.folder) in server.errors
    assert "chmod 700" in server.errors


def test_links_and_what_they_lead_to_are_left_alone(base: Kb, tmp_path: Path) -> None:
    outside = tmp_path / "ailleurs.txt"
    outside.write_text("à un autre programme")
    outside.chmod(0o644)
    (base.folder / "store.sqlite3.before-restore-lien").symlink_to(outside)
    base.folder.chmod(0o755)
    assert base("search", "agents").code == 0
    assert stat.S_IMODE(outside.stat().st_mode) == 0o644
    assert stat.S_IMODE(base.folder.stat().st_mode) == 0o700


def test_a_world_writable_folder_is_not_changed(tmp_path: Path) -> None:
    common = tmp_path / "tmp"
    common.mkdir()
    common.chmod(0o1777)
    assert make_data_private(default_settings_in(common))
    assert stat.S_IMODE(common.stat().st_mode) == 0o1777


def test_a_mode_that_cannot_be_changed_is_a_warning_and_no_failure(base: Kb, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    base.folder.chmod(0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    answer = base("search", "agents")
    assert answer.code == 0
    assert "chmod 700" in answer.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can work in the folder of another user")
def test_root_makes_files_that_the_owner_of_the_folder_can_read(base: Kb) -> None:
    assert umask_for(default_settings_in(base.folder)) == 0o077
    for path in (base.folder, *base.folder.rglob("*")):
        os.chown(path, 65534, 65534)
    open_to_all(base.folder)
    assert umask_for(default_settings_in(base.folder)) == 0o022
    assert base("index", "rebuild").code == 0
    # Others are stopped at the folder itself; files that root creates in it could be read by anyone who can enter it.
    assert stat.S_IMODE(base.folder.stat().st_mode) == 0o700
    array_files = [path for path in base.folder.rglob("*.arrays") if path.stat().st_uid == 0]
    assert array_files
    assert all(path.stat().st_mode & 0o044 for path in array_files)


def test_the_umask_of_a_caller_is_given_back(kb: Kb) -> None:
    assert kb("migrate").code == 0
    assert kb("unheard-of").code == 2
