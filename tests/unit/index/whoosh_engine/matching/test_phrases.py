"""Phrases of uncached words read few bytes, and both algorithms that compare positions give the same answer."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.query import Phrase
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.matching import phrases
from index.whoosh_engine.storage.array_file import ArrayFile
from index.whoosh_engine.storage.segments import Segment
from tests.factories.index import SCHEMA, a_document, ask, fill

WORDS = "mer vent sel houle cap".split()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[WhooshEngine]:
    """Many documents of few words, so that phrases occur often, and words several times in a document."""
    engine, rng = WhooshEngine(tmp_path / "index", SCHEMA), random.Random(4)
    texts = (" ".join(rng.choices(WORDS, weights=(8, 4, 2, 1, 1), k=rng.randrange(1, 30))) for _ in range(300))
    fill(engine, *(a_document(f"d{number}", body=text) for number, text in enumerate(texts)))
    yield engine
    engine.close()


def test_a_phrase_reads_three_parts_of_each_of_its_terms(engine: WhooshEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    read = ArrayFile.stretch

    def stretch(*arguments: Any) -> Any:
        reads.append(arguments)
        return read(*arguments)

    def refuse(*_: object) -> None:
        raise AssertionError("the frequencies of a term in all documents were made")

    monkeypatch.setattr(ArrayFile, "stretch", stretch)
    monkeypatch.setattr(Segment, "frequency_norms", refuse)
    # Documents, frequencies and positions of two terms.
    assert ask(engine, Phrase("body", ("mer", "vent"), (0, 1))).total > 100
    assert len(reads) == 6
    assert ask(engine, Phrase("body", ("mer", "vent"), (0, 1), weight=2.0)).total > 100
    assert len(reads) == 6


@pytest.mark.parametrize("slop", [0, 1])
def test_both_ways_to_compare_places_give_the_same_hits_and_scores(
    engine: WhooshEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slop: int
) -> None:
    other = WhooshEngine(tmp_path / "index", SCHEMA)
    for first in WORDS:
        for second in WORDS:
            phrase = Phrase("body", (first, second, first), (0, 1, 2), slop=slop)
            monkeypatch.setattr(phrases, "_compares_all_positions", lambda *_: slop == 0)
            expected = ask(engine, phrase)
            monkeypatch.setattr(phrases, "_compares_all_positions", lambda *_: False)
            assert ask(other, phrase) == expected
    other.close()
