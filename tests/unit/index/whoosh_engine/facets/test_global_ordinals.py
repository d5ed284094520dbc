"""Global ordinals keep the order of values when segments are added, at a cost of the new values alone."""

import random
from pathlib import Path

import pytest

import index.whoosh_engine.facets.global_ordinals as module
from index import FacetRequest, open_engine
from tests.factories.index import SCHEMA, a_document, counts, fill


def test_values_of_many_commits_are_listed_in_the_order_of_one(tmp_path: Path) -> None:
    rng = random.Random(7)
    letters = "aàAbBéezÉ œŒ"
    values = ["".join(rng.choices(letters, k=rng.randint(1, 4))).strip() or "x" for _ in range(400)]
    documents = [a_document(str(place), author=(value,)) for place, value in enumerate(values)]
    request = FacetRequest("author", limit=None)
    bit_by_bit = open_engine(f"whoosh:{tmp_path / 'several'}", SCHEMA)
    at_once = open_engine(f"whoosh:{tmp_path / 'one'}", SCHEMA)
    for start in range(0, len(documents), 37):
        fill(bit_by_bit, *documents[start : start + 37])
        counts(bit_by_bit, request)
    fill(at_once, *documents)
    assert counts(bit_by_bit, request) == counts(at_once, request)
    bit_by_bit.close()
    at_once.close()


def test_a_new_value_folds_only_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member may add a hundred values to each item: the next search must not sort all values again."""
    engine = open_engine(f"whoosh:{tmp_path}", SCHEMA)
    fill(engine, *(a_document(str(place), author=(f"auteur {place}",)) for place in range(1000)))
    counts(engine, FacetRequest("author"))
    folded: list[str] = []
    fold = module.fold
    monkeypatch.setattr(module, "fold", lambda text: folded.append(text) or fold(text))
    fill(engine, a_document("neuf", author=("une autre",)))
    assert ("une autre", 1) in counts(engine, FacetRequest("author", limit=None))
    assert folded == ["une autre"]
    engine.close()
