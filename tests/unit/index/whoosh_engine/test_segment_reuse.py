"""Data that searches have read of a segment is reused after commits that change other segments, or delete in it."""

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from index.plan import FacetRequest, SortKey
from index.query import And, AnyOf, Phrase, Prefix, Term
from index.whoosh_engine import Limits, WhooshEngine, index_folder
from index.whoosh_engine.storage.array_file import ArrayFile
from tests.factories.index import SCHEMA, a_document, ask, fill

FACETS = (FacetRequest("tag"), FacetRequest("author", limit=2), FacetRequest("cited"))


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """The number of bytes read of each file since the counter was last cleared."""
    counted: Counter[str] = Counter()
    plain = ArrayFile._read

    def counting(self: ArrayFile, at: int, length: int) -> bytes:
        counted[self.path.name] += length
        return plain(self, at, length)

    monkeypatch.setattr(ArrayFile, "_read", counting)
    return counted


def ask_all(engine: WhooshEngine) -> None:
    scope = AnyOf("group", ("g1",))
    for within in (None, scope):
        ask(engine, Term("exact", "eau"), within, facets=FACETS)
        ask(
            engine, And((Term("exact", "eau"), Term("exact", "mot3"))), within, sort=(SortKey("views"),), by_score=False
        )
        ask(engine, Phrase("exact", ("eau", "vive"), (0, 1)), within, facets=FACETS)
        ask(engine, Prefix("exact", "mo"), within, facets=FACETS)


def a_big_segment(folder: Path) -> tuple[WhooshEngine, str]:
    engine = WhooshEngine(folder, SCHEMA)
    fill(
        engine,
        *(
            a_document(
                f"d{n:04}",
                exact=f"eau vive mot{n % 7} rare{n}",
                tag=(f"t{n % 5}", "Mer"),
                author=f"a{n % 11}",
                group=f"g{n % 3}",
                views=n,
                cited=("2014-11-07", "2014-11-07"),
            )
            for n in range(2000)
        ),
    )
    (segment,) = folder.rglob("*.arrays")
    return engine, segment.name


def test_a_new_small_segment_costs_only_itself(tmp_path: Path, reads: Counter[str]) -> None:
    engine, big = a_big_segment(tmp_path)
    ask_all(engine)
    for number in range(20):
        fill(engine, a_document(f"new{number}", exact="eau vive", tag="t1", group="g1"))
        reads.clear()
        ask_all(engine)
        assert reads[big] == 0
        assert 0 < reads.total() < 20_000


def test_a_deletion_in_a_big_segment_throws_nothing_of_it_away(tmp_path: Path, reads: Counter[str]) -> None:
    engine, _ = a_big_segment(tmp_path)
    ask_all(engine)
    for number in range(0, 200, 10):
        with engine.write() as writer:
            writer.drop("id", f"d{number:04}")
        reads.clear()
        ask_all(engine)
        assert reads.total() == 0
    assert ask(engine, Term("exact", "eau"), size=0).total == 1980


def test_an_unused_snapshot_keeps_no_file_open(tmp_path: Path) -> None:
    engine, _ = a_big_segment(tmp_path)
    for number in range(60):
        fill(engine, a_document(f"new{number}", exact="eau vive"))
        ask_all(engine)
    open_files = [path for path in Path("/proc/self/fd").iterdir() if str(tmp_path) in _target(path)]
    assert len(open_files) == len(engine._newest().views) <= 1 + Limits().segments


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def test_a_commit_older_than_one_already_seen_is_not_opened_again(tmp_path: Path) -> None:
    with closing(WhooshEngine(tmp_path, SCHEMA)) as engine:
        fill(engine, a_document("d1"))
        before = index_folder.newest_commit(tmp_path)
        fill(engine, a_document("d2"))
        after = index_folder.newest_commit(tmp_path)
        assert after.supersedes(before)
        assert not before.supersedes(after)
        assert not after.supersedes(after)
        with engine.rebuild() as writer:
            writer.put(a_document("d3"))
        assert index_folder.newest_commit(tmp_path).supersedes(after)
        # An index was restored from a copy: the former commit is gone.
        Path(after.here).unlink()
        assert before.supersedes(after)
