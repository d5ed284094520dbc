"""Compare the Whoosh engine with the reference engine on random documents, commits, deletions and searches.

50 histories are tried, the same ones in each run, and 100 by `scripts/test-thorough`. ENGINE_EXAMPLES in the
environment sets their number (20000 for a run overnight), and pytest's `--hypothesis-profile anew` draws other ones.
With ENGINE_SHRINK=no, the first difference ends the search, and no smaller one is looked for.
"""

import os
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from index.document import Document
from index.engine import Engine, Unindexable, Writer
from index.hits import Hits
from index.opening import open_engine
from index.plan import Plan
from index.vectors import NearestPlan
from tests.factories.index import SCHEMA
from tests.factories.index_strategies import Block, any_document, histories, nearest_plans, plan_lists, plans
from tests.reference_engine import ReferenceEngine
from tests.support.thoroughness import IS_THOROUGH

EXAMPLES = int(os.environ.get("ENGINE_EXAMPLES", "100" if IS_THOROUGH else "50"))
PHASES = (Phase.generate,) if os.environ.get("ENGINE_SHRINK") == "no" else tuple(Phase)
NEAR = 1e-9
MANY = 1500
"""More documents than a block of postings, or a shortcut for small answers, is likely to contain."""


class Undo(Exception):
    pass


def play(engine: Engine, block: Block) -> None:
    """Write one block; a block that raises an exception is rolled back."""
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
    return engine.search(replace(plan, start=0, size=MANY))


def assert_alike(plain: Engine, tested: Engine, plan: Plan | NearestPlan) -> None:
    """Assert that both answers are equal (total, facets, hits, scores, order), and that a page is a slice of all
    hits.
    """
    if isinstance(plan, NearestPlan):
        nearest = tested.nearest(plan)
        assert nearest == plain.nearest(plan)
        event("near ones" if nearest else "none near")
        return
    expected, actual = whole(plain, plan), whole(tested, plan)
    assert actual.total == expected.total == len(actual.page)
    assert actual.facets == expected.facets
    assert actual.limited == expected.limited
    scores = {hit.key: hit.score for hit in expected.page}
    assert {hit.key for hit in actual.page} == set(scores)
    for hit in actual.page:
        assert abs(hit.score - scores[hit.key]) <= NEAR, hit
    # Sums of the same scores in another order may differ in their last digit, which may decide a tie: the order must be
    # right by the engine's own scores, which are nearly equal to those of the reference.
    place = {hit.key: at for at, hit in enumerate(whole(plain, replace(plan, by_score=False)).page)}
    assert list(actual.page) == sorted(actual.page, key=lambda hit: (-hit.score, place[hit.key]))
    page = tested.search(plan)
    assert page == replace(actual, page=actual.page[plan.start : plan.start + plan.size])
    event("hits" if actual.total else "no hits")
    event("limited" if actual.limited else "whole")


@pytest.mark.timeout(24 * 3600)
@settings(
    max_examples=EXAMPLES,
    phases=PHASES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(histories, plan_lists)
def test_both_engines_answer_alike(history: tuple[Block, ...], plan_list: list[Plan | NearestPlan]) -> None:
    plain = ReferenceEngine(SCHEMA)
    with TemporaryDirectory() as folder:
        place = f"whoosh:{Path(folder) / 'index'}"
        with closing(open_engine(place, SCHEMA)) as tested:
            for block in history:
                play(plain, block)
                play(tested, block)
                for plan in plan_list:
                    assert_alike(plain, tested, plan)
            assert sorted(tested.entries()) == sorted(plain.entries())
            assert tested.checkpoint() == plain.checkpoint()
        with closing(open_engine(place, SCHEMA)) as reopened:
            for plan in plan_list:
                assert_alike(plain, reopened, plan)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    """Both engines with the same many documents, which are written, replaced and deleted in a few blocks."""
    plain, tested = ReferenceEngine(SCHEMA), open_engine(f"whoosh:{tmp_path_factory.mktemp('large')}", SCHEMA)
    for engine in (plain, tested):
        rng = Random(1515)  # The same documents for both.
        for share in (0.6, 0.3, 0.1, 0.02):
            with engine.write() as writer:
                for _ in range(int(MANY * share)):
                    writer.put(any_document(rng, f"d{rng.randrange(MANY)}"))
                for _ in range(20):
                    writer.drop("id", f"d{rng.randrange(MANY)}")
    yield plain, tested
    tested.close()


@pytest.mark.timeout(24 * 3600)
@settings(max_examples=EXAMPLES, phases=PHASES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plan=st.one_of(plans, plans, nearest_plans))
def test_both_engines_answer_alike_over_many_documents(large: tuple[Engine, Engine], plan: Plan | NearestPlan) -> None:
    assert_alike(*large, plan)
