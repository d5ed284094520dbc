"""The phrases of an item that find similar items."""

import pytest

from index import Everything, Phrase
from kb.search.more_like_this import distinctive_phrases, tag_phrases
from tests.factories.items import an_item
from tests.factories.library import a_library


def test_tags_are_looked_for_by_their_words_in_each_language_and_each_phrase_once() -> None:
    phrases = tag_phrases(["eau potable", "énergie", "Eau potable"])
    assert {phrase.values for phrase in phrases} >= {("eau", "potable"), ("energie",)}
    assert len(phrases) == len(set(phrases))


def test_a_tag_of_many_words_is_looked_for_by_its_first_ones() -> None:
    phrases = tag_phrases(["un deux trois quatre cinq six sept huit neuf dix onze"])
    assert phrases
    assert all(0 < len(phrase.values) <= 5 for phrase in phrases)


def test_many_long_tags_cost_no_more_than_a_few() -> None:
    hostile = ["a-b-" * 50, "1 2 " * 50, *(f"{number} " + "x y " * 45 for number in range(1_000))]
    # It was 270,000.
    assert 0 < sum(len(phrase.values) for phrase in tag_phrases(hostile)) <= 120


@pytest.mark.parametrize(("words", "looked_for"), [("x y x y x", False), ("x rare", True), ("x", True)])
def test_a_phrase_of_words_that_are_nearly_everywhere_is_not_looked_for(words: str, looked_for: bool) -> None:
    library = a_library(an_item("rare x"), *(an_item("x y", id=f"i{number}") for number in range(150)))
    phrases = tag_phrases([words])
    assert phrases
    distinctive: tuple[Phrase, ...] = distinctive_phrases(library.catalogue.engine, phrases, Everything())
    assert bool(distinctive) is looked_for
    library.close()
