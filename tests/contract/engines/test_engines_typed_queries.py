"""Typed queries, read by our parser and run on both engines: both give the same answer and leave out the same."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.opening import open_engine
from index.plan import Bounds, Plan
from index.query import Everything
from index.query_parser.parser import parse_query
from index.query_parser.parser_configuration import (
    DateBoundary,
    KeywordField,
    PeriodField,
    SearchedField,
    Syntax,
    TextWords,
)
from tests.contract.engines.test_engines_alike import EXAMPLES, assert_alike, play
from tests.factories.index import SCHEMA, iso_days
from tests.factories.index_strategies import AUTHORS, FEW, TAGS, WORDS, Block, groups, histories
from tests.reference_engine import ReferenceEngine

BARE = TextWords(
    (SearchedField("body"), SearchedField("exact", 0.2, exact=True)), (SearchedField("exact", exact=True),)
)
FIELDS = {
    "titre": (TextWords((SearchedField("title"),)),),
    "étiquette": (KeywordField("tag"),),
    "auteur": (KeywordField("author"), TextWords((SearchedField("exact", exact=True),))),
    "avant": (PeriodField("cited", DateBoundary.BEFORE, iso_days),),
    "après": (PeriodField("cited", DateBoundary.AFTER, iso_days),),
    "date": (PeriodField("cited", DateBoundary.WITHIN, iso_days),),
}
SIGNS = (
    'ET OU SAUF AND NOT - ( ) " « » * ag* ag* s*e *i* ?er* *e agnets~ agnet~2 a~2 de~ titre: étiquette: auteur: ☂'
).split()
DATES = ("avant:2014-11", "après:2014-11-07", "date:2014", "date:1883-02-28", "après:hier")

typed = st.lists(
    st.one_of(st.sampled_from((*WORDS, *FEW)), st.sampled_from(SIGNS), st.sampled_from((*TAGS, *AUTHORS, *DATES))),
    min_size=1,
    max_size=9,
).flatmap(lambda pieces: st.sampled_from(("", " ", " ")).map(lambda between: between.join(pieces)))
bounds = st.one_of(
    st.just(Bounds()),
    st.builds(
        Bounds,
        words=st.integers(0, 60),
        multi_terms=st.integers(1, 3),
        leading_wildcards=st.integers(0, 2),
        depth=st.integers(0, 2),
        expansions=st.integers(0, 2),
    ),
)


within = st.one_of(st.just(Everything()), st.just(Everything()), groups)


@st.composite
def questions(draw: st.DrawFn) -> Plan:
    syntax = Syntax(BARE, FIELDS, draw(st.sampled_from((("fr", "en"), ("fr",), (None,)))), draw(st.booleans()))
    allowed = draw(bounds)
    return Plan(parse_query(draw(typed), syntax, allowed).query, draw(within), bounds=allowed)


@pytest.mark.timeout(24 * 3600)
@settings(
    max_examples=EXAMPLES // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(histories, st.lists(questions(), min_size=1, max_size=6))
def test_typed_texts_are_answered_alike(history: tuple[Block, ...], plan_list: list[Plan]) -> None:
    plain = ReferenceEngine(SCHEMA)
    with TemporaryDirectory() as folder, closing(open_engine(f"whoosh:{Path(folder) / 'index'}", SCHEMA)) as tested:
        for block in history:
            play(plain, block)
            play(tested, block)
        for plan in plan_list:
            assert_alike(plain, tested, plan)
