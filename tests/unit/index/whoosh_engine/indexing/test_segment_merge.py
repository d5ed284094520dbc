"""Segments that are flushed and merged all the time give the same answers as a single segment: in 30 histories, and in
60 by `scripts/test-thorough`.
"""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.plan import Plan
from index.query import Term
from index.vectors import NearestPlan
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.engine_limits import Limits
from index.whoosh_engine.indexing import analysis_cache, segment_builder, text_deduplication
from index.whoosh_engine.indexing.merge_policy import (
    FEWEST_MERGED,
    MANY,
    TWICE,
    Size,
    merges_in_background,
    merges_of_commit,
)
from index.whoosh_engine.storage import postings_writer, vectors
from tests.contract.engines.test_engines_alike import assert_alike, play
from tests.factories.index import SCHEMA, a_document, fill, scores
from tests.factories.index_strategies import Block, histories, plan_lists
from tests.reference_engine import ReferenceEngine
from tests.support.thoroughness import IS_THOROUGH

NARROW = Limits(memory=4000, pool_tokens=1000, pool_documents=2, segments=1, merged=8, stretch=3)
"""A segment for every two documents, merges of a few words at a time, and hardly any memory."""
LIMITS = Limits()


@pytest.fixture(autouse=True, scope="module")
def _forgetful() -> Iterator[None]:
    """Make pools and caches very small, so that they overflow all the time."""
    with (
        patch.object(segment_builder, "CHUNKS_KEPT", 5),
        patch.object(analysis_cache, "LONGEST_REMEMBERED", 8),
        patch.object(text_deduplication, "REMEMBERED", 20),
        patch.object(postings_writer, "STRETCH", 3),
        patch.object(vectors, "CHUNK", 3),
    ):
        yield


@settings(
    max_examples=60 if IS_THOROUGH else 30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(histories, plan_lists, st.sampled_from((0.0, 0.0005, 1.0)))
def test_an_engine_short_of_room_answers_like_the_plain_one(
    history: tuple[Block, ...], plan_list: list[Plan | NearestPlan], slices: float
) -> None:
    plain = ReferenceEngine(SCHEMA)
    with TemporaryDirectory() as folder, closing(WhooshEngine(Path(folder), SCHEMA, limits=NARROW)) as tested:
        for block in history:
            play(plain, block)
            play(tested, block)
            tested.tidy(slices)
        for plan in plan_list:
            assert_alike(plain, tested, plan)
        assert sorted(tested.entries()) == sorted(plain.entries())


def after(sizes: list[Size], chosen: list[int]) -> list[Size]:
    """The segments after these are merged into one."""
    size = sum(sizes[place][0] for place in chosen)
    return [size for place, size in enumerate(sizes) if place not in chosen] + [(size, size)]


@settings(deadline=None)
@given(st.lists(st.integers(1, 10**6), max_size=60), st.integers(0, 5))
def test_background_merges_keep_segments_few_and_rewrite_documents_seldom(written: list[int], often: int) -> None:
    sizes: list[Size] = []
    again = 0
    for number, documents in enumerate(written):
        sizes.append((documents, documents))
        for choose in (
            partial(merges_of_commit, written=documents),
            merges_in_background if often and number % often == 0 else None,
        ):
            while choose and (chosen := choose(sizes, LIMITS)):
                assert len(set(chosen)) == len(chosen) > 1
                again += sum(sizes[place][0] for place in chosen)
                sizes = after(sizes, chosen)
    while chosen := merges_in_background(sizes, LIMITS):
        again += sum(sizes[place][0] for place in chosen)
        sizes = after(sizes, chosen)
    assert sum(size for size, _ in sizes) == sum(written)
    assert len(sizes) <= 2 * LIMITS.segments
    large = sorted(size for size, _ in sizes if size * FEWEST_MERGED > LIMITS.merged)
    assert all(size >= TWICE * sum(large[:place]) for place, size in enumerate(large))
    assert again <= 12 * sum(written) + 1


@settings(deadline=None)
@given(st.lists(st.integers(1, 10**5), max_size=80))
def test_a_commit_merges_little_more_than_it_writes_and_leaves_a_bounded_number_of_segments(written: list[int]) -> None:
    sizes: list[Size] = []
    for documents in written:
        sizes.append((documents, documents))
        many = len(sizes) > MANY * LIMITS.segments
        while chosen := merges_of_commit(sizes, LIMITS, documents):
            merged = sum(sizes[place][0] for place in chosen)
            assert many or merged <= max(LIMITS.merged, FEWEST_MERGED * documents)
            sizes = after(sizes, chosen)
        assert len(sizes) <= MANY * LIMITS.segments


@pytest.mark.parametrize(
    ("sizes", "of_commits", "of_tidyings"),
    [
        ([(1000, 1000), (5, 10)], [], []),
        ([(1000, 1000), (4, 10)], [1], []),
        ([(750, 1000), (5, 10)], [], []),
        ([(749, 1000), (5, 10)], [], [0]),
        ([(1000, 1000), (57_000, 57_000), (19_000, 19_000), (8_000, 8_000)], [], []),
        ([(1000, 1000), (57_000, 57_000), (20_000, 20_000), (9_001, 9_001)], [], [1, 2, 3, 0]),
        ([(57_000, 57_000), (2_000, 2_000), (2_000, 2_000)], [], [1, 2]),
    ],
)
def test_segments_with_many_deletions_are_rewritten_and_large_similar_segments_are_merged(
    sizes: list[Size], of_commits: list[int], of_tidyings: list[int]
) -> None:
    assert merges_of_commit(sizes, LIMITS, 1) == of_commits
    assert merges_in_background(sizes, LIMITS) == of_tidyings


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
