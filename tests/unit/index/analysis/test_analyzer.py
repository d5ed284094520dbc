"""Each step of the French analysis: the words that it unites, and those that it must keep apart."""

import pytest

from index.analysis import analyze, fold


def terms(text: str, *, exact: bool = False) -> list[str]:
    return [token.term for token in analyze(text, "fr", exact=exact)]


def token_texts(text: str) -> list[str]:
    return [text[token.start : token.end] for token in analyze(text, "fr")]


@pytest.mark.parametrize(("word", "other"), [("port", "porte"), ("marche", "marché"), ("poste", "post")])
def test_some_unrelated_words_have_the_same_term(word: str, other: str) -> None:
    """Known and accepted collisions: avoiding them would separate forms of one word elsewhere."""
    assert terms(word) == terms(other)
    if fold(word) != fold(other):
        assert terms(word, exact=True) != terms(other, exact=True)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("innovante", "innovation"),
        ("commune", "communication"),
        ("général", "générateur"),
        ("parti", "particulier"),
        ("région", "régime"),
    ],
)
def test_words_of_different_meanings_have_different_terms(word: str, other: str) -> None:
    assert terms(word) != terms(other)


@pytest.mark.parametrize("apostrophe", ["'", "\u2019", "\u02bc"])
@pytest.mark.parametrize(
    "elided", ["l", "m", "t", "qu", "n", "s", "j", "d", "c", "jusqu", "quoiqu", "lorsqu", "puisqu", "L", "Qu", "JUSQU"]
)
def test_each_elision_goes_before_each_apostrophe(elided: str, apostrophe: str) -> None:
    assert terms(f"{elided}{apostrophe}école", exact=True) == ["ecole"]
    assert token_texts(f"{elided}{apostrophe}école") == ["école"]


@pytest.mark.parametrize("text", ["e-administration", "l'e-administration", "l\u02bce\u2011administration"])
def test_compounds_are_found_in_one_word_and_by_their_parts(text: str) -> None:
    assert terms(text, exact=True) == ["eadministration", "e", "administration"]
    assert terms(text)[0] == terms("eadministration")[0]
    assert terms(text)[2] == terms("administrations")[0]


@pytest.mark.parametrize("acronym", ["D.G.S.", "D.G.S", "DGS", "dgs", "d.g.s."])
def test_acronyms_are_one_word_however_they_are_dotted(acronym: str) -> None:
    assert terms(acronym) == ["dgs"]


def test_a_name_with_dots_is_found_whole_and_by_each_of_its_parts() -> None:
    assert [(t.term, t.position) for t in analyze("sur data.gouv.fr hier", "fr", exact=True)] == [
        ("data.gouv.fr", 1),
        ("data", 1),
        ("gouv", 2),
        ("fr", 3),
        ("hier", 4),
    ]
