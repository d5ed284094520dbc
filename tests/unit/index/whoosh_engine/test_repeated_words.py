"""A text that repeats a word so often that its numbers need more than 32 bits."""

from pathlib import Path

from index.opening import open_engine
from index.query import Phrase, Term
from tests.factories.index import SCHEMA, a_document, fill, found_keys, scores


def test_a_word_that_a_long_text_repeats_is_found_scored_and_part_of_phrases(tmp_path: Path) -> None:
    engine = open_engine(f"whoosh:{tmp_path}", SCHEMA)
    # 70,000 occurrences times 70,001 words.
    fill(engine, a_document("long", body="x " * 70_000 + "rare"), a_document("short", body="x y"))
    assert found_keys(engine, Phrase("body", ("x", "rare"), (0, 1))) == {"long"}
    assert found_keys(engine, Phrase("body", ("x", "y"), (0, 1))) == {"short"}
    assert all(scores(engine, Term("body", "x")).values())
    engine.close()
