"""Read every file of the newest commit and list the damaged ones, while other processes commit, merge and rebuild."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from index.engine import Damage, DamagedFile, Outdated
from index.whoosh_engine import index_folder
from index.whoosh_engine.checksums import Damaged, is_damage, unsealed
from index.whoosh_engine.storage.array_file import ArrayFile
from index.whoosh_engine.whoosh_adapter.codec import EXTENSION


def damaged_files(folder: Path, fingerprint: str) -> tuple[DamagedFile, ...]:
    """The files that have changed since they were written. Raises Outdated for an index of another fingerprint."""
    intact: set[Path] = set()
    before: tuple[str, int] | None = None
    while True:
        try:
            look = index_folder.newest_commit(folder)
        except Outdated:
            return (_damaged_file(Path(index_folder.CURRENT), _damage_of(folder / index_folder.CURRENT)),)
        damaged = tuple(_of_commit(look, fingerprint, intact))
        # A commit removes files that it replaces, so only files damaged in the newest commit count.
        if not damaged or look.number == before:
            return damaged
        before = look.number


def _of_commit(look: index_folder.CommitMark, fingerprint: str, intact: set[Path]) -> Iterator[DamagedFile]:
    """The damaged files of one commit; files of `intact` are not read, and those found intact are added to it."""
    home = Path(index_folder.GENERATIONS, look.generation.name)
    if look.number[1] < 0:
        # The folder of a generation without any table of contents, or no folder.
        yield _damaged_file(home, Damage.MISSING)
        return
    toc = Path(look.here)
    try:
        unsealed(toc.read_bytes())
    except (OSError, Damaged) as error:
        yield _damaged_file(home / toc.name, _damage(error))
        return
    for segment in _segments(look, fingerprint):
        path = look.generation / segment.make_filename(EXTENSION)
        if path in intact:
            continue
        try:
            _verify(path, segment)
        except (OSError, Damaged) as error:
            yield _damaged_file(home / path.name, _damage(error), segment.segment_id())
        else:
            intact.add(path)


def _segments(look: index_folder.CommitMark, fingerprint: str) -> list[Any]:
    """The segments of a commit; none if another one has replaced it. Raises Outdated."""
    storage = index_folder.Storage(look.generation)
    try:
        toc = index_folder.read_toc(storage, look.number[1])
    except FileNotFoundError:
        return []
    finally:
        storage.close()
    index_folder.require_fingerprint(toc, fingerprint)
    segments: list[Any] = toc.segments
    return segments


def _verify(path: Path, segment: Any) -> None:
    """Raise Damaged, or OSError, if the file of a segment has changed."""
    file = ArrayFile(path)
    file.verify()
    if file.documents != segment.doc_count_all():
        raise Damaged(f"{path.name} is of another segment")


def _damaged_file(path: Path, damage: Damage, segment: str | None = None) -> DamagedFile:
    return DamagedFile(path.as_posix(), segment, damage)


def _damage_of(path: Path) -> Damage:
    """The kind of damage of an unusable file."""
    try:
        path.read_bytes()
    except OSError as error:
        return _damage(error)
    return Damage.CHANGED


def _damage(error: OSError | Damaged) -> Damage:
    match error:
        case Damaged():
            return error.damage
        case FileNotFoundError():
            return Damage.MISSING
        case _ if not is_damage(error):
            raise error
        case _:
            return Damage.UNREADABLE
