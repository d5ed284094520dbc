"""Unions of the matches of several parts of a query."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.whoosh_engine.storage import scored_docs
from index.whoosh_engine.storage.scored_docs import ScoredDocs, union

DOCUMENTS = 60
SCORES = st.floats(0, 9, allow_subnormal=False)


@st.composite
def parts_of(draw: st.DrawFn) -> list[ScoredDocs]:
    parts = []
    for _ in range(draw(st.integers(0, 4))):
        scores = draw(st.dictionaries(st.integers(0, DOCUMENTS - 1), SCORES, max_size=40))
        ids = np.array(sorted(scores), np.intp)
        scored = draw(st.booleans())
        parts.append(ScoredDocs(ids, np.array([scores[number] for number in ids.tolist()]) if scored else None))
    return parts


@pytest.mark.parametrize("dense", [1, 1000])
@pytest.mark.parametrize("looked_up", [0, 2, 1000])
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("large", [0, 1000])
@given(parts=parts_of())
def test_a_union_holds_each_document_once_with_the_sum_of_its_scores(
    parts: list[ScoredDocs], ordered: bool, large: int, looked_up: int, dense: int
) -> None:
    sums: dict[int, float] = {}
    for part in parts:
        scores = [0.0] * len(part.ids) if part.scores is None else part.scores.tolist()
        for document, score in zip(part.ids.tolist(), scores, strict=True):
            sums[document] = sums.get(document, 0.0) + score
    before = [(part.ids.tolist(), None if part.scores is None else part.scores.tolist()) for part in parts]

    with patch.multiple(scored_docs, DENSE=dense, LOOKED_UP=looked_up, LARGE=large):
        docs = union(parts, DOCUMENTS, ordered=ordered)

    found = [0.0] * len(docs.ids) if docs.scores is None else docs.scores.tolist()
    assert dict(zip(docs.ids.tolist(), found, strict=True)) == sums
    assert len(docs.ids) == len(sums)
    assert not ordered or docs.ids.tolist() == sorted(sums)
    # What a part holds may be cached.
    assert before == [(part.ids.tolist(), None if part.scores is None else part.scores.tolist()) for part in parts]
