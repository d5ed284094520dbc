import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from kb.language import language_of
from kb.language.deciding import sample_of

FRENCH = (
    "Les agents publics sont réticents à associer davantage la société civile et les jeunes pousses à leurs projets."
)
ENGLISH = "Public servants are reluctant to involve civil society and young companies in the design of their services."


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (FRENCH, "fr"),
        (ENGLISH, "en"),
        (FRENCH.upper(), "fr"),
        ("L'énergie n'est jamais perdue", "fr"),
        ("Aujourd’hui, qu’en est-il ?", "fr"),
        ("Communication interne libératrice", "fr"),
        ("Internal communication matters", "en"),
        ("How to design a public service", "en"),
        ("Œuvres complètes", "fr"),
        ("« The LaTeX Companion », par Goossens, est un livre qui traite de la mise en page des textes", "fr"),
        ("The word « aujourd'hui » is what the French say when they speak about today", "en"),
    ],
)
def test_french_and_english_are_told_apart(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "2014-11-07",
        "https://example.org/the-best-of-what-is-there",
        "名前を付けて保存",
        "Привет, мир",
        "🙂🙂",
        "\x00\ud800",
    ],
)
def test_where_nothing_is_recognised_the_default_holds(text: str) -> None:
    assert language_of(text) == "fr"
    assert language_of(text, default="en") == "en"


def test_the_expected_language_wins_when_both_are_likely() -> None:
    assert language_of("Institution", default="fr") == "fr"
    assert language_of("Institution", default="en") == "en"


def test_only_allowed_languages_are_given() -> None:
    assert language_of(ENGLISH, allowed=("fr",)) == "fr"
    assert language_of(FRENCH, allowed=()) == "fr"
    german = "Die Beschäftigten des öffentlichen Dienstes wollen mehr Zusammenarbeit und weniger Hierarchie."
    assert language_of(german, allowed=("fr", "en", "de")) == "de"


def test_the_beginning_of_a_huge_text_decides_at_once() -> None:
    assert language_of(FRENCH * 4 + " the of and to is" * 2_000_000) == "fr"


def test_the_same_text_has_the_same_language_in_every_thread() -> None:
    texts = [FRENCH, ENGLISH, "Design thinking", "Open data", "Le web", "Smart city", "Big data et agents"] * 40
    alone = [language_of(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(language_of, texts))
    assert together == alone


@pytest.mark.parametrize(
    "text",
    [
        "the\n\n of\t and  to",
        " ".join(["à"] * 500),
        "x" * 399 + " the of and to is",
        "x" * 401 + " the of and to is",
        "voir https://the.of.and/to/is et www.the.of.and",
        "écrire à the@of.and http",
    ],
)
def test_what_is_judged_is_the_text_without_addresses_and_more_than_one_space(text: str) -> None:
    plain = re.sub(r"(?:https?://|www\.)\S+|\S+@\S+", " ", text)
    assert sample_of(text) == " ".join(plain.split())[:400].lower()
