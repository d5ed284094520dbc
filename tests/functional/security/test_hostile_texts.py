"""A hundred hostile imports and fields; `python bench/fuzz/hostile_texts.py` tries 20,000 of each."""

from pathlib import Path

import pytest

from bench.fuzz import hostile_texts


@pytest.mark.parametrize("seed", [1, 2])
def test_hostile_imports_and_fields_are_harmless(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    # A busy machine may be slow here; `bench/fuzz/hostile_texts.py` checks the limit of one second.
    monkeypatch.setattr(hostile_texts, "MOST_SECONDS", 10.0)
    figures = hostile_texts.run(100, seed, tmp_path)
    assert figures.counts["added"] > 20
    assert figures.counts["accepted"] > 20


def test_a_failed_check_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hostile_texts, "LARGEST_PAGE", 100)
    with pytest.raises(hostile_texts.Broken, match="bytes"):
        hostile_texts.run(10, 1, tmp_path)
