"""Truncated texts for lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model.truncation import truncate
from kb.web.ui.display_text import MarkedPieces, joined_text, truncate_marked, unmarked


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        ("Les agents et leurs outils", 26, "Les agents et leurs outils"),
        ("Les agents et leurs outils", 25, "Les agents et leurs\u00a0…"),
        ("Les agents et leurs outils", 10, "Les agents\u00a0…"),
        ("Les agents  et leurs outils", 12, "Les agents\u00a0…"),
        ("anticonstitutionnellement", 6, "antico\u00a0…"),
        ("Deux\nlignes et plus", 12, "Deux\nlignes\u00a0…"),
    ],
)
def test_a_text_is_cut_between_words(text: str, size: int, expected: str) -> None:
    assert truncate(text, size) == expected


@given(st.text(), st.integers(1, 40))
def test_a_truncated_text_is_its_beginning(text: str, size: int) -> None:
    short = truncate(text, size)
    assert short == text or (text.startswith(short.removesuffix("\u00a0…")) and len(short) <= size + 2)


@given(st.lists(st.tuples(st.text(min_size=1), st.booleans()), max_size=6), st.integers(1, 40))
def test_a_title_that_is_cut_keeps_its_marks_or_stays_whole(pieces: list[tuple[str, bool]], size: int) -> None:
    title = tuple(pieces)
    short = truncate_marked(title, size)
    assert short == title or joined_text(short) == truncate(joined_text(title), size)
    assert [text for text, marked in short if marked] == [text for text, marked in title if marked][: _marked(short)]
    if short != title:
        assert all(text for text, _ in short)


def _marked(pieces: MarkedPieces) -> int:
    return sum(marked for _, marked in pieces)


def test_a_title_is_cut_before_a_word_that_is_not_marked_and_never_in_a_mark() -> None:
    title: MarkedPieces = (("Les ", False), ("agents", True), (" et leurs outils numériques", False))
    assert truncate_marked(title, 20) == (("Les ", False), ("agents", True), (" et leurs", False), ("\u00a0…", False))
    assert truncate_marked(title, 7) == title
    assert truncate_marked(unmarked("Court"), 90) == unmarked("Court")
