"""Background merges: concurrent writes, deletions, merges and rebuilds, and the deletion of orphan files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.engine import Busy
from index.plan import FacetRequest
from index.query import Everything, Term
from index.whoosh_engine import Limits, WhooshEngine
from tests.factories.index import SCHEMA, a_document, ask, counts, fill, found_keys

NARROW = Limits(segments=1, merged=8, stretch=10)
"""A segment of more than two documents counts as large, and a slice is a few words."""
BLOCKS, EACH = 4, 10


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[WhooshEngine]:
    """An index of four large segments, which may be merged."""
    for block in range(BLOCKS):
        texts = (a_document(f"{block}-{n}", title=f"marée {n}", tag=f"t{n}", views=n) for n in range(EACH))
        fill(WhooshEngine(tmp_path, SCHEMA), *texts)
    opened = WhooshEngine(tmp_path, SCHEMA, NARROW)
    yield opened
    opened.close()


def unfinished(folder: Path) -> list[Path]:
    return list(folder.rglob("merging-*"))


def segments(folder: Path) -> list[Path]:
    return list(folder.rglob("*.arrays"))


def finish(engine: WhooshEngine) -> None:
    while engine.tidy(0.0):
        pass


def test_a_merge_continues_in_slices_unseen_by_searches(engine: WhooshEngine, tmp_path: Path) -> None:
    before = sorted(engine.entries())
    slices = 0
    while engine.tidy(0.0):
        slices += 1
        assert len(segments(tmp_path)) == BLOCKS
        assert sorted(engine.entries()) == before
    assert slices > 20
    assert len(segments(tmp_path)) == 1
    assert not unfinished(tmp_path)
    assert sorted(engine.entries()) == before
    assert counts(engine, FacetRequest("tag")) == [(f"t{n}", BLOCKS) for n in range(EACH)]
    assert not engine.tidy(0.0)


def test_documents_deleted_during_a_merge_are_deleted_in_the_merged_segment(
    engine: WhooshEngine, tmp_path: Path
) -> None:
    other = WhooshEngine(tmp_path, SCHEMA)
    number = 0
    while engine.tidy(0.0):
        if number < EACH:
            with other.write() as writer:
                writer.drop("id", f"1-{number}")
                writer.put(a_document(f"2-{number}", title="vent"))
                writer.checkpoint(str(number))
            number += 1
    assert number == EACH
    assert engine.checkpoint() == "9"
    assert found_keys(engine, Term("title", "maree")) == {f"{block}-{n}" for block in (0, 3) for n in range(EACH)}
    assert found_keys(engine, Term("title", "vent")) == {f"2-{n}" for n in range(EACH)}
    assert ask(engine, Everything()).total == 3 * EACH
    assert found_keys(other, Everything()) == found_keys(engine, Everything())


def test_another_writer_deletes_no_files_of_a_running_merge(engine: WhooshEngine, tmp_path: Path) -> None:
    engine.tidy(0.0)
    (alive,) = unfinished(tmp_path)
    dead = alive.with_name("merging-0123456789abcdef")
    dead.write_bytes(b"half a merge")
    fill(WhooshEngine(tmp_path, SCHEMA), a_document("new"))
    # The other engine cannot know which merge is running: the dead file is deleted when no merge is running.
    assert unfinished(tmp_path) == [alive, dead] or unfinished(tmp_path) == [dead, alive]
    finish(engine)
    fill(engine, a_document("newer"))
    assert not unfinished(tmp_path)
    assert ask(engine, Everything()).total == BLOCKS * EACH + 2


def test_two_engines_do_not_merge_in_one_folder(engine: WhooshEngine, tmp_path: Path) -> None:
    other = WhooshEngine(tmp_path, SCHEMA, NARROW)
    assert engine.tidy(0.0)
    assert not other.tidy(10.0)
    assert len(unfinished(tmp_path)) == 1
    engine.close()
    assert not unfinished(tmp_path)
    assert not other.tidy(10.0)
    assert len(segments(tmp_path)) == 1
    other.close()


def test_a_merge_whose_segments_were_merged_by_another_is_given_up(engine: WhooshEngine, tmp_path: Path) -> None:
    engine.tidy(0.0)
    # This engine may merge all segments in a commit.
    other = WhooshEngine(tmp_path, SCHEMA, Limits(segments=1))
    fill(other, a_document("new"))
    (merged,) = segments(tmp_path)
    finish(engine)
    assert segments(tmp_path) == [merged]
    assert not unfinished(tmp_path)
    assert ask(engine, Everything()).total == BLOCKS * EACH + 1


def test_a_merge_in_an_index_that_is_rebuilt_is_given_up(engine: WhooshEngine, tmp_path: Path) -> None:
    engine.tidy(0.0)
    with WhooshEngine(tmp_path, SCHEMA).rebuild() as writer:
        writer.put(a_document("only"))
    fill(WhooshEngine(tmp_path, SCHEMA), a_document("second"))
    finish(engine)
    assert found_keys(engine, Everything()) == {"only", "second"}
    assert not unfinished(tmp_path)


def test_a_finished_merge_waits_for_the_writer(
    engine: WhooshEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.whoosh_engine.storage.file_locks.PATIENCE", 0.01)
    other = WhooshEngine(tmp_path, SCHEMA)
    with other.write() as writer:
        for _ in range(3):
            assert engine.tidy(10.0)
        with pytest.raises(Busy), engine.write():
            pass
        writer.drop("id", "0-0")
    assert not engine.tidy(0.0)
    assert len(segments(tmp_path)) == 1
    assert ask(engine, Everything()).total == BLOCKS * EACH - 1


def test_a_segment_that_lost_all_it_had_while_it_was_merged_leaves_nothing(
    engine: WhooshEngine, tmp_path: Path
) -> None:
    engine.tidy(0.0)
    with WhooshEngine(tmp_path, SCHEMA).write() as writer:
        for block in range(BLOCKS):
            for n in range(EACH):
                writer.drop("id", f"{block}-{n}")
    finish(engine)
    assert ask(engine, Everything()).total == 0
    assert not segments(tmp_path)
    assert not unfinished(tmp_path)


def test_nothing_is_merged_on_a_disk_that_is_nearly_full(
    engine: WhooshEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = sum(path.stat().st_size for path in segments(tmp_path))

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    assert not engine.tidy(10.0)
    assert len(segments(tmp_path)) == BLOCKS


def test_the_pieces_of_a_write_block_become_one_segment(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path, SCHEMA, Limits(pool_documents=7))
    for begin in (engine.rebuild, engine.write):
        with begin() as writer:
            for n in range(100):
                writer.put(a_document(f"{begin.__name__}{n % 60}", title=f"marée {n}"))
        assert found_keys(engine, Term("title", "maree")) >= {f"{begin.__name__}{n}" for n in range(60)}
    assert [view.count for view in engine._newest().views] == [60, 60]
    engine.close()


@pytest.mark.parametrize("many", [1, EACH])
def test_thoroughly_no_file_holds_anything_of_what_was_dropped(engine: WhooshEngine, tmp_path: Path, many: int) -> None:
    finish(engine)
    fill(engine, *(a_document(f"x-{n}", title="ornithorynque", tag="quetsche") for n in range(many)))
    assert b"quetsche" in index_bytes(tmp_path)
    with engine.write() as writer:
        for n in range(many):
            writer.drop("id", f"x-{n}")
    before = sorted(engine.entries())
    while engine.tidy(0.0, thoroughly=True):
        pass
    assert sorted(engine.entries()) == before
    assert b"quetsche" not in index_bytes(tmp_path)
    assert not unfinished(tmp_path)


def index_bytes(folder: Path) -> bytes:
    """The content of all files of an index."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
