"""A query with some words replaced, and a query for a value in a field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query_parser.syntax_tree import unparse
from index.query_parser.tree_builder import parse_tree
from index.query_parser.word_replacement import field_query_text, texts_in, with_texts

NAMES = {"titre", "tag", "source"}


def changed(text: str) -> str:
    tree = parse_tree(text, NAMES).tree
    assert tree is not None
    return unparse(with_texts(tree, {"titre"}, str.upper))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("agents élus", "AGENTS ÉLUS"),
        ('"agents élus" ET (maire OU préfet)', '"AGENTS ÉLUS" ET (MAIRE OU PRÉFET)'),
        ("titre:agents tag:agents source:(un deux)", "titre:AGENTS tag:agents source:(un deux)"),
        ("titre:(agents -élus)", "titre:(AGENTS -élus)"),
        ("agents -élus adm* admin~ «élus»", 'AGENTS -élus adm* admin~ "ÉLUS"'),
    ],
)
def test_words_are_changed_and_all_else_is_kept(text: str, expected: str) -> None:
    assert changed(text) == expected


def test_words_are_given_in_their_order_without_those_that_are_excluded() -> None:
    tree = parse_tree('maire titre:(préfet "les élus") tag:eau -agents adm* OU mairie', NAMES).tree
    assert tree is not None
    assert list(texts_in(tree, {"titre"})) == ["maire", "préfet", "les élus", "mairie"]
    assert list(texts_in(tree, ())) == ["maire", "mairie"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("eau", "étiquette:eau"),
        ("fonction publique", 'étiquette:"fonction publique"'),
        ("l'eau-vive", "étiquette:l'eau-vive"),
        ('dit "le vif"', 'étiquette:«dit "le vif"»'),
        ("C++", "étiquette:C++"),
        ("vu*", 'étiquette:"vu*"'),
        ("(eau)", 'étiquette:"(eau)"'),
        ('un " et un »', None),
        ("", None),
    ],
)
def test_a_value_is_written_as_a_user_would_type_it(value: str, expected: str | None) -> None:
    assert field_query_text("étiquette", value) == expected


@given(st.text(max_size=12))
def test_the_query_text_of_a_value_parses_to_that_value(value: str) -> None:
    text = field_query_text("tag", value)
    if text is not None:
        assert list(texts_in(parse_tree(text, {"tag"}).tree, {"tag"})) == [value]  # type: ignore[arg-type]
