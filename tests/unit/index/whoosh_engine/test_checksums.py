"""Every damage to a file of an index is detected, and none changes the answer of a search."""

import errno
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from index.engine import Damage, Engine, Outdated
from index.hits import Hits
from index.plan import FacetRequest, SortKey
from index.query import AnyOf, Everything, Fuzzy, Or, Phrase, Prefix, Range, Term
from index.vectors import NearestHit, NearestPlan, quantize
from index.whoosh_engine import Limits, WhooshEngine
from index.whoosh_engine.checksums import BLOCK, BlockChecksums, agree
from tests.factories.index import SCHEMA, a_document, ask, fill

NARROW = Limits(pool_documents=40, segments=1, merged=60, stretch=50)
SAMPLE = 150
"""Number of places of each file in which a byte is changed."""


def write_index(folder: Path) -> None:
    """Write an index of several commits, with deleted documents and segments of several blocks."""
    engine = WhooshEngine(folder, SCHEMA)
    rng = random.Random(3)
    words = [f"{first}{two}{three}" for first in "bcdfg" for two in "aeiou" for three in "lmnrst"]
    for block in range(2):
        fill(
            engine,
            *(
                a_document(
                    f"d{block}-{number}",
                    title=" ".join(rng.choices(words, k=12)),
                    body=" ".join(rng.choices(words, k=60)),
                    exact=" ".join(rng.choices(words, k=3)),
                    tag=("Été", f"t{number % 7}"),
                    views=number,
                    cited=("2014-11-07", "2014-11-30"),
                    embedding=(quantize([rng.uniform(-1, 1) for _ in range(64)]), quantize((number, 1))),
                )
                for number in range(120 * block, 150)
            ),
        )
    with engine.write() as writer:
        writer.drop("id", "d0-3")
        writer.checkpoint("12")
    engine.close()


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checksums") / "index"
    write_index(folder)
    return folder


QUESTIONS = (
    Everything(),
    Or((Term("title", "bal"), Term("body", "cem"), Term("body", "dis"), Term("exact", "gut"))),
    Phrase("body", ("bal", "cem"), (0, 1), slop=50),
    Prefix("body", "b"),
    Fuzzy("title", "bal", 1),
    AnyOf("tag", ("ete", "t3")),
    Range("views", 3, 90),
)


def answers(engine: Engine) -> tuple[list[Hits], list[tuple[NearestHit, ...]], list[tuple[str, str]], str | None]:
    facets = (FacetRequest("tag"), FacetRequest("cited"))
    hits = [ask(engine, query, facets=facets, sort=(SortKey("views"),)) for query in QUESTIONS]
    hits += [ask(engine, query) for query in QUESTIONS]
    near = [engine.nearest(NearestPlan("embedding", vector, Everything())) for vector in ((1.0, 2.0), (0.1,) * 64)]
    return hits, near, sorted(engine.entries()), engine.checkpoint()


def content_files(folder: Path) -> list[Path]:
    """The files with content: lock files are empty."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


def flipped(at: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]


def zeroed(start: int, end: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:start] + bytes(len(whole[start:end])) + whole[end:]


def truncated(length: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:length]


def damages(length: int) -> Iterator[Callable[[bytes], bytes]]:
    """Damages: bytes changed at both ends, in the middle and elsewhere; parts zeroed or removed; bytes appended."""
    rng = random.Random(length)
    places = {0, 1, length // 2, length - 2, length - 1, *range(length - 24, length)}
    places |= {rng.randrange(length) for _ in range(SAMPLE)}
    for at in sorted(place for place in places if 0 <= place < length):
        yield flipped(at)
    for _ in range(20):
        start = rng.randrange(length)
        yield zeroed(start, start + rng.choice((1, 10, 512, 4096, length)))
    for cut in {0, 1, length // 2, length - 1, rng.randrange(length)}:
        yield truncated(cut)
    yield lambda whole: whole + b"\0"
    yield lambda whole: whole[1:]
    yield lambda whole: whole[4096:] + whole[:4096] if length > 4096 else whole[::-1]


@pytest.mark.timeout(300)
def test_every_damage_is_reported_and_no_search_answers_wrongly(pristine: Path) -> None:
    engine = WhooshEngine(pristine, SCHEMA)
    right = answers(engine)
    assert engine.damaged_files() == ()
    engine.close()
    unnoticed, wrong, tried = [], [], 0
    for path in content_files(pristine):
        whole = path.read_bytes()
        name = path.relative_to(pristine).as_posix()
        for number, damage in enumerate(damages(len(whole))):
            content = damage(whole)
            if content == whole:
                continue
            tried += 1
            path.write_bytes(content)
            torn = WhooshEngine(pristine, SCHEMA)
            if name not in [damaged_file.path for damaged_file in torn.damaged_files()]:
                unnoticed.append((name, number))
            # Searches are slow compared with the check: one damage in three.
            if number % 3 == 0 and not answers_right_or_refuses(torn, right):
                wrong.append((name, number))
            torn.close()
        path.write_bytes(whole)
    assert (unnoticed, wrong) == ([], [])
    assert tried > 500
    kinds = {path.suffix for path in content_files(pristine)}
    assert kinds == {"", ".toc", ".arrays"}


def answers_right_or_refuses(engine: Engine, right: object) -> bool:
    try:
        return answers(engine) == right
    except Outdated as refusal:
        return "must be rebuilt" in str(refusal)


def test_a_deleted_file_is_reported(pristine: Path) -> None:
    for path in content_files(pristine):
        whole = path.read_bytes()
        path.unlink()
        (damaged,) = WhooshEngine(pristine, SCHEMA).damaged_files()
        assert damaged.damage is Damage.MISSING
        assert path.relative_to(pristine).as_posix().startswith(damaged.path)
        assert (damaged.segment is not None) == (path.suffix == ".arrays")
        path.write_bytes(whole)


def test_an_unreadable_file_is_reported(pristine: Path) -> None:
    for path in content_files(pristine):
        whole = path.read_bytes()
        path.unlink()
        path.mkdir()
        (damaged,) = WhooshEngine(pristine, SCHEMA).damaged_files()
        assert damaged.damage is Damage.UNREADABLE
        path.rmdir()
        path.write_bytes(whole)


def test_a_disk_that_fails_to_read_is_reported_and_no_fault_of_the_program(
    pristine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: int) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    engine = WhooshEngine(pristine, SCHEMA)
    with monkeypatch.context() as patched:
        patched.setattr("index.whoosh_engine.storage.array_file.os.pread", fail)
        assert [damaged_file.damage for damaged_file in engine.damaged_files()] == [Damage.UNREADABLE] * 2
        with pytest.raises(Outdated, match="must be rebuilt"):
            ask(engine, Everything())
    assert engine.damaged_files() == ()
    engine.close()


def test_a_segment_in_the_place_of_another_one_is_reported(pristine: Path) -> None:
    small, large = sorted(pristine.rglob("*.arrays"), key=lambda path: path.stat().st_size)
    whole = small.read_bytes()
    small.write_bytes(large.read_bytes())
    (damaged,) = WhooshEngine(pristine, SCHEMA).damaged_files()
    assert damaged.path.endswith(small.name)
    assert damaged.segment == small.stem
    small.write_bytes(whole)


def test_an_index_of_another_schema_is_outdated_and_not_damaged(pristine: Path) -> None:
    other = type(SCHEMA)("id", SCHEMA.fields[:-1])
    with pytest.raises(Outdated):
        WhooshEngine(pristine, other).damaged_files()


@pytest.mark.timeout(120)
def test_no_file_is_reported_while_others_commit_merge_and_rebuild(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path, SCHEMA, NARROW)
    finished = threading.Event()

    def write() -> None:
        try:
            for number in range(120):
                with (engine.write if number % 10 else engine.rebuild)() as writer:
                    for place in range(30):
                        writer.put(a_document(f"d{place + number % 7}", title="marée vent " * 30, views=number))
                while engine.tidy(0.01):
                    pass
        finally:
            finished.set()

    writing = threading.Thread(target=write)
    writing.start()
    reports = []
    while not finished.is_set():
        reports.append(WhooshEngine(tmp_path, SCHEMA, NARROW).damaged_files())
    writing.join()
    assert set(reports) == {()}
    assert len(engine.checkpoint() or "") == 0
    engine.close()


@pytest.mark.parametrize("length", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 3 * BLOCK + 7])
def test_checksums_of_a_stream_are_those_of_its_blocks_however_it_is_cut(length: int) -> None:
    rng = random.Random(length)
    content = rng.randbytes(length)
    for step in (1, 7, 1000, BLOCK, BLOCK + 1, 10 * BLOCK):
        checksums = BlockChecksums()
        for at in range(0, length, step):
            checksums.add(memoryview(content)[at : at + step])
        assert agree(content, checksums.all())
        assert not agree(content + b"x", checksums.all())
