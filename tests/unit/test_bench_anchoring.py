"""Passages are found in a later state of their page, and none at a wrong place: a small run of `bench/anchoring.py`."""

from collections import Counter

import pytest

from bench.anchoring import METHODS, UNDECIDABLE, WRONG, by_words, outcomes, share_right
from bench.judged.page_pairs import KINDS, Pair, page_pairs


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return list(page_pairs(3))


def test_the_true_places_are_those_of_the_words(pairs: list[Pair]) -> None:
    unchanged = [pair for pair in pairs if pair.kind == "unchanged"]
    assert {pair.kind for pair in pairs} == KINDS.keys()
    for pair in unchanged:
        assert all(one.truth == (one.start, one.end) for one in pair.passages)
    moved = [one for pair in pairs if pair.kind == "paragraphs moved" for one in pair.passages]
    assert any(one.truth != (one.start, one.end) for one in moved)
    gone = {pair.kind for pair in pairs if all(one.truth is None for one in pair.passages)}
    assert {"removed", "rewritten", "page replaced"} <= gone
    assert [pair.new for pair in page_pairs(1)] == [pair.new for pair in page_pairs(1)]


@pytest.mark.parametrize("method", METHODS)
def test_no_passage_is_found_at_a_wrong_place(pairs: list[Pair], method: str) -> None:
    counts = outcomes(pairs, method)
    assert {kind: of_kind[WRONG] for kind, of_kind in counts.items() if of_kind[WRONG]} == {}
    decidable = sum((counts[kind] for kind in counts.keys() - UNDECIDABLE[method]), Counter[str]())
    assert share_right(decidable) >= (0.96 if METHODS[method] is by_words else 0.98)
