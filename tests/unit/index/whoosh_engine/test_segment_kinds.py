"""Documents of different kinds are in different segments, with no effect on answers: in 20 histories, and in 40 by
`scripts/test-thorough`.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from index.plan import Plan
from index.query import AnyOf, Term
from index.schema import Schema
from index.vectors import NearestPlan
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.engine_limits import Limits
from index.whoosh_engine.searcher import scope_of
from tests.contract.engines.test_engines_alike import assert_alike, play
from tests.factories.index import SCHEMA, a_document, fill, found_keys
from tests.factories.index_strategies import Block, histories, plan_lists
from tests.reference_engine import ReferenceEngine
from tests.support.thoroughness import IS_THOROUGH

APART = replace(SCHEMA, apart="group")
NARROW = Limits(memory=4000, pool_tokens=1000, pool_documents=3, segments=1, merged=8, stretch=3)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[WhooshEngine]:
    with closing(WhooshEngine(tmp_path, APART, limits=NARROW)) as engine:
        yield engine


def kinds_of(engine: WhooshEngine) -> list[list[bytes]]:
    """The kinds of document in each segment."""
    return [list(view.segment.term_dictionary("group")) for view in engine._newest().views]


def test_each_segment_holds_one_kind_of_document_however_they_are_merged(engine: WhooshEngine) -> None:
    for number in range(0, 60, 2):
        document = a_document(f"d{number}", group="physique", body="marée")
        other = a_document(f"d{number + 1}", group="histoire", body="marée")
        fill(engine, document, other, a_document(f"sans{number % 7}", body="marée"))
        while engine.tidy(1.0):
            pass
        assert all(len(kinds) <= 1 for kinds in kinds_of(engine))
    assert {b"".join(kinds) for kinds in kinds_of(engine)} == {b"", b"physique", b"histoire"}
    assert len(kinds_of(engine)) < 15
    assert len(found_keys(engine, Term("body", "maree"))) == 67


def test_segments_of_which_nothing_may_be_found_are_not_looked_at(engine: WhooshEngine) -> None:
    fill(engine, *(a_document(f"d{number}", group=("physique", "histoire")[number % 2]) for number in range(9)))
    segment_docs = scope_of(engine._newest(), AnyOf("group", ("histoire",))).segment_docs
    assert sum(docs.documents for docs in segment_docs) == 4
    # All documents of the remaining segments are accessible: no filter on single documents is needed.
    assert all(docs.allowed is None for docs in segment_docs)


def test_a_document_that_becomes_of_another_kind_is_there_once(engine: WhooshEngine) -> None:
    fill(engine, a_document("d", group="physique", body="marée"), a_document("d", group="histoire", body="marée"))
    assert found_keys(engine, Term("group", "physique")) == set()
    assert found_keys(engine, Term("body", "maree")) == {"d"}
    fill(engine, a_document("d", group="physique", body="marée"))
    assert found_keys(engine, Term("group", "histoire")) == set()
    assert found_keys(engine, Term("body", "maree")) == {"d"}


@settings(
    max_examples=40 if IS_THOROUGH else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(histories, plan_lists)
def test_an_index_of_separate_documents_answers_like_the_plain_one(
    history: tuple[Block, ...], plan_list: list[Plan | NearestPlan]
) -> None:
    plain = ReferenceEngine(SCHEMA)
    with TemporaryDirectory() as folder, closing(WhooshEngine(Path(folder), APART, limits=NARROW)) as tested:
        for block in history:
            play(plain, block)
            play(tested, block)
            tested.tidy(0.0005)
        for plan in plan_list:
            assert_alike(plain, tested, plan)
        assert sorted(tested.entries()) == sorted(plain.entries())


@pytest.mark.parametrize("apart", ["tag", "body", "couleur"])
def test_only_a_case_sensitive_keyword_field_separates_documents(apart: str) -> None:
    with pytest.raises(ValueError, match=apart):
        Schema(SCHEMA.key, SCHEMA.fields, apart)
