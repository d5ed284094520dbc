"""Nearest vectors where there are too many to compare all: candidates are chosen by their signatures."""

from collections.abc import Iterator
from contextlib import closing
from math import hypot
from pathlib import Path
from random import Random
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.document import Document
from index.engine import Engine, Outdated, OutOfTime
from index.plan import Bounds, Filter
from index.query import AnyOf, Everything, Query, Term
from index.vectors import NearestHit, NearestPlan, quantize
from index.whoosh_engine import Limits, WhooshEngine, nearest_search
from index.whoosh_engine.storage import vectors
from index.whoosh_engine.storage.vector_signatures import COARSE, FINE, coarse_distances, fine_distances, signatures_of
from tests.factories.index import SCHEMA, a_document, fill
from tests.reference_engine import ReferenceEngine

DIMENSIONS = 70
MINE = AnyOf("group", ("physique",))
SPREAD = Limits(pool_documents=40, segments=3, merged=10)
"""Many segments."""


@pytest.fixture(autouse=True, scope="module")
def _few_candidates() -> Iterator[None]:
    """Compare few vectors exactly, and cut segments into many chunks."""
    with (
        patch.object(nearest_search, "LEAST", 12),
        patch.object(nearest_search, "EACH", 2),
        patch.object(vectors, "CHUNK", 16),
    ):
        yield


def a_vector(rng: Random) -> tuple[float, ...]:
    """A vector of length 1 near one of some topics, which lie around a mean, as those of a model do."""
    topic = Random(rng.randrange(60))
    vector = [1 + topic.gauss(0, 0.6) + rng.gauss(0, 0.3) for _ in range(DIMENSIONS)]
    return tuple(component / hypot(*vector) for component in vector)


def a_library(seed: int, number: int, group: str, most: int = 3) -> list[Document]:
    rng = Random(seed)
    return [
        a_document(
            f"{group}-{at}",
            group=group,
            tag=rng.choice(("eau", "vent")),
            embedding=tuple(quantize(a_vector(rng)) for _ in range(rng.randint(1, most))),
        )
        for at in range(number)
    ]


def near(
    engine: Engine, vector: tuple[float, ...], within: Query = MINE, *filters: Query, limit: int = 5
) -> tuple[NearestHit, ...]:
    conditions = tuple(Filter("f", query) for query in filters)
    return engine.nearest(NearestPlan("embedding", vector, within, conditions, limit))


def whoosh(folder: Path, limits: Limits = SPREAD) -> WhooshEngine:
    return WhooshEngine(folder, SCHEMA, limits)


def test_documents_that_may_not_be_found_change_no_candidate(tmp_path: Path) -> None:
    rng = Random(1)
    questions = [a_vector(rng) for _ in range(25)]
    mine, others = a_library(2, 200, "physique"), a_library(3, 400, "histoire")
    with closing(whoosh(tmp_path / "alone", Limits())) as alone, closing(whoosh(tmp_path / "beside")) as beside:
        fill(alone, *mine)
        mixed = [*mine, *others]
        rng.shuffle(mixed)
        for start in range(0, len(mixed), 70):
            fill(beside, *mixed[start : start + 70])
            fill(beside, a_document("deleted", group="physique", embedding=quantize(questions[0])))
            with beside.write() as writer:
                writer.drop("id", "deleted")
        for question in questions:
            assert near(beside, question) == near(alone, question)
            assert near(beside, question, limit=40) == near(alone, question, limit=40)
            eau = Term("tag", "eau")
            assert near(beside, question, MINE, eau) == near(alone, question, Everything(), eau)


def test_nearly_all_of_the_nearest_are_found_in_their_order(tmp_path: Path) -> None:
    rng, plain = Random(4), ReferenceEngine(SCHEMA)
    with closing(whoosh(tmp_path)) as tested:
        library = a_library(5, 500, "physique")
        for engine in (plain, tested):
            for start in range(0, 500, 90):
                fill(engine, *library[start : start + 90])
            with engine.write() as writer:
                for number in range(0, 500, 7):
                    writer.drop("id", f"physique-{number}")
        right = 0
        for _ in range(40):
            question = a_vector(rng)
            hits = near(tested, question)
            assert len(hits) == 5
            assert list(hits) == sorted(hits, key=lambda hit: (-hit.similarity, hit.key))
            every = {hit.key: hit for hit in near(plain, question, limit=1000)}
            # Another vector of the document may be taken for its nearest, but its similarity is its own.
            assert all(hit.similarity <= every[hit.key].similarity for hit in hits)
            right += len(set(hits) & set(near(plain, question)))
        assert right > 140


def test_a_stored_vector_finds_itself(tmp_path: Path) -> None:
    rng = Random(6)
    with closing(whoosh(tmp_path)) as engine:
        given = [a_vector(rng) for _ in range(300)]
        documents = [a_document(f"d{n}", group="physique", embedding=quantize(v)) for n, v in enumerate(given)]
        fill(engine, *documents)
        for number, vector in enumerate(given):
            assert near(engine, vector, limit=1)[0].key == f"d{number}"


def test_as_many_documents_are_found_as_were_asked_for(tmp_path: Path) -> None:
    """One document holds all of the nearest vectors."""
    rng = Random(7)
    question = a_vector(rng)
    with closing(whoosh(tmp_path)) as engine:
        fill(engine, a_document("long", group="physique", embedding=(quantize(question),) * 300))
        fill(engine, *a_library(8, 30, "physique", most=1), *a_library(9, 60, "histoire"))
        hits = near(engine, question, limit=20)
        assert len(hits) == 20
        assert (hits[0].key, hits[0].number) == ("long", 0)
        assert len(near(engine, a_vector(rng), limit=100)) == 31


@pytest.mark.parametrize("shared", [False, True])
def test_records_are_read_one_by_one_where_memory_is_short(tmp_path: Path, *, shared: bool) -> None:
    rng = Random(10)
    with closing(whoosh(tmp_path / "index")) as engine:
        fill(engine, *a_library(11, 200, "physique"))
        questions = [a_vector(rng) for _ in range(10)]
        expected = [near(engine, question) for question in questions]
    (tmp_path / "shared").mkdir()
    limits = Limits(memory=20_000 if not shared else 2**20, shared=tmp_path / "shared" if shared else None)
    with closing(whoosh(tmp_path / "index", limits)) as engine:
        assert [near(engine, question) for question in questions] == expected


def test_a_damaged_vector_is_an_error(tmp_path: Path) -> None:
    question = a_vector(Random(12))
    value = quantize(question)
    with closing(whoosh(tmp_path)) as engine:
        fill(engine, a_document("a", group="physique", embedding=value), *a_library(13, 60, "physique"))
    (path,) = [path for path in tmp_path.rglob("*.arrays") if value in path.read_bytes()]
    content = path.read_bytes()
    at = content.index(value) + 9
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    for memory in (2**20, 5_000):
        with closing(whoosh(tmp_path, Limits(memory=memory))) as engine:
            with pytest.raises(Outdated, match="must be rebuilt"):
                near(engine, question)
            assert [file.path.endswith(path.name) for file in engine.damaged_files()] == [True]


def test_a_search_among_many_vectors_is_given_up_when_its_time_is_up(tmp_path: Path) -> None:
    with closing(whoosh(tmp_path)) as engine:
        fill(engine, *a_library(14, 100, "physique"))
        with pytest.raises(OutOfTime):
            engine.nearest(NearestPlan("embedding", a_vector(Random(1)), Everything(), bounds=Bounds(seconds=0.0)))


@settings(deadline=None)
@given(st.integers(1, 300), st.integers(0, 1000))
def test_distances_of_signatures_count_the_comparisons_that_differ(dimensions: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    given = rng.integers(-127, 128, (9, dimensions)).astype(np.int8)
    coarse, fine = signatures_of(given)
    distances = np.empty(9, np.uint16)
    coarse_distances(coarse, coarse[:, 3], distances)
    total = distances + fine_distances(fine, fine[3])
    root = np.sqrt((given.astype(float) ** 2).mean(axis=1, keepdims=True))
    negated = given.astype(float) * np.where(np.arange(dimensions) // 64 % 2, -1, 1)
    compared = np.concatenate([negated > cut * root for cut in (*COARSE, *FINE)], axis=1)
    # A component next to a cut may fall on either side of it, in numbers of 32 bits.
    assert np.abs(total.astype(int) - (compared != compared[3]).sum(axis=1)).max() <= 2
    assert total[3] == 0
