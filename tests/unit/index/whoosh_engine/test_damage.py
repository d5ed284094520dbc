"""A damaged index gives an error message, can be rebuilt, and never gives a traceback."""

import errno
import os
import resource
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest

from index.engine import Outdated
from index.query import Everything
from index.whoosh_engine import Limits, WhooshEngine
from index.whoosh_engine import index_folder as files
from tests.factories.index import SCHEMA, a_document, ask, fill, found_keys


@pytest.fixture
def index_folder(tmp_path: Path) -> Path:
    """A folder with an index of two commits."""
    folder = tmp_path / "index"
    engine = WhooshEngine(folder, SCHEMA)
    fill(engine, *(a_document(f"d{number}", title="l'énergie des marées", tag="mer") for number in range(50)))
    fill(engine, a_document("d7", title="vent", views=3))
    engine.close()
    return folder


def segments(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.arrays"))


def tocs(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.toc"))


def truncate_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def truncate_all(path: Path) -> None:
    os.truncate(path, 0)


def zeroed(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def write_noise(path: Path) -> None:
    path.write_bytes(os.urandom(path.stat().st_size + 100))


def write_other_text(path: Path) -> None:
    path.write_text("Ceci n'est pas un index.\n")


def removed(path: Path) -> None:
    path.unlink()


def lengthened(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0" * 10)


@pytest.mark.parametrize(
    "harm",
    [truncate_half, truncate_all, zeroed, write_noise, write_other_text, removed],
    ids=lambda harm: harm.__name__,
)
@pytest.mark.parametrize(
    "which", [segments, tocs, lambda folder: [folder / "current"]], ids=["segment", "toc", "current"]
)
def test_a_truncated_file_is_reported_and_repaired(
    index_folder: Path, which: Callable[[Path], list[Path]], harm: Callable[[Path], None]
) -> None:
    for path in which(index_folder):
        harm(path)
    engine = WhooshEngine(index_folder, SCHEMA)
    for refused in (lambda: ask(engine, Everything()), engine.checkpoint, lambda: list(engine.entries())):
        with pytest.raises(Outdated, match=r"must be rebuilt"):
            refused()
    with pytest.raises(Outdated), engine.write():
        pass
    with engine.rebuild() as writer:
        writer.put(a_document("d1", title="neuf"))
        writer.checkpoint("9")
    assert found_keys(engine, Everything()) == {"d1"}
    assert engine.checkpoint() == "9"
    engine.close()


def test_a_segment_that_grew_is_reported(index_folder: Path) -> None:
    lengthened(segments(index_folder)[0])
    engine = WhooshEngine(index_folder, SCHEMA)
    with pytest.raises(Outdated, match="must be rebuilt"):
        ask(engine, Everything())


def test_every_flipped_bit_of_a_segment_is_reported_or_harmless(index_folder: Path) -> None:
    path = max(segments(index_folder), key=lambda path: path.stat().st_size)
    whole = path.read_bytes()
    count = 0
    for at in range(0, len(whole), 97):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        engine = WhooshEngine(index_folder, SCHEMA)
        try:
            found_keys(engine, Everything())
            list(engine.entries())
        except Outdated:
            count += 1
        engine.close()
    assert count > 10


@pytest.mark.parametrize("harm", [truncate_half, truncate_all, removed], ids=lambda harm: harm.__name__)
def test_files_torn_under_an_open_engine_do_not_kill_it(index_folder: Path, harm: Callable[[Path], None]) -> None:
    engine = WhooshEngine(index_folder, SCHEMA)
    assert len(found_keys(engine, Everything())) == 50
    for path in segments(index_folder):
        harm(path)
    try:
        # Values that were read before may still be used; others must raise Outdated.
        ask(engine, Everything(), sort=(), facets=())
        assert sorted(key for key, _ in engine.entries()) == sorted(f"d{number}" for number in range(50))
    except Outdated:
        pass
    with engine.rebuild() as writer:
        writer.put(a_document("d1"))
    assert found_keys(engine, Everything()) == {"d1"}
    engine.close()


def test_a_folder_that_vanishes_is_outdated_until_it_is_rebuilt(index_folder: Path) -> None:
    engine = WhooshEngine(index_folder, SCHEMA)
    assert len(found_keys(engine, Everything())) == 50
    shutil.rmtree(index_folder)
    with pytest.raises(Outdated):
        ask(engine, Everything())
    with pytest.raises(Outdated), engine.write():
        pass
    with engine.rebuild() as writer:
        writer.put(a_document("d1"))
    assert found_keys(engine, Everything()) == {"d1"}
    engine.close()


def test_a_folder_made_again_by_another_program_is_not_taken_for_the_old_one(index_folder: Path) -> None:
    engine = WhooshEngine(index_folder, SCHEMA)
    fill(WhooshEngine(index_folder, SCHEMA), a_document("d8"))
    assert len(found_keys(engine, Everything())) == 50
    shutil.rmtree(index_folder)
    other = WhooshEngine(index_folder, SCHEMA)
    fill(other, a_document("autre"))
    fill(other, a_document("encore"))
    fill(other, a_document("enfin"))
    assert found_keys(engine, Everything()) == {"autre", "encore", "enfin"}


def test_an_emptied_folder_is_a_new_one(index_folder: Path) -> None:
    shutil.rmtree(index_folder)
    index_folder.mkdir()
    engine = WhooshEngine(index_folder, SCHEMA)
    assert found_keys(engine, Everything()) == set()
    assert engine.checkpoint() is None


def test_files_of_killed_writers_are_deleted(index_folder: Path) -> None:
    generation = segments(index_folder)[0].parent
    (generation / "MAIN_abcdefgh12345678.arrays").write_bytes(b"half a segm")
    (generation / "_MAIN_9.toc.1700000000.5").write_bytes(b"half a table")
    (generation / "merging-0123456789abcdef").write_bytes(b"half a merge")
    (generation / "MAIN.tmp").mkdir()
    (generation / "MAIN.tmp" / "x").write_bytes(b"x")
    abandoned = index_folder / "generations" / "7-0123abcd"
    abandoned.mkdir()
    (abandoned / "MAIN_x.arrays").write_bytes(b"")
    engine = WhooshEngine(index_folder, SCHEMA)
    fill(engine, a_document("d50"))
    assert len(found_keys(engine, Everything())) == 51
    assert not abandoned.exists()
    assert {path.suffix for path in generation.iterdir()} == {".arrays", ".toc"}
    assert len(segments(index_folder)) == 3
    engine.close()


@pytest.mark.parametrize("act", [WhooshEngine.write, WhooshEngine.rebuild], ids=lambda act: act.__name__)
def test_no_file_is_deleted_while_the_current_commit_is_unreadable(
    index_folder: Path, monkeypatch: pytest.MonkeyPatch, act: Callable[[WhooshEngine], AbstractContextManager[object]]
) -> None:
    def refuse(folder: Path) -> Path:
        raise Outdated(f"{folder}: too many open files")

    before = segments(index_folder)
    engine = WhooshEngine(index_folder, SCHEMA)
    total = ask(engine, Everything()).total
    with monkeypatch.context() as patched:
        patched.setattr(files, "current_generation", refuse)
        with suppress(Outdated, OSError), act(engine):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    assert set(before) <= set(segments(index_folder))
    engine.close()
    assert ask(WhooshEngine(index_folder, SCHEMA), Everything()).total == total


@pytest.mark.parametrize("room", range(8))
def test_too_many_open_files_are_no_damage(index_folder: Path, room: int) -> None:
    engine = WhooshEngine(index_folder, SCHEMA)
    actions = (
        lambda: found_keys(engine, Everything()),
        engine.checkpoint,
        lambda: list(engine.entries()),
        engine.damaged_files,
        lambda: fill(engine, a_document("d51")),
    )
    entries = set(engine.entries())
    for act in actions:
        engine.close()
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        free = os.open(os.devnull, os.O_RDONLY)
        os.close(free)
        try:
            # No file descriptor from this number on: opening the first file, or a later one, fails.
            resource.setrlimit(resource.RLIMIT_NOFILE, (free + room, before[1]))
            with suppress(OSError):
                act()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert engine.damaged_files() == ()
    assert {entry for entry in engine.entries() if entry[0] != "d51"} == entries
    engine.close()


def test_too_many_open_files_are_named(index_folder: Path) -> None:
    engine = WhooshEngine(index_folder, SCHEMA)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
        with pytest.raises(OSError, match="Too many open files"):
            found_keys(engine, Everything())
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert len(found_keys(engine, Everything())) == 50
    engine.close()


@pytest.fixture
def small_files() -> Iterator[Callable[[int], None]]:
    """Limits the size of files of this process to a number of bytes: writing fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("room", [0, 1, 100, 1000, 3000, 8000])
def test_a_full_disk_leaves_the_index_as_it_was_and_the_lock_free(
    index_folder: Path, small_files: Callable[[int], None], room: int
) -> None:
    engine = WhooshEngine(index_folder, SCHEMA)
    before = set(engine.entries())
    files = sorted(path.name for path in index_folder.rglob("*"))
    for change in (engine.write, engine.rebuild):
        small_files(room)
        with pytest.raises(OSError) as failure, change() as writer:  # noqa: PT012
            for number in range(2000):
                writer.put(a_document(f"n{number}", title=f"plein {number}"))
            writer.checkpoint("5")
        small_files(resource.RLIM_INFINITY)
        assert failure.value.errno in (errno.ENOSPC, errno.EFBIG)
        # Files of the failed commit must not occupy the remaining space.
        assert sorted(path.name for path in index_folder.rglob("*.arrays")) == [
            n for n in files if n.endswith(".arrays")
        ]
        assert set(engine.entries()) == before
        assert engine.damaged_files() == ()
        assert len(found_keys(engine, Everything())) == 50
    fill(engine, a_document("d50"))
    assert len(found_keys(WhooshEngine(index_folder, SCHEMA), Everything())) == 51
    assert len(list(index_folder.rglob("*"))) <= len(files) + 1
    engine.close()


def test_a_full_disk_gives_up_a_merge_and_leaves_nothing_of_it(
    tmp_path: Path, small_files: Callable[[int], None]
) -> None:
    for block in range(3):
        texts = (a_document(f"{block}-{number}", title=f"marée {number}") for number in range(30))
        fill(WhooshEngine(tmp_path, SCHEMA), *texts)
    engine = WhooshEngine(tmp_path, SCHEMA, Limits(segments=1, merged=8))
    before = set(engine.entries())
    for room in (0, 500, 5000):
        small_files(room)
        with pytest.raises(OSError, match=r"File too large|No space left"):
            engine.tidy(60.0)
        small_files(resource.RLIM_INFINITY)
        assert len(segments(tmp_path)) == 3
        assert not list(tmp_path.rglob("merging-*"))
        assert set(engine.entries()) == before
        assert engine.damaged_files() == ()
    # Another engine can merge: no lock is held.
    other = WhooshEngine(tmp_path, SCHEMA, Limits(segments=1, merged=8))
    assert not other.tidy(60.0)
    assert len(segments(tmp_path)) == 1
    assert set(engine.entries()) == before
    engine.close()
    other.close()


def test_a_commit_interrupted_after_it_has_happened_is_kept(
    index_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    engine = WhooshEngine(index_folder, SCHEMA)
    # Whoosh deletes old files once the new table of contents is in place.
    monkeypatch.setattr("whoosh.index.clean_files", interrupted)
    with pytest.raises(KeyboardInterrupt), engine.write() as writer:
        writer.put(a_document("d50"))
    monkeypatch.undo()
    assert len(found_keys(WhooshEngine(index_folder, SCHEMA), Everything())) == 51
    fill(engine, a_document("d51"))
    assert len(found_keys(engine, Everything())) == 52


def test_a_rebuild_that_fails_leaves_nothing_behind(index_folder: Path) -> None:
    engine = WhooshEngine(index_folder, SCHEMA)
    with pytest.raises(ZeroDivisionError), engine.rebuild() as writer:  # noqa: PT012
        writer.put(a_document("x"))
        raise ZeroDivisionError
    assert len(list((index_folder / "generations").iterdir())) == 1
    assert len(found_keys(engine, Everything())) == 50


def test_an_index_that_another_process_is_making_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its folder of generations is there, and no generation is current yet."""
    folder, name_it = tmp_path / "index", files.set_current_generation
    answers: list[object] = []

    def open_and_read() -> None:
        try:
            answers.append(WhooshEngine(folder, SCHEMA).checkpoint())
        except Outdated as error:
            answers.append(error)

    def name_it_late(place: Path, generation: Path) -> None:
        other.start()
        # Long enough for a process that does not wait to find an index without a current generation.
        other.join(0.5)
        name_it(place, generation)

    other = threading.Thread(target=open_and_read)
    monkeypatch.setattr(files, "set_current_generation", name_it_late)
    assert WhooshEngine(folder, SCHEMA).checkpoint() is None
    other.join()
    assert answers == [None]
    assert len(list((folder / files.GENERATIONS).iterdir())) == 1


def test_an_index_whose_maker_was_killed_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "index"
    WhooshEngine(folder, SCHEMA).close()
    (folder / files.CURRENT).unlink()
    engine = WhooshEngine(folder, SCHEMA)
    fill(engine, a_document("d1"))
    assert found_keys(engine, Everything()) == {"d1"}
    assert len(list((folder / files.GENERATIONS).iterdir())) == 1


def test_too_little_memory_is_no_damage(index_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(files.TOC, "read", refuse)
    with pytest.raises(MemoryError):
        WhooshEngine(index_folder, SCHEMA).checkpoint()
