"""The Whoosh engine against the memory engine: random documents, commits, deletions and questions.

100 histories are tried; ENGINE_EXAMPLES in the environment says how many others (a night's worth: 20000).
"""

import os
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from index.document import Document
from index.engine import Engine, Unindexable, Writer
from index.hits import Hits
from index.opening import open_engine
from index.plan import Plan
from tests.index_factories import SCHEMA
from tests.index_strategies import Block, histories, plans

EXAMPLES = int(os.environ.get("ENGINE_EXAMPLES", "100"))
NEAR = 1e-9


class Undo(Exception):
    pass


def play(engine: Engine, block: Block) -> None:
    """Write one block; a block that fails is undone."""
    with suppress(Undo), engine.rebuild() if block.rebuild else engine.write() as writer:
        _change(writer, block)


def _change(writer: Writer, block: Block) -> None:
    for change in block.changes:
        if isinstance(change, Document):
            writer.put(change)
        else:
            writer.drop(change.field, change.value)
    with pytest.raises(Unindexable):
        writer.put(Document("d0", {"views": (1, 2)}))
    if block.checkpoint is not None:
        writer.checkpoint(block.checkpoint)
    if block.fails:
        raise Undo


def whole(engine: Engine, plan: Plan) -> Hits:
    return engine.search(replace(plan, start=0, size=1000))


def assert_alike(plain: Engine, tested: Engine, plan: Plan) -> None:
    """One answers as the other: total, facets, hits, scores, order; and a page is a piece of the whole."""
    expected, given = whole(plain, plan), whole(tested, plan)
    assert given.total == expected.total == len(given.page)
    assert given.facets == expected.facets
    wanted = {hit.key: hit.score for hit in expected.page}
    assert {hit.key for hit in given.page} == set(wanted)
    for hit in given.page:
        assert abs(hit.score - wanted[hit.key]) <= NEAR, hit
    # Sums of the same scores in another order may differ in their last digit, and so may what they say of a tie:
    # the order must be right by the engine's own scores, which are known to be near enough.
    place = {hit.key: at for at, hit in enumerate(whole(plain, replace(plan, by_score=False)).page)}
    assert list(given.page) == sorted(given.page, key=lambda hit: (-hit.score, place[hit.key]))
    page = tested.search(plan)
    assert page == replace(given, page=given.page[plan.start : plan.start + plan.size])
    event("hits" if given.total else "no hits")


@pytest.mark.timeout(24 * 3600)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(histories, st.lists(plans, min_size=1, max_size=5))
def test_both_engines_answer_alike(history: tuple[Block, ...], asked: list[Plan]) -> None:
    plain = open_engine("memory:", SCHEMA)
    with TemporaryDirectory() as folder:
        place = f"whoosh:{Path(folder) / 'index'}"
        with closing(open_engine(place, SCHEMA)) as tested:
            for block in history:
                play(plain, block)
                play(tested, block)
                for plan in asked:
                    assert_alike(plain, tested, plan)
            assert sorted(tested.entries()) == sorted(plain.entries())
            assert tested.checkpoint() == plain.checkpoint()
        with closing(open_engine(place, SCHEMA)) as reopened:
            for plan in asked:
                assert_alike(plain, reopened, plan)
