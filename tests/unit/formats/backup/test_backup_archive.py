"""Backup archives: valid, truncated, altered, foreign and hostile."""

import json
import random
import struct
import zipfile
from pathlib import Path

import pytest

from kb.formats.backup.archive import (
    MANIFEST,
    STORE,
    BackupManifest,
    UnusableBackup,
    file_sha256,
    open_backup_archive,
    write_backup_archive,
)

CONTENT = random.Random(7).randbytes(300_000)


def nothing(_bytes: int) -> None:
    pass


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    store, path = tmp_path / "base", tmp_path / "sauvegarde.zip"
    store.write_bytes(CONTENT)
    manifest = BackupManifest(
        "florilege", "0001", 12, "2026-01-02T03:04:05Z", {"items": 3}, len(CONTENT), file_sha256(store)
    )
    write_backup_archive(path, store, manifest, nothing)
    return path


def extracted(path: Path) -> bytes:
    target = path.with_name("extrait")
    target.unlink(missing_ok=True)
    with open_backup_archive(path) as archive:
        archive.extract(target, nothing)
    return target.read_bytes()


def repacked(path: Path, members: list[tuple[str, bytes]], **options: object) -> Path:
    with zipfile.ZipFile(path, "w", **{"compression": zipfile.ZIP_DEFLATED, **options}) as packed:  # type: ignore[arg-type]
        for name, content in members:
            packed.writestr(name, content)
    return path


def members_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def changed(path: Path, **changes: object) -> Path:
    """The same backup with another manifest; a value None removes its key."""
    members = members_of(path)
    shape = {**json.loads(members[MANIFEST]), **changes}
    text = json.dumps({key: value for key, value in shape.items() if value is not None})
    return repacked(path, [(MANIFEST, text.encode()), (STORE, members[STORE])])


def test_a_backup_is_unpacked_and_has_its_manifest(backup: Path) -> None:
    with open_backup_archive(backup) as archive:
        assert (archive.manifest.schema, archive.manifest.change, archive.manifest.counts) == ("0001", 12, {"items": 3})
    assert extracted(backup) == CONTENT
    with zipfile.ZipFile(backup) as ordinary:
        assert ordinary.testzip() is None
        assert ordinary.namelist() == [MANIFEST, STORE]
        assert json.loads(ordinary.read(MANIFEST))["format"] == 1


def test_progress_is_called_with_the_number_of_bytes(backup: Path) -> None:
    sizes: list[int] = []
    with open_backup_archive(backup) as archive:
        archive.extract(backup.with_name("extrait"), sizes.append)
    assert sum(sizes) == len(CONTENT)


def test_packed_by_another_program_it_is_the_same(backup: Path) -> None:
    members = members_of(backup)
    repacked(backup, sorted(members.items(), reverse=True), compression=zipfile.ZIP_STORED)
    assert extracted(backup) == CONTENT


def test_cut_anywhere_it_is_refused(backup: Path) -> None:
    whole = backup.read_bytes()
    for size in [0, 1, 21, 22, 30, 60, *range(1000, len(whole), 25_000), len(whole) - 1]:
        backup.write_bytes(whole[:size])
        with pytest.raises(UnusableBackup, match="damaged or incomplete" if size >= 60 else "."):
            extracted(backup)


def test_a_bit_changed_anywhere_is_noticed_or_changes_nothing(backup: Path) -> None:
    whole = backup.read_bytes()
    rng = random.Random(3)
    directory = whole.rindex(b"PK\x01\x02", 0, whole.rindex(b"PK\x01\x02"))
    for place in [*range(60), *rng.sample(range(60, directory), 60), *range(directory, len(whole))]:
        torn = bytearray(whole)
        torn[place] ^= 1 << rng.randrange(8)
        backup.write_bytes(torn)
        try:
            # The dates and permissions in a zip are not read.
            assert extracted(backup) == CONTENT
        except UnusableBackup:
            continue
        assert place < 60 or place >= directory


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK",
        b"\x00" * 1000,
        b"SQLite format 3\x00" + b"\x00" * 100,
        b'{"title": "Un import, pas une sauvegarde"}\n',
        b"PK\x05\x06" + b"\x00" * 18,
        b"PK\x05\x06\x00\x00\x00\x00\x02\x00\x02\x00" + b"\xff" * 8 + b"\x00\x00",
    ],
)
def test_a_file_that_is_no_backup_is_refused(backup: Path, content: bytes) -> None:
    backup.write_bytes(content)
    with pytest.raises(UnusableBackup, match="is not a backup"):
        extracted(backup)


def test_another_zip_is_no_backup(backup: Path) -> None:
    whole = members_of(backup)
    for members in (
        [("lettre.txt", b"Bonjour"), ("autre.txt", b"")],
        [(STORE, whole[STORE])],
        [(STORE, whole[STORE]), ("lettre.txt", b"")],
        [*whole.items(), ("de trop", b"")],
        [(MANIFEST, whole[MANIFEST]), ("../../store.sqlite3", whole[STORE])],
        [(MANIFEST, whole[MANIFEST]), ("/etc/store.sqlite3", whole[STORE])],
        [("./" + MANIFEST, whole[MANIFEST]), (STORE, whole[STORE])],
    ):
        repacked(backup, members)
        with pytest.raises(UnusableBackup):
            extracted(backup)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_is_there_twice_is_refused(backup: Path) -> None:
    whole = members_of(backup)
    repacked(backup, [(MANIFEST, whole[MANIFEST]), (MANIFEST, whole[MANIFEST])])
    with pytest.raises(UnusableBackup):
        extracted(backup)


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_only_ordinary_packing_is_read(backup: Path, packing: int) -> None:
    repacked(backup, list(members_of(backup).items()), compression=packing)
    with pytest.raises(UnusableBackup):
        extracted(backup)


def test_an_encrypted_member_is_refused(backup: Path) -> None:
    whole = bytearray(backup.read_bytes())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = whole.rindex(sign)
        whole[at + place] |= 1
    backup.write_bytes(whole)
    with pytest.raises(UnusableBackup):
        extracted(backup)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": None},
        {"format": "1"},
        {"format": 0},
        {"format": True},
        {"change": -1},
        {"change": "12"},
        {"change": 1.5},
        {"schema": 1},
        {"schema": None},
        {"counts": []},
        {"counts": {"items": "3"}},
        {"members": None},
        {"members": {}},
        {"members": {STORE: {"size": len(CONTENT)}}},
        {"members": {STORE: {"size": len(CONTENT) - 1, "sha256": "0" * 64}}},
        {"members": {STORE: {"size": len(CONTENT), "sha256": "0" * 64}}},
        {"members": {STORE: {"size": 2**70, "sha256": "0" * 64}}},
    ],
)
def test_an_invalid_manifest_is_refused(backup: Path, changes: dict[str, object]) -> None:
    changed(backup, **changes)
    with pytest.raises(UnusableBackup, match="damaged or incomplete"):
        extracted(backup)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 60_000, '{"format": 1e999}', "\ufeff{}", "é"])
def test_a_manifest_that_is_none_is_refused(backup: Path, text: str) -> None:
    repacked(backup, [(MANIFEST, text.encode("latin-1", "replace")), (STORE, members_of(backup)[STORE])])
    with pytest.raises(UnusableBackup):
        extracted(backup)


def test_a_later_format_is_refused_as_newer(backup: Path) -> None:
    changed(backup, format=3, members={"autre.sqlite3": {}})
    with pytest.raises(UnusableBackup, match="newer version"):
        extracted(backup)


def test_a_decompression_bomb_is_not_unpacked(backup: Path) -> None:
    size = 80_000_000
    zeros = bytes(size)
    changed(backup, members={STORE: {"size": size, "sha256": "0" * 64}})
    repacked(backup, [(MANIFEST, members_of(backup)[MANIFEST]), (STORE, zeros)])
    assert backup.stat().st_size < 100_000
    with pytest.raises(UnusableBackup), open_backup_archive(backup):
        pass


def test_a_member_that_is_longer_than_declared_is_refused(backup: Path) -> None:
    """The directory declares 300,000 bytes, and the compressed data contain more."""
    manifest = members_of(backup)[MANIFEST]
    repacked(backup, [(MANIFEST, manifest), (STORE, CONTENT + bytes(50_000_000))])
    whole = bytearray(backup.read_bytes())
    for sign, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = whole.rindex(sign)
        whole[at + place : at + place + 4] = struct.pack("<I", len(CONTENT))
    backup.write_bytes(whole)
    with pytest.raises(UnusableBackup):
        extracted(backup)
    assert not backup.with_name("extrait").exists() or backup.with_name("extrait").stat().st_size <= len(CONTENT)


def test_a_directory_that_would_fill_the_memory_is_not_read(backup: Path) -> None:
    whole = bytearray(backup.read_bytes())
    whole[-10:-6] = struct.pack("<I", 2**31)
    backup.write_bytes(whole)
    with pytest.raises(UnusableBackup):
        extracted(backup)


def test_a_disk_that_refuses_is_not_taken_for_a_damaged_file(backup: Path) -> None:
    with open_backup_archive(backup) as archive, pytest.raises(OSError, match="No such file"):
        archive.extract(backup.parent / "absent" / "extrait", nothing)
