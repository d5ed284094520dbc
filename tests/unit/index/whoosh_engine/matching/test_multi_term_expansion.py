"""The terms that match a pattern or a misspelt word, compared with the plain definitions."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.whoosh_engine.matching import multi_term_expansion
from index.whoosh_engine.matching.multi_term_expansion import terms_of_pattern, terms_within_distance
from index.whoosh_engine.storage import term_characters
from index.whoosh_engine.storage.term_characters import TermMatrix, build_term_matrix
from index.whoosh_engine.storage.term_dictionary import TermDictionary, to_bytes
from tests.reference_engine.matching import edit_distance, pattern_matches

# Characters of one to four bytes in UTF-8; `á` and `a` have a bit of the signatures in common, as have `é` and `)`.
ALPHABET = "abeáé)ѝ中\U0001f30a\ud800"
terms = st.lists(st.text(ALPHABET, max_size=7), unique=True, max_size=40).map(sorted)
patterns = st.lists(st.sampled_from([*ALPHABET, "*", "*", "?"]), max_size=8).map("".join)


def dictionary_of(strings: list[str]) -> TermDictionary:
    content = [to_bytes(string) for string in strings]
    ends = np.cumsum([0, *map(len, content)], dtype=np.int64)
    return TermDictionary(ends, np.frombuffer(b"".join(content), np.uint8))


def term_matrix(strings: list[str]) -> TermMatrix:
    with patch.object(term_characters, "_STRETCH", 3):
        return build_term_matrix(dictionary_of(strings))


@settings(deadline=None, max_examples=500)
@given(terms)
def test_terms_are_transposed_letter_by_letter(strings: list[str]) -> None:
    split_terms = term_matrix(strings)

    assert len(split_terms) == len(strings)
    for number, string in enumerate(strings):
        points = split_terms.points[split_terms.starts[number] : split_terms.starts[number + 1]].tolist()
        assert points == [ord(letter) for letter in string]
        assert split_terms.signs[number] == term_characters.letter_signature(string)


@settings(deadline=None, max_examples=1000)
@given(terms, patterns, st.sampled_from([1, 10**6]))
def test_patterns_fit_what_they_are_said_to_fit(strings: list[str], pattern: str, few: int) -> None:
    with patch.object(multi_term_expansion, "_FEW", few):
        matches = terms_of_pattern(pattern, term_matrix(strings), 0, len(strings))

    assert [strings[number] for number in matches] == [string for string in strings if pattern_matches(pattern, string)]


@settings(deadline=None, max_examples=1000)
@given(terms, st.text(ALPHABET, max_size=7), st.integers(0, 9))
def test_words_are_near_as_the_distance_is_defined(strings: list[str], word: str, distance: int) -> None:
    with patch.object(multi_term_expansion, "_TOGETHER", 3):
        matches = terms_within_distance(word, distance, term_matrix(strings))

    assert [strings[number] for number in matches] == [
        string for string in strings if edit_distance(word, string) <= distance
    ]


def test_only_the_terms_between_two_are_looked_at() -> None:
    assert terms_of_pattern("*", term_matrix(["a", "b", "c", "d"]), 1, 3).tolist() == [1, 2]


@pytest.mark.parametrize("pattern", ["*a" * 200 + "*b", "*a*" * 20 + "b", "*?" * 200, "a" * 5000, "*" * 5000 + "b"])
def test_a_hostile_pattern_ends_soon(pattern: str) -> None:
    strings = sorted({"a" * length + tail for length in range(1, 300) for tail in ("", "b")})

    matches = terms_of_pattern(pattern, term_matrix(strings), 0, len(strings))

    assert [strings[number] for number in matches] == [string for string in strings if pattern_matches(pattern, string)]


def test_a_long_word_is_compared_with_long_words() -> None:
    long = "abcdefghij" * 10
    strings = sorted([long, long[1:], long[:50] + "x" + long[50:], long[2:], long[::-1], "a"])

    matches = terms_within_distance(long, 1, term_matrix(strings))

    assert [strings[number] for number in matches] == [string for string in strings if edit_distance(long, string) <= 1]
