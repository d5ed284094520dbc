"""What is looked for of an item to find others like it."""

from index import Phrase
from kb.search.more_like_this import tag_queries


def test_tags_are_looked_for_by_their_words_in_each_language() -> None:
    found = tuple(tag_queries(["eau potable", "énergie"]))
    assert {query.values for query in found if isinstance(query, Phrase)} >= {("eau", "potable"), ("energie",)}


def test_a_tag_of_many_words_is_looked_for_by_its_first_ones() -> None:
    found = tuple(tag_queries(["un deux trois quatre cinq six sept huit neuf dix onze"]))
    assert all(isinstance(query, Phrase) and 0 < len(query.values) <= 5 for query in found)


def test_many_long_tags_cost_no_more_than_a_few() -> None:
    hostile = ["a-b-" * 50, "1 2 " * 50, *(f"{number} " + "x y " * 45 for number in range(1_000))]
    words = sum(len(query.values) for query in tag_queries(hostile) if isinstance(query, Phrase))
    # It was 270,000.
    assert 0 < words <= 120
