"""Files in backups, integrity checks, the trash, copies, and after an erasure."""

import hashlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from kb.access.actor import OPERATOR, Actor
from kb.files.file_store import FolderStore
from kb.model.items.item import Item
from kb.model.items.item_fields import ItemFields
from kb.model.items.item_file import FileRole, ItemFile, TextState
from kb.model.people.group import Role, Visibility
from kb.services.accounts.personal_data_export import write_own_personal_data
from kb.services.admin.expired_data import purge_expired_data
from kb.services.core.library import Library
from kb.services.files.file_upload import SentFile, upload_file
from kb.services.files.item_file_access import file_content, file_of_item
from kb.services.files.unused_files import GRACE_SECONDS, check_files, delete_unused_files
from kb.services.groups.group_views import add_group
from kb.services.groups.membership import remove_member, set_role
from kb.services.item_actions.move_and_copy import copy_item, move_item
from kb.services.moderation.moderation_actions import remove_content
from kb.site import open_store
from kb.store import ReadSnapshot
from tests.conftest import Kb
from tests.factories.documents import a_pdf
from tests.factories.group import as_
from tests.factories.library import an_empty_library
from tests.support.browser_sessions import an_account

KEY = hashlib.sha256(a_pdf()).hexdigest()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with closing(an_empty_library(tmp_path)) as library:
        an_account(library, "paul", name="Paul")
        for slug in ("lectures", "ville"):
            add_group(library, OPERATOR, slug, slug.title(), visible=Visibility.MEMBERS)
            set_role(library, OPERATOR, slug, "paul", Role.OWNER)
        yield library


def upload(library: Library, slug: str = "lectures") -> Item:
    return upload_file(library, as_(library, "paul"), slug, SentFile("r.pdf", [a_pdf()]), ItemFields()).item


def age(library: Library) -> None:
    """Make all files older than the age below which the sweep keeps them."""
    for path in (library.settings.data / "files").rglob("*"):
        if path.is_file():
            os.utime(path, (1, 1))


def keys(library: Library) -> list[str]:
    return [file.key for file in library.files.files()]


def test_a_copy_in_another_group_shares_the_bytes_and_each_counts_for_its_group(library: Library) -> None:
    item = upload(library)
    copied = copy_item(library, as_(library, "paul"), item.id, "ville", confirmed=True).item
    copied_file = file_of_item(library, as_(library, "paul"), copied.id)
    assert b"".join(file_content(library, copied_file.file)) == a_pdf()
    assert keys(library) == [KEY]
    with library.store.read() as reading:
        groups = [reading.groups.by_slug(slug) for slug in ("lectures", "ville")]
        assert [reading.item_files.used_by_group(group.id) for group in groups if group] == [len(a_pdf())] * 2


def test_a_file_goes_with_its_item(library: Library) -> None:
    item = upload(library)
    move_item(library, as_(library, "paul"), item.id, "ville", confirmed=True)
    assert file_of_item(library, as_(library, "paul"), item.id).file.sha256 == KEY


def test_a_file_in_the_trash_stays_and_what_nothing_names_goes_after_a_day(library: Library) -> None:
    item = upload(library)
    remove_content(library, as_(library, "paul"), item.id)
    age(library)
    purge_expired_data(library)
    assert keys(library) == [KEY]
    with library.store.write() as writing:
        writing.moderation.delete_removals([removal.id for removal in writing.moderation.removals_of_items([item.id])])
        writing.undos.purge("9999")
    purge_expired_data(library)
    assert keys(library) == []


def test_a_file_that_nothing_names_yet_is_spared(library: Library) -> None:
    key = library.files.put(b"en route")
    assert delete_unused_files(library) == 0
    assert keys(library) == [key]
    assert delete_unused_files(library, 9e12 + GRACE_SECONDS) == 1


def test_a_file_named_during_the_deletion_of_unused_files_is_kept(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.files.put(a_pdf())
    age(library)
    listed = FolderStore.files

    def named_meanwhile(store: FolderStore) -> Iterator[object]:
        listed_files = list(listed(store))
        monkeypatch.undo()
        upload(library)
        yield from listed_files

    monkeypatch.setattr(FolderStore, "files", named_meanwhile)
    assert delete_unused_files(library) == 0
    assert keys(library) == [KEY]


def test_the_files_of_erased_items_are_gone_unless_another_item_names_them(library: Library) -> None:
    item = upload(library)
    copied = copy_item(library, as_(library, "paul"), item.id, "ville", confirmed=True).item
    with library.store.write() as writing:
        writing.erasure.items_of_group(item.group_id, 10)
    age(library)
    purge_expired_data(library)
    assert keys(library) == [KEY]
    with library.store.write() as writing:
        writing.erasure.items_of_group(copied.group_id, 10)
    purge_expired_data(library)
    assert keys(library) == []


def test_a_check_names_what_is_missing_damaged_and_unused(library: Library) -> None:
    upload(library)
    assert check_files(library, OPERATOR, whole=True).is_clean
    path = library.settings.data / "files" / KEY[:2] / KEY[2:]
    library.files.put(b"sans signet")
    path.write_bytes(bytes(len(a_pdf())))
    assert check_files(library, OPERATOR).is_clean
    assert check_files(library, OPERATOR, whole=True).damaged == (KEY,)
    path.write_bytes(b"court")
    assert check_files(library, OPERATOR).damaged == (KEY,)
    path.unlink()
    report = check_files(library, OPERATOR)
    assert (report.missing, report.unused, report.files, report.size) == ((KEY,), 1, 1, len(a_pdf()))


def with_a_file(base: Kb) -> Path:
    """A library in which an item has a file; also the path of the file."""
    key = FolderStore(base.folder / "files").put(a_pdf())
    file = (
        "s1",
        FileRole.FILE,
        key,
        len(a_pdf()),
        "application/pdf",
        "r.pdf",
        1,
        TextState.READ,
        "2026-01-01T00:00:00Z",
    )
    with closing(open_store(base.settings.store_url)) as store, store.write() as writing:
        writing.item_files.put(ItemFile(*file))
    return base.folder / "files" / key[:2] / key[2:]


def test_a_backup_holds_the_files_and_a_restore_puts_them_back(base: Kb, other: Kb, tmp_path: Path) -> None:
    path, file = with_a_file(base), tmp_path / "sauvegarde.zip"
    answer = base("backup", file)
    assert answer.code == 0, answer.err
    assert "Elle contient 1 fichier" in answer.out
    assert other("restore", file).code == 0
    assert (other.folder / "files" / KEY[:2] / KEY[2:]).read_bytes() == a_pdf()
    assert other("files", "check", "--whole").code == 0
    path.unlink()
    missing = base("files", "check", "--json")
    assert (missing.code, json.loads(missing.out)["missing"]) == (1, [KEY])
    assert "manque" in base("backup", tmp_path / "sans.zip").err
    assert base("restore", file, "--replace").code == 0
    assert path.read_bytes() == a_pdf()


def test_a_backup_without_files_says_what_is_missing_after_its_restore(base: Kb, other: Kb, tmp_path: Path) -> None:
    with_a_file(base)
    file = tmp_path / "sans.zip"
    report = base("backup", "--without-files", "--json", file).json
    assert (report["files"], report["files_size"]) == (0, 0)
    restored = other("restore", "--json", file)
    assert (restored.code, restored.json["missing_files"]) == (0, 1)
    assert "manque" in restored.err


def test_a_damaged_file_in_a_backup_is_found_before_anything_changes(base: Kb, other: Kb, tmp_path: Path) -> None:
    with_a_file(base)
    file = tmp_path / "sauvegarde.zip"
    base("backup", file)
    whole = bytearray(file.read_bytes())
    at = whole.index(b"%PDF-")
    whole[at + 40] ^= 1
    file.write_bytes(bytes(whole))
    refused = other("restore", file)
    assert refused.code == 1
    assert "abîmée" in refused.err
    assert not (other.folder / "store.sqlite3").exists() or other("search", "Signet", "--json").json["total"] == 0


def test_the_disk_space_of_a_groups_files_is_shown_and_bounded(base: Kb) -> None:
    with_a_file(base)
    assert "sur 2" in base("group", "files", "veille").out
    assert "sur 5 Mo" in base("group", "files", "veille", "--quota", "5").out.replace("\xa0", " ")
    assert "pas de limite" in base("group", "files", "veille", "--quota", "0").out
    assert "sur 2" in base("group", "files", "veille", "--quota", "default").out
    assert base("group", "files", "veille", "--quota", "-1").code == 2


def test_personal_data_names_the_documents_and_their_items_as_far_as_they_are_readable(library: Library) -> None:
    item = upload(library)

    def documents() -> list[dict[str, Any]]:
        stream = BytesIO()
        write_own_personal_data(library, as_(library, "paul"), stream)
        with zipfile.ZipFile(stream) as archive:
            documents_exported: list[dict[str, Any]] = json.loads(archive.read("account.json"))["documents"]
            return documents_exported

    (document,) = documents()
    assert (document["name"], document["size"], document["item"]) == ("r.pdf", len(a_pdf()), item.id)
    an_account(library, "ada", name="Ada")
    set_role(library, OPERATOR, "lectures", "ada", Role.OWNER)
    remove_member(library, OPERATOR, "lectures", "paul")
    assert [(document["name"], document["item"]) for document in documents()] == [("r.pdf", None)]


def test_a_process_killed_between_file_and_item_leaves_a_file_that_is_deleted_later(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException): ...

    def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("kb.services.files.file_upload.save_item", killed)
        with pytest.raises(Killed):
            upload(library)
    assert keys(library) == [KEY]
    purge_expired_data(library)
    assert keys(library) == [KEY]
    assert file_of_item(library, as_(library, "paul"), upload(library).id).file.sha256 == KEY
    age(library)
    purge_expired_data(library)
    assert check_files(library, OPERATOR, whole=True).is_clean


def test_a_file_deleted_just_before_its_item_is_saved_is_stored_again(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kb.services.files.file_upload.current_actor", _after_a_sweep(library))
    upload(library)
    assert check_files(library, OPERATOR, whole=True).is_clean


def _after_a_sweep(library: Library) -> Callable[[ReadSnapshot, Actor], Actor]:
    def swept(_reading: ReadSnapshot, actor: Actor) -> Actor:
        library.files.delete(KEY)
        return actor

    return swept
