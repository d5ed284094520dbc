"""The texts of an item are cut into pieces of a few sentences, always in the same way."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search.text_pieces import ITEM, LONGEST, MOST_PIECES, PAGE, source_text, text_pieces_of
from tests.factories.items import an_annotation, an_item

SENTENCE = "Les agents de la commune ont allégé les tâches administratives du guichet unique. "


def test_the_pieces_are_those_of_the_item_of_each_annotation_and_of_the_page_in_this_order() -> None:
    note = an_annotation("Un passage.", id="a", body="Une note.")
    comment = an_annotation(None, id="page", body="Un commentaire.")
    item = an_item("Le guichet", description="Une description.", annotations=[note, comment])
    pieces = text_pieces_of(item, "Le texte de la page.")
    assert [(piece.source, piece.text) for piece in pieces] == [
        (ITEM, "Le guichet\nUne description."),
        ("a", "Un passage.\nUne note."),
        ("page", "Un commentaire."),
        (PAGE, "Le texte de la page."),
    ]


def test_a_piece_ends_with_a_sentence_and_a_paragraph_that_is_long_enough_ends_a_piece() -> None:
    page = f"Titre\n{SENTENCE * 6}\n{SENTENCE * 12}\n« Une citation. » Une fin."
    pieces = [piece.text for piece in text_pieces_of(an_item("T"), page) if piece.source == PAGE]
    assert all(piece.endswith((".", "»")) for piece in pieces)
    assert pieces[0].startswith("Titre\n")
    assert [round(len(piece) / len(SENTENCE)) for piece in pieces] == [6, 8, 4]


def test_a_long_sentence_is_cut_between_two_words_and_a_longer_word_anywhere() -> None:
    words = "mot " * 400
    pieces = [piece.text for piece in text_pieces_of(an_item("T"), words + "x" * 2000) if piece.source == PAGE]
    assert set(" ".join(pieces).split()) >= {"mot", "x" * LONGEST}
    assert all(set(piece.split()) == {"mot"} for piece in pieces[:2])


def test_what_has_no_letter_or_digit_is_no_piece() -> None:
    assert [piece.source for piece in text_pieces_of(an_item("…"), "* * *\n—")] == []


@pytest.mark.alone
@pytest.mark.parametrize("unit", [" ", "a", ". ", "\n", "…", "a ", SENTENCE, ".»", " »"])
def test_cutting_takes_a_time_that_grows_with_the_length(unit: str) -> None:
    def seconds(length: int) -> float:
        text, item = (unit * length)[:length], an_item("T")
        start = time.process_time()
        text_pieces_of(item, text)
        return time.process_time() - start

    assert min(seconds(400_000) for _ in range(3)) < 1 + 40 * min(seconds(100_000) for _ in range(3))


@given(st.text(st.sampled_from("aé .!?…»\n\u202f—\t'\"9"), max_size=5_000), st.text(max_size=50))
def test_pieces_are_bounded_and_say_where_they_stand(page: str, title: str) -> None:
    item = an_item(title or None, url="https://exemple.fr/")
    pieces = text_pieces_of(item, page * 3)
    assert len(pieces) <= MOST_PIECES
    for piece in pieces:
        assert 0 < len(piece.text) <= LONGEST
        assert piece.text == source_text(item, page * 3, piece.source)[piece.start : piece.end] == piece.text.strip()
    starts = [piece.start for piece in pieces if piece.source == PAGE]
    assert starts == sorted(starts)
    covered = "".join(piece.text for piece in pieces if piece.source == PAGE)
    assert [letter for letter in covered if letter.isalnum()] == [letter for letter in page * 3 if letter.isalnum()]


def test_an_item_of_many_texts_has_a_bounded_number_of_pieces() -> None:
    item = an_item("T", annotations=[an_annotation(f"Passage {number}.", id=f"a{number}") for number in range(600)])
    assert len(text_pieces_of(item, SENTENCE * 100)) == MOST_PIECES
    assert len(text_pieces_of(an_item("T"), SENTENCE * 100_000)) == MOST_PIECES
