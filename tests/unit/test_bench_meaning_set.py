"""The judged set `bench/judged/meaning`: what its README promises holds for the committed files."""

from pathlib import Path

import pytest

from bench.judged.collection import read, rows_of
from bench.judged.gradings import RELEVANT, Pair, agreement, read_pairs, relevant, weighted_kappa
from bench.judged.shared_words import shared_words

FOLDER = Path(__file__).parents[2] / "bench" / "judged" / "meaning"


@pytest.fixture(scope="module")
def texts():
    return {passage.id: passage.text for passage in read(FOLDER).passages}


@pytest.fixture(scope="module")
def questions():
    return list(rows_of(FOLDER / "questions.jsonl"))


def test_words_are_shared_by_stem_lemma_or_beginning():
    assert shared_words("les agents", "un agent") >= {"agent"}
    assert shared_words("il achète", "nous achetons")
    assert shared_words("surveiller", "la surveillance") == {"survei…"}
    assert not shared_words("Comment réduire la paperasse ?", "Alléger les tâches, et comment.")


def test_no_question_shares_a_word_with_a_passage_that_answers_it(questions, texts):
    shared = {
        (row["id"], passage): words
        for row in questions
        for passage in row["rel"]
        if (words := shared_words(row["text"], texts[passage]))
    }
    assert shared == {}


def test_there_are_150_questions_and_each_has_an_answer(questions):
    assert len({row["text"] for row in questions}) == len(questions) == 150
    assert all(row["rel"] for row in questions)


def test_the_grades_of_the_questions_are_the_lower_ones_of_the_two_gradings(questions):
    pairs = read_pairs(FOLDER)
    assert all(row["rel"] == relevant(pairs, row["id"]) for row in questions)
    assert all(grade >= RELEVANT for row in questions for grade in row["rel"].values())


def test_the_readme_tells_the_agreement_of_the_gradings():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    measured = agreement(read_pairs(FOLDER))
    for value in (measured.kappa, measured.equal, measured.answering):
        assert f"{value:.3f}".lstrip("0") in readme


def test_kappa_is_one_for_equal_grades_and_zero_for_chance():
    assert weighted_kappa([(0, 0), (3, 3), (1, 1)]) == 1
    assert weighted_kappa([(0, 0), (0, 3), (3, 0), (3, 3)]) == 0
    assert weighted_kappa([(0, 3), (3, 0)]) == -1
    # One step apart counts a ninth of three steps.
    assert weighted_kappa([(0, 1), (3, 3)]) > weighted_kappa([(0, 3), (3, 3), (0, 0)])


def test_a_passage_has_the_lower_of_its_two_grades():
    assert Pair("q", "m", 3, 2).grade == Pair("q", "m", 2, 3).grade == 2
