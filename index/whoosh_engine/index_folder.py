"""The index folder: generations, of which one is current.

    current              the name of the current generation, replaced in one rename
    writing.lock         held by the process that writes
    merging.lock         held by the process that merges large segments
    generations/<n>-<random>/ one Whoosh index: its table of contents, and a file for each segment

A rebuild writes a new generation beside the current one, then swaps. Readers keep the files that they opened open, so
an old generation can be deleted while a reader still searches it.
"""

import os
import re
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import Any

from index.engine import Outdated, VersionMismatch
from index.whoosh_engine.checksums import Damaged, is_damage, seal_of, unsealed
from index.whoosh_engine.storage.file_locks import is_locked
from index.whoosh_engine.whoosh_adapter.codec import EXTENSION
from index.whoosh_engine.whoosh_adapter.whoosh_imports import TOC, FileStorage, StructFile

LOCK = "writing.lock"
MERGING = "merging.lock"
UNFINISHED = "merging-"
"""How the names of files begin that are being merged. Whoosh's sweeping knows nothing of them."""
CURRENT = "current"
GENERATIONS = "generations"
INDEX = "MAIN"

_NAME = re.compile(r"[0-9]{1,9}-[0-9a-f]{8}")
_TOC = re.compile(rf"_{INDEX}_([0-9]+)\.toc")


class Storage(FileStorage):  # type: ignore[misc]
    """Whoosh's storage, which also closes files that Whoosh leaves open when it fails."""

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._opened: list[Any] = []

    def open_file(self, name: str, **options: Any) -> Any:
        """Open a table of contents: Whoosh opens nothing else. Raises Damaged."""
        content = unsealed(Path(self.folder, name).read_bytes())
        return self._remembered(StructFile(BytesIO(content), name=name, **options))

    def create_file(self, name: str, **options: Any) -> Any:
        """Open a file to write."""
        return self._remembered(super().create_file(name, **options))

    def rename_file(self, oldname: str, newname: str, *, safe: bool = False) -> None:
        """Seal a table of contents and move it to its place: Whoosh renames nothing else."""
        path = Path(self.folder, oldname)
        seal = seal_of(path.read_bytes())
        with path.open("ab") as file:
            file.write(seal)
        super().rename_file(oldname, newname, safe=safe)

    def temp_storage(self, name: str | None = None) -> "Storage":  # noqa: ARG002 - Whoosh's signature
        """The storage for Whoosh's temporary files: this one, because our pool leaves no such files."""
        return self

    def _remembered(self, file: Any) -> Any:
        self._opened = [other for other in self._opened if not other.is_closed]
        self._opened.append(file)
        return file

    def close(self) -> None:
        """Close every file that is still open."""
        for file in self._opened:
            if not file.is_closed:
                try:
                    file.close()
                except OSError:
                    # The disk is full, and closing tried to write the rest: the file is closed all the same.
                    file.is_closed = True
        self._opened.clear()


def damaged_index_error(why: str) -> Outdated:
    """The error for damaged files."""
    return Outdated(f"The search index is damaged and must be rebuilt: {why}.")


def _unreadable_name(error: OSError) -> Exception:
    """The error if the name of the current generation cannot be read."""
    return damaged_index_error(f"it has no current generation ({error.strerror})") if is_damage(error) else error


def current_generation(folder: Path) -> Path:
    """The folder of the current generation. Raises Outdated if there is none, OSError with too many open files."""
    try:
        # Every search calls this, and a new Path for each would take noticeable time.
        with open(f"{folder}/{CURRENT}", encoding="ascii", errors="replace") as file:  # noqa: PTH123
            name = file.read()
    except OSError as error:
        raise _unreadable_name(error) from None
    if not name.endswith("\n") or not _NAME.fullmatch(name[:-1]):
        raise damaged_index_error("the name of its current generation cannot be read")
    return folder / GENERATIONS / name.strip()


def is_new(folder: Path) -> bool:
    """Whether nothing was ever indexed in the folder.

    A process that makes its first generation, or was killed meanwhile, has named no current one and written no segment.
    """
    if (folder / CURRENT).exists():
        return False
    return next((folder / GENERATIONS).glob(f"*/*{EXTENSION}"), None) is None


def next_generation(folder: Path) -> Path:
    """A new, empty folder for a generation. The lock must be held."""
    home = folder / GENERATIONS
    home.mkdir(parents=True, exist_ok=True)
    numbers = [int(path.name.partition("-")[0]) for path in home.iterdir() if _NAME.fullmatch(path.name)]
    # The random part distinguishes this generation from one of a deleted folder whose files are still open.
    made = home / f"{max(numbers, default=0) + 1}-{token_hex(4)}"
    made.mkdir()
    return made


def set_current_generation(folder: Path, generation: Path) -> None:
    """Make a generation the current one, in one rename."""
    fresh = folder / f"{CURRENT}.new"
    with fresh.open("w", encoding="ascii") as file:
        file.write(f"{generation.name}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / CURRENT)


def remove_old_generations(folder: Path) -> None:
    """Remove the generations that are not current: old ones, and those of rebuilds that failed or were killed.

    Removes none if the current one cannot be read: it may exist all the same.
    """
    home = folder / GENERATIONS
    try:
        current = current_generation(folder).name
    except (Outdated, OSError):
        if not _is_missing(folder / CURRENT):
            return
        current = ""
    for name in os.listdir(home) if home.is_dir() else ():  # noqa: PTH208 - asked at every commit
        if name != current:
            shutil.rmtree(home / name, ignore_errors=True)


def _is_missing(path: Path) -> bool:
    """Whether it is certain that the file does not exist."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        pass
    return False


def toc_number(generation: Path) -> int:
    """The number of the newest table of contents, -1 if there is none."""
    try:
        names = os.listdir(generation)  # noqa: PTH208 - asked at every search, where a Path for each name is felt
    except OSError as error:
        if not is_damage(error):
            raise
        return -1
    return max((int(match[1]) for match in map(_TOC.fullmatch, names) if match), default=-1)


@dataclass(frozen=True, slots=True)
class CommitMark:
    """The identity of the newest commit: `number` is the name of its generation and the number of its table of
    contents.

    `mark` distinguishes the file that names the generation from its successor.
    """

    folder: Path
    generation: Path
    number: tuple[str, int]
    mark: tuple[int, int, int]
    here: str
    next: str

    def is_still(self) -> bool:
        """Whether there is no newer commit: much cheaper than to read the newest one.

        The next commit writes the next number, and removes the previous commit only after that.
        """
        try:
            # The cheapest calls, because every search makes them.
            return (
                not os.access(self.next, os.F_OK) and os.access(self.here, os.F_OK) and _mark(self.folder) == self.mark
            )
        except OSError:
            return False

    def supersedes(self, other: "CommitMark") -> bool:
        """Whether this commit replaces one seen before: it is newer, or in another generation, or the other one is
        gone.

        A commit seen before a wait may be older than what other threads have seen meanwhile.
        """
        if self.number[0] != other.number[0] or self.number[1] > other.number[1]:
            return True
        return self.number != other.number and not os.path.exists(other.here)  # noqa: PTH110 - as above


def newest_commit(folder: Path) -> CommitMark:
    """Find the newest commit. Raises Outdated if there is no current generation."""
    try:
        mark = _mark(folder)
    except OSError as error:
        raise _unreadable_name(error) from None
    generation = current_generation(folder)
    number = toc_number(generation)
    here, following = (f"{generation}/_{INDEX}_{commit_number}.toc" for commit_number in (number, number + 1))
    return CommitMark(folder, generation, (generation.name, number), mark, here, following)


def _mark(folder: Path) -> tuple[int, int, int]:
    stat = os.stat(f"{folder}/{CURRENT}")  # noqa: PTH116 - asked at every search
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def read_toc(storage: Storage, number: int) -> Any:
    """A table of contents. Raises Outdated if it is damaged, FileNotFoundError if it no longer exists, OSError."""
    try:
        return TOC.read(storage, INDEX, gen=number)
    except Damaged as error:
        raise damaged_index_error(f"its table of contents cannot be read: {error}") from error
    except Exception as error:  # A damaged pickle can raise any error.
        if isinstance(error, FileNotFoundError | MemoryError) or (isinstance(error, OSError) and not is_damage(error)):
            raise
        raise damaged_index_error(f"its table of contents cannot be read ({type(error).__name__}: {error})") from error


def require_fingerprint(toc: Any, fingerprint: str) -> None:
    """Raise VersionMismatch for a table of contents of another schema, analysis or format."""
    if getattr(toc.schema, "fingerprint", None) != fingerprint:
        raise VersionMismatch("The search index was made with another schema or another analysis: it must be rebuilt.")


def remove_orphan_files(folder: Path, generation: Path, toc: Any) -> None:
    """Remove files that killed writers left in a generation: those that no table of contents names.

    Files of a merge that still runs are kept.
    """
    named = {f"{segment.segment_id()}{EXTENSION}" for segment in toc.segments}
    named.add(f"_{INDEX}_{toc.generation}.toc")
    for name in os.listdir(generation):  # noqa: PTH208 - asked at every commit
        if name in named or (name.startswith(UNFINISHED) and is_locked(folder / MERGING)):
            continue
        path = generation / name
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
