"""Which queries are sentences."""

import pytest

from kb.search.fusion import is_sentence


@pytest.mark.parametrize(
    "text",
    [
        "comment réduire la paperasse des agents",
        "réduire la paperasse des agents",
        "how to reduce the paperwork",
        "gestion du temps de travail",
    ],
)
def test_words_between_which_others_stand_are_a_sentence(text: str) -> None:
    assert is_sentence([text])


@pytest.mark.parametrize("text", ["", "paperasse", "mairie de Paris", "paperasse agents territoriaux mairie", "?!"])
def test_keywords_are_no_sentence(text: str) -> None:
    assert not is_sentence([text])
