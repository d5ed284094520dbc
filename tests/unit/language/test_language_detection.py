import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from kb.language import detect_language
from kb.language.language_detection import detection_sample, language_by_stop_words, likeliest_language

FRENCH = (
    "Les agents publics sont réticents à associer davantage la société civile et les jeunes pousses à leurs projets."
)
ENGLISH = "Public servants are reluctant to involve civil society and young companies in the design of their services."

SAMPLE = {
    "fr": """
La salle des archives ferme à midi et le gardien garde la clé dans sa poche jusqu’au lendemain
Chaque commune choisit la couleur de ses bancs mais aucune ne demande leur avis aux passants
Les canalisations du quartier haut fuient depuis le printemps sans que personne vienne les réparer
Une secrétaire de mairie connaît mieux les chemins du village que toutes les cartes du département
Faute de bus le dimanche les lycéens rentrent à pied par la digue en parlant de leurs vacances
    """,
    "en": """
The reading room closes at noon and nobody remembers who keeps the second key of the archive
Each council paints its benches in another colour and forgets to ask the people who sit on them
Pipes under the upper district have leaked since spring while two departments argued about the bill
A village clerk knows more shortcuts than any map that the county has ever printed for visitors
With no buses on Sundays the pupils walk home along the river and talk about their holidays
    """,
}
TITLES = {
    "fr": ("Guide des démarches en ligne", "Rapport annuel du service de l’eau", "Règlement intérieur", "Bilan social",
           "Schéma directeur des mobilités", "Ouverture des fichiers publics", "Budget primitif", "Conseil municipal"),
    "en": ("Annual report of the water board", "How libraries lend tools", "Opening hours", "Working from home",
           "Guidelines for plain writing", "Sharing what councils know"),
    "de": ("Jahresbericht der Stadtwerke", "Öffnungszeiten der Bücherei", "Richtlinien für verständliche Briefe"),
    "es": ("Informe anual del servicio de aguas", "Horario de la biblioteca municipal", "Cómo escribir con claridad"),
    "it": ("Relazione annuale della biblioteca", "Orari di apertura degli uffici", "Come scrivere una lettera chiara"),
}  # fmt: skip


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
def test_french_and_english_are_distinguished(text: str, language: str) -> None:
    assert detect_language(text) == language


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
def test_where_nothing_is_recognised_the_first_language_holds(text: str) -> None:
    assert detect_language(text) == "fr"
    assert detect_language(text, ("en", "fr")) == "en"


def test_the_expected_language_wins_when_both_are_likely() -> None:
    assert detect_language("Institution", ("fr", "en")) == "fr"
    assert detect_language("Institution", ("en", "fr")) == "en"


def test_only_the_languages_asked_for_are_given() -> None:
    assert detect_language(ENGLISH, ("fr",)) == "fr"
    german = "Die Beschäftigten des öffentlichen Dienstes wollen mehr Zusammenarbeit und weniger Hierarchie."
    assert detect_language(german, ("fr", "en", "de")) == "de"
    assert detect_language(german, ("fr", "en")) in {"fr", "en"}
    assert detect_language("Привет, мир", ("fr", "en", "ru")) == "ru"
    assert detect_language("名前を付けて保存", ("fr", "ja")) == "ja"


def test_the_beginning_of_a_huge_text_decides_at_once() -> None:
    assert detect_language(FRENCH * 4 + " the of and to is" * 2_000_000) == "fr"


def test_the_same_text_has_the_same_language_in_every_thread() -> None:
    texts = [FRENCH, ENGLISH, "Design thinking", "Open data", "Le web", "Smart city", "Big data et agents"] * 40
    alone = [detect_language(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(detect_language, texts))
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
def test_language_detection_ignores_addresses_and_repeated_spaces(text: str) -> None:
    plain = re.sub(r"(?:https?://|www\.)\S+|\S+@\S+", " ", text)
    assert detection_sample(text) == " ".join(plain.split())[:400].lower()


def test_stop_words_decide_alone_as_everything_together_does() -> None:
    for text, language in ((FRENCH, "fr"), (ENGLISH, "en")):
        sample = detection_sample(text)
        assert language_by_stop_words(sample, ("fr", "en")) == likeliest_language(sample, ("fr", "en")) == language
    assert language_by_stop_words(detection_sample("Big data et agents"), ("fr", "en")) is None
    assert language_by_stop_words(detection_sample(FRENCH), ("fr", "pl")) is None


def test_a_word_of_one_language_alone_decides_where_letters_leave_a_doubt() -> None:
    """Letters alone suggest the other language for these texts."""
    for text, language in (("Fichiers fictifs", "fr"), ("Interface sans fil", "fr"), ("Local libraries", "en")):
        assert detect_language(text) == language


def in_words(texts: str, size: int) -> list[str]:
    """Every sequence of this many words of each line."""
    lines = [line.split() for line in texts.strip().splitlines()]
    return [" ".join(words[start : start + size]) for words in lines for start in range(len(words) - size + 1)]


@pytest.mark.parametrize(("size", "least"), [(3, 0.97), (5, 0.99), (10, 1.0)])
def test_few_words_are_enough(size: int, least: float) -> None:
    is_right = [
        detect_language(text) == language for language, texts in SAMPLE.items() for text in in_words(texts, size)
    ]
    assert len(is_right) > 70
    assert sum(is_right) / len(is_right) >= least


def test_the_language_of_titles_is_detected_in_a_library_of_several_languages() -> None:
    languages = {
        title: detect_language(title, ("fr", "en", "de", "es", "it")) for titles in TITLES.values() for title in titles
    }
    assert languages == {title: language for language, titles in TITLES.items() for title in titles}
