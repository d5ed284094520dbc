"""Back up the whole database into one file, and restore it; both are verified. The index can be rebuilt."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage

from kb import __version__
from kb.access.actor import Actor
from kb.access.permissions import require_operator
from kb.errors import NotFound, Unavailable
from kb.files.opening import open_file_store
from kb.files.received_file import received_file
from kb.formats.backup.archive import (
    DAMAGED_BACKUP,
    NEWER_BACKUP,
    NOT_A_BACKUP,
    OLD_BACKUP,
    STORE,
    BackupArchive,
    BackupManifest,
    UnusableBackup,
    file_sha256,
    open_backup_archive,
    write_backup_archive,
)
from kb.formats.backup.file_stream import DamagedPack, PackedFile
from kb.formats.temporary_folders import locked_temporary_folder
from kb.settings import Settings
from kb.store import FeatureStore
from kb.store.database.clock import timestamp_now
from kb.store.maintenance.database_copy import (
    DatabaseContents,
    NotADatabase,
    copy_database_file,
    copy_live_database,
    database_path,
    examine_database,
    files_named_by,
    is_base,
)
from kb.store.maintenance.database_restore import (
    RestoredDatabase,
    prepare_database,
    replace_database,
    require_restore_target,
)
from kb.store.maintenance.migration import is_known, is_too_old

BackupProgress = Callable[[int, int], None]
"""A function called with the number of bytes done, and the total."""


@dataclass(frozen=True, slots=True)
class WrittenBackup:
    """The description of a backup, and how many files the database names that the store of files lacks."""

    manifest: BackupManifest
    missing: int


@dataclass(slots=True)
class _ByteCounter:
    total: int
    progress: BackupProgress | None
    done: int = 0

    def add(self, number: int) -> None:
        self.done += number
        if self.progress is not None:
            self.progress(self.done, self.total)


def write_backup(
    settings: Settings,
    features: Sequence[FeatureStore],
    actor: Actor,
    file: Path,
    progress: BackupProgress | None = None,
    *,
    with_files: bool = True,
) -> WrittenBackup:
    """Write a snapshot of the database, and the files that it names, into a file, while others use both.

    The folder of `file` must have room for the database as well: it is copied, packed, then unpacked and compared. Only
    the operator may read the file (its mode is 0600), because the database holds private data. Raises Forbidden, and
    Unavailable if the database does not exist, the disk is full or the written file cannot be read.
    """
    require_operator(actor)
    copy, again = file.with_name("copy"), file.with_name("again")
    made = timestamp_now()
    copy_live_database(settings.store_url, copy, features)
    try:
        contents = examine_database(copy)
    except NotADatabase as error:
        raise Unavailable("The database is damaged: put a copy back in its place.") from error
    size = copy.stat().st_size
    store = open_file_store(settings.files_url, settings.data)
    named = files_named_by(copy) if with_files else {}
    there = {key: length for key, length in named.items() if store.holds(key)}
    manifest = BackupManifest(
        program=f"florilege {__version__}",
        schema=contents.schema,
        change=contents.change,
        made=made,
        counts=contents.counts,
        size=size,
        sha256=file_sha256(copy),
        files=len(there),
        files_size=sum(there.values()),
    )
    passing = _ByteCounter(2 * (size + manifest.files_size), progress)
    try:
        files = (PackedFile(key, length, store.read(key)) for key, length in there.items())
        write_backup_archive(file, copy, manifest, passing.add, files)
    except (NotFound, DamagedPack) as error:
        raise Unavailable("The store of files changed meanwhile, or is damaged: run “kb files check”.") from error
    file.chmod(0o600)
    copy.unlink()
    try:
        with open_backup_archive(file) as archive:
            _unpack_and_verify(archive, again, passing)
            for packed in archive.files():
                for block in packed.blocks:
                    passing.add(len(block))
            if archive.manifest != manifest:
                raise UnusableBackup(DAMAGED_BACKUP)  # noqa: TRY301 - reported as any other damage
    except UnusableBackup as error:
        raise Unavailable("What was written cannot be read again: try another disk.") from error
    again.unlink()
    return WrittenBackup(manifest, len(named) - len(there))


def restore_backup(
    settings: Settings,
    features: Sequence[FeatureStore],
    actor: Actor,
    file: Path,
    *,
    replace: bool = False,
    progress: BackupProgress | None = None,
) -> RestoredDatabase:
    """Replace the database by that of a backup, even while it is in use, once the file is verified.

    `file` is a backup by `write_backup`, or a database that an earlier restore kept. An older database is migrated
    first. The index then belongs to another database, which the indexer notices. A database with any content is kept
    beside the new one; a database with items is replaced only with `replace`.

    Raises UnusableBackup for a file that is not a backup, is incomplete, or was written by a newer program or by a
    version before 0.2.0; Conflict for a database with items; Forbidden, Unavailable, OSError. After an error nothing
    has changed.
    """
    require_operator(actor)
    database = database_path(settings.store_url) or settings.data / STORE
    database.parent.mkdir(parents=True, exist_ok=True)
    require_restore_target(settings.store_url, features, replace=replace)
    with locked_temporary_folder(database.parent, database.name) as folder:
        staged = folder / STORE
        if is_base(file):
            _copy_staged_database(file, staged)
        else:
            _unpack_backup(settings, file, staged, progress)
        try:
            ready = prepare_database(staged, features)
        except NotADatabase as error:
            raise UnusableBackup(DAMAGED_BACKUP) from error
        placed = replace_database(settings.store_url, staged, features, replace=replace, beside=database)
        if placed.contents != ready:
            raise Unavailable("The database is not what was put there: check the disk, then restore again.")
    return placed


def _copy_staged_database(file: Path, staged: Path) -> None:
    """Copy and verify a database that an earlier restore kept. Raises UnusableBackup."""
    try:
        copy_database_file(file, staged)
        contents = examine_database(staged)
    except NotADatabase as error:
        raise UnusableBackup(NOT_A_BACKUP) from error
    _require_known(contents.schema)


def _require_known(schema: str) -> None:
    if is_too_old(schema):
        raise UnusableBackup(OLD_BACKUP)
    if not is_known(schema):
        raise UnusableBackup(NEWER_BACKUP)


def _unpack_backup(settings: Settings, file: Path, staged: Path, progress: BackupProgress | None) -> None:
    """Unpack and verify a backup's database, and put its files into the store: they belong to nothing until the
    database is replaced. Raises UnusableBackup, Unavailable if it does not fit on the disk.
    """
    with open_backup_archive(file) as archive:
        _require_known(archive.manifest.schema)
        if disk_usage(staged.parent).free < archive.manifest.size:
            raise Unavailable("There is no space left on the disk.")
        passing = _ByteCounter(archive.manifest.size + archive.manifest.files_size, progress)
        _unpack_and_verify(archive, staged, passing)
        store = open_file_store(settings.files_url, settings.data)
        for packed in archive.files():
            with received_file(staged.parent, packed.blocks, packed.size) as received:
                store.put_file(received.file, packed.sha256)
            passing.add(packed.size)


def _unpack_and_verify(archive: BackupArchive, target: Path, passing: _ByteCounter) -> None:
    """Unpack the database and verify it. Raises UnusableBackup if it differs from the manifest."""
    archive.extract(target, passing.add)
    manifest = archive.manifest
    try:
        contents = examine_database(target)
    except NotADatabase as error:
        raise UnusableBackup(DAMAGED_BACKUP) from error
    if contents != DatabaseContents(manifest.schema, manifest.change, manifest.counts):
        raise UnusableBackup(DAMAGED_BACKUP)
