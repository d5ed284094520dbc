"""Segments that are flushed and merged all the time answer as one that holds everything."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.memory_engine import MemoryEngine
from index.plan import Plan
from index.query import Term
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.limits import Limits
from index.whoosh_engine.merging import to_merge
from tests.contract.test_engines_alike import assert_alike, play
from tests.index_factories import SCHEMA, a_document, fill, scores
from tests.index_strategies import Block, histories, plans

NARROW = Limits(memory=4000, pool_tokens=1000, pool_documents=2, segments=3, stretch=3)
"""A segment for every two documents, merges of a few words at a time, and hardly any memory."""


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(histories, st.lists(plans, min_size=1, max_size=5))
def test_an_engine_short_of_room_answers_like_the_plain_one(history: tuple[Block, ...], asked: list[Plan]) -> None:
    plain = MemoryEngine(SCHEMA)
    with TemporaryDirectory() as folder:
        tested = WhooshEngine(Path(folder), SCHEMA, limits=NARROW)
        for block in history:
            play(plain, block)
            play(tested, block)
        for plan in asked:
            assert_alike(plain, tested, plan)
        assert sorted(tested.entries()) == sorted(plain.entries())


@settings(deadline=None)
@given(st.lists(st.integers(1, 10**6), max_size=60), st.integers(3, 12))
def test_segments_stay_few_and_a_document_is_seldom_written_again(sizes: list[int], most: int) -> None:
    segments: list[int] = []
    written = 0
    for size in sizes:
        segments.append(size)
        while chosen := to_merge([(left, left) for left in segments], most):
            merged = [segments[place] for place in chosen]
            assert len(set(chosen)) == len(chosen) > 1
            segments = [left for place, left in enumerate(segments) if place not in chosen] + [sum(merged)]
            written += sum(merged)
    assert len(segments) <= most
    assert sum(segments) == sum(sizes)
    assert written <= sum(sizes) * 12


@pytest.mark.parametrize(("left", "rewritten"), [(5, []), (4, [1])])
def test_a_segment_that_lost_half_of_its_documents_is_written_again(left: int, rewritten: list[int]) -> None:
    assert to_merge([(10, 10), (left, 10)], 10) == rewritten


def test_deleted_documents_leave_the_disk_when_they_are_many(tmp_path: Path) -> None:
    engine = WhooshEngine(tmp_path, SCHEMA)
    fill(engine, *(a_document(f"d{number}", title=f"marée {number}", tag="mer") for number in range(100)))
    before = _size(tmp_path)
    fill(engine, a_document("d0", title="marée basse"))
    with engine.write() as writer:
        for number in range(1, 90):
            writer.drop("id", f"d{number}")
    assert _size(tmp_path) < before / 2
    assert len(scores(engine, Term("title", "maree"))) == 11
    with engine.write() as writer:
        writer.drop("tag", "mer")
        writer.drop("id", "d0")
    assert not list(tmp_path.rglob("*.arrays"))
    assert not list(engine.entries())


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.arrays"))
