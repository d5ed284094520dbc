"""The whole base into one file, and back, each verified by itself. The index is no part of it: it can be made anew."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage

from kb import __version__
from kb.access.actor import Actor
from kb.access.permissions import require_operator
from kb.errors import Unavailable
from kb.formats.backup_archive import (
    STORE,
    Archive,
    Manifest,
    Unusable,
    damaged,
    digest_of,
    foreign,
    newer,
    pack,
    unpacking,
)
from kb.formats.temporary_folders import draft_folder
from kb.settings import Settings
from kb.store.database.clock import this_instant
from kb.store.maintenance.database_copy import Contents, NoBase, copy_of, copy_out, examine, is_base, place_of
from kb.store.maintenance.database_restore import Placed, make_ready, put_in_place, require_free
from kb.store.maintenance.migration import is_known

Progress = Callable[[int, int], None]
"""Told how many bytes are done, and how many there are in all."""


@dataclass(slots=True)
class _Passing:
    """Bytes that pass, counted."""

    total: int
    progress: Progress | None
    done: int = 0

    def told(self, number: int) -> None:
        self.done += number
        if self.progress is not None:
            self.progress(self.done, self.total)


def back_up(settings: Settings, actor: Actor, file: Path, progress: Progress | None = None) -> Manifest:
    """Write the base, as it is at one moment, into a file, while others use it; give what the file holds.

    `file` lies in a folder of its own, which needs room for the base as well: it is copied, packed, then unpacked and
    compared. Only whoever runs the base may read it (its mode is 0600), because the base holds what few may read.
    Raises Refused, and Unavailable when the base is not there, the disk is full or what was written cannot be read.
    """
    require_operator(actor)
    copy, again = file.with_name("copy"), file.with_name("again")
    made = this_instant()
    copy_out(settings.store_url, copy)
    try:
        held = examine(copy)
    except NoBase as error:
        raise Unavailable("The base is damaged: put a copy back in its place.") from error
    size = copy.stat().st_size
    manifest = Manifest(
        program=f"florilege {__version__}",
        schema=held.schema,
        change=held.change,
        made=made,
        counts=held.counts,
        size=size,
        sha256=digest_of(copy),
    )
    passing = _Passing(2 * size, progress)
    pack(file, copy, manifest, passing.told)
    file.chmod(0o600)
    copy.unlink()
    try:
        with unpacking(file) as archive:
            _verified(archive, again, passing)
            if archive.manifest != manifest:
                raise damaged()
    except Unusable as error:
        raise Unavailable("What was written cannot be read again: try another disk.") from error
    again.unlink()
    return manifest


def restore(
    settings: Settings, actor: Actor, file: Path, *, replace: bool = False, progress: Progress | None = None
) -> Placed:
    """Put the base of a backup in the place of this one, whoever uses it at this moment, once the file is verified.

    `file` is what `back_up` has written, or a base that a restore has kept. An older base is migrated first. The index
    is then that of another base, which whoever follows it notices. A base that holds anything is kept beside; one that
    holds items is replaced only with `replace`.

    Raises Unusable for a file that is no backup, not a whole one, or one of a newer program; Conflict for a base that
    holds items; Refused, Unavailable, OSError. Then nothing has changed.
    """
    require_operator(actor)
    place = place_of(settings.store_url)
    place.parent.mkdir(parents=True, exist_ok=True)
    require_free(settings.store_url, replace=replace)
    with draft_folder(place.parent, place.name) as folder:
        staged = folder / STORE
        if is_base(file):
            _copied(file, staged)
        else:
            _unpacked(file, staged, progress)
        try:
            ready = make_ready(staged)
        except NoBase as error:
            raise damaged() from error
        placed = put_in_place(settings.store_url, staged, replace=replace)
        if placed.contents != ready:
            raise Unavailable("The base is not what was put there: check the disk, then restore again.")
    return placed


def _copied(file: Path, staged: Path) -> None:
    """A base that a restore has kept, examined. Raises Unusable."""
    try:
        copy_of(file, staged)
        held = examine(staged)
    except NoBase as error:
        raise foreign() from error
    if not is_known(held.schema):
        raise newer()


def _unpacked(file: Path, staged: Path, progress: Progress | None) -> None:
    """The base of a backup, verified. Raises Unusable, and Unavailable when it is larger than the room that is left."""
    with unpacking(file) as archive:
        if not is_known(archive.manifest.schema):
            raise newer()
        if disk_usage(staged.parent).free < archive.manifest.size:
            raise Unavailable("There is no room left on the disk.")
        _verified(archive, staged, _Passing(archive.manifest.size, progress))


def _verified(archive: Archive, target: Path, passing: _Passing) -> None:
    """Unpack the store and examine it. Raises Unusable when it is not what the manifest says."""
    archive.extract(target, passing.told)
    said = archive.manifest
    try:
        held = examine(target)
    except NoBase as error:
        raise damaged() from error
    if held != Contents(said.schema, said.change, said.counts):
        raise damaged()
