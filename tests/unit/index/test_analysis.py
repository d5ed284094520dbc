"""The tokens that the analysis makes of texts."""

import re
import sys
import tracemalloc
import unicodedata
from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index.analysis import FINGERPRINT, analyze, fold, terms_of, word_runs
from tests.support.cpu_time import cpu_seconds_at_most

_APOSTROPHE = re.compile("['’ʼ]")
FRENCH_TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            "l’agent élus D.G.S. data.gouv.fr e-administration œuvre Été C++ C# la d'été "
            "adminis\u00adtration e\u0301lus 😀 𠀀字 qu'il porte-parole 2014-11-07 don't _mot_ 3,5 ﬁn ½ ʼ".split()
        ),
        st.text(max_size=8),
    )
).map(" ".join)


def terms(text: str, language: str | None = "fr", *, exact: bool = False) -> list[str]:
    return [token.term for token in analyze(text, language, exact=exact)]


def token_texts(text: str, language: str | None = "fr") -> list[str]:
    return [text[token.start : token.end] for token in analyze(text, language)]


@pytest.mark.parametrize(
    "forms",
    [
        "agents agent l'agent l’agent lʼagent L'AGENT d'agents",
        "territoriaux territorial territoriale territoriales",
        "numériques numerique numérique NUMÉRIQUES",
        "collectivités collectivité collectivites",
        "élus élu élue élues elus ELU",
        "travaux travail",
        "français française francaise françaises",
        "public publique publics publiques",
        "nouveaux nouvelle nouveau nouvelles",
        "yeux œil oeil",
        "données donnée donnees donnee",
        "administrations administration l'administration",
    ],
)
def test_the_forms_of_a_french_word_are_one_term(forms: str) -> None:
    results = {tuple(terms(form)) for form in forms.split()}

    assert len(results) == 1
    assert len(results.pop()) == 1


@settings(deadline=None)
@given(FRENCH_TEXTS)
@example("ç'aurait ç’òD")
@example("A㊀ ŉmμ")
def test_a_word_without_accents_is_the_same_term(text: str) -> None:
    plain = fold(text)

    # Folding may split a character into several words (½, ㊀, ŉ), so only whole words are compared.
    for run in word_runs(text):
        both = (run, fold(run))
        letters = all(_APOSTROPHE.sub("", variant).isalpha() for variant in both)
        if letters and len({len(_APOSTROPHE.findall(variant)) for variant in both}) == 1:
            assert terms(fold(run)) == terms(run)
    assert fold(plain) == plain


def test_every_accented_form_of_the_dictionary_is_reached_without_accents() -> None:
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    forms = list(DefaultDictionaryFactory(cache_max_size=0).get_dictionary("fr"))[::25]
    accented = [form for form in forms if not form.isascii()]

    missed = [form for form in accented if terms(form) != terms(fold(form))]

    assert len(accented) > 3000
    assert missed == []


def test_words_cover_what_was_written() -> None:
    text = "Qu'il l’élu, D.G.S. de data.gouv ; e-administration aujourd'hui !"

    assert token_texts(text) == [
        "élu",
        "D.G.S.",
        "data.gouv",
        "data",
        "gouv",
        "e-administration",
        "e",
        "administration",
        "aujourd'hui",
    ]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("les e\u0301lus", "e\u0301lus"),
        ("😀 l'adminis\u00adtration 😀", "adminis\u00adtration"),
        ("𝔘 𠀀 élus", "élus"),
        ("co\u0302te\u0301s", "co\u0302te\u0301s"),
        ("\ufeffagents", "agents"),
    ],
)
def test_places_are_those_of_the_text_as_written(text: str, word: str) -> None:
    assert token_texts(text)[-1] == word


@settings(deadline=None)
@given(FRENCH_TEXTS, st.sampled_from(["fr", "en", "de", None]), st.booleans())
def test_tokens_are_in_order_and_within_the_text(text: str, language: str | None, exact: bool) -> None:
    tokens = analyze(text, language, exact=exact)

    assert [token.position for token in tokens] == sorted(token.position for token in tokens)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    assert all(0 < len(token.term) <= 100 for token in tokens)


@settings(deadline=None)
@given(FRENCH_TEXTS)
def test_composed_and_decomposed_texts_are_the_same(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    apart = unicodedata.normalize("NFD", text)

    assert [t[:2] for t in analyze(apart, "fr")] == [t[:2] for t in analyze(composed, "fr")]


@settings(deadline=None)
@given(FRENCH_TEXTS, st.sampled_from(["fr", "en", None]))
def test_columns_and_tokens_agree(text: str, language: str | None) -> None:
    columns = terms_of(text, language)

    assert list(zip(columns.stems, columns.positions, strict=True)) == [t[:2] for t in analyze(text, language)]
    assert columns.exact == terms(text, language, exact=True)


@settings(deadline=None)
@given(
    st.lists(FRENCH_TEXTS, max_size=4), st.sampled_from(" \t\n\r\x1c\x85\u00a0\u2003\u2028\u202f\u3000"), st.booleans()
)
def test_no_word_crosses_a_space(texts: list[str], space: str, apart: bool) -> None:
    text = unicodedata.normalize("NFD", space.join(texts)) if apart else space.join(texts)
    whole = terms_of(text, "fr")
    parts = [terms_of(part, "fr") for part in text.split()]

    assert whole.stems == [stem for part in parts for stem in part.stems]
    assert whole.exact == [word for part in parts for word in part.exact]
    assert whole.width == sum(part.width for part in parts)
    begins = accumulate((part.width for part in parts), initial=0)
    assert whole.positions == [
        begin + place for begin, part in zip(begins, parts, strict=False) for place in part.positions
    ]


def test_a_stop_word_leaves_a_gap() -> None:
    assert [(t.term, t.position) for t in analyze("chef de service", "fr", exact=True)] == [("chef", 0), ("service", 2)]


def test_elided_words_take_no_place() -> None:
    assert [(t.term, t.position) for t in analyze("jusqu'à l'été d'un agent", "fr", exact=True)] == [
        ("ete", 1),
        ("agent", 3),
    ]


def test_a_compound_stands_with_its_first_part() -> None:
    assert [(t.term, t.position) for t in analyze("Le porte-parole parle", "fr", exact=True)] == [
        ("porteparole", 1),
        ("porte", 1),
        ("parole", 2),
        ("parle", 3),
    ]


def test_acronyms_lose_their_dots_and_names_keep_them() -> None:
    assert terms("La D.G.S. sur l'O.N.U", exact=True) == ["dgs", "onu"]
    assert terms("data.gouv", exact=True) == ["data.gouv", "data", "gouv"]
    assert terms("Fin. Début", exact=True) == ["fin", "debut"]


def test_programming_languages_survive() -> None:
    assert terms("C++, C# et Notepad++ ; titre#ancre") == ["c++", "c#", "notepad++", *terms("titre ancre")]


def test_other_apostrophes_split_and_join() -> None:
    assert terms("les prud'hommes", exact=True) == ["prudhommes", "prud", "hommes"]
    assert terms("prudhommes")[0] == terms("prud'hommes")[0]


def test_french_stop_words_are_left_out_with_and_without_accents() -> None:
    assert terms("à a même meme les LES cette êtes") == []
    assert terms("été son est sommes", exact=True) == ["ete", "son", "est", "sommes"]


def test_english_is_stemmed_in_its_own_way() -> None:
    assert terms("The agents' running agencies", "en") == ["agent", "run", "agenc"]
    assert terms("the agent's", "en") == ["agent"]
    assert terms("don't they'll", "en", exact=True) == ["dont", "theyll"]
    assert terms("O'Neill", "en", exact=True) == ["oneill", "o", "neill"]


def test_other_languages_are_folded_only() -> None:
    assert terms("Die Häuser der Straße", "de") == ["die", "hauser", "der", "strasse"]
    assert terms("Élections", None) == ["elections"]


def test_scripts_without_spaces_give_a_word_a_character() -> None:
    assert terms("図書館", None) == ["図", "書", "館"]


def test_exact_terms_are_whole_folded_words() -> None:
    assert terms("Œuvres numériques", exact=True) == ["oeuvres", "numeriques"]


def test_figures_are_not_stemmed() -> None:
    assert terms("covid19s 2014s") == ["covid19s", "2014s"]


@pytest.mark.parametrize("text", ["", " ", "…!?", "\x00", "\ud800", "'''", "---", "ʼ", "\u0301", "____"])
def test_texts_without_words_give_nothing(text: str) -> None:
    assert analyze(text, "fr") == ()


@pytest.mark.parametrize(
    "text",
    [
        "a-" * 60_000,
        "a." * 60_000,
        "'" * 200_000,
        "e\u0301" * 60_000,
        "x" * 500_000,
        "l'" * 60_000,
        "a\u0301-" * 50_000,
    ],
)
def test_hostile_texts_are_analysed_in_the_time_of_their_length(text: str) -> None:
    with cpu_seconds_at_most(5):
        analyze(text, "fr")


def test_long_runs_are_not_remembered() -> None:
    analyze("un agent", "fr")
    tracemalloc.start()

    for number in range(20):
        analyze("y" * 1_000_000 + str(number), "fr")

    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 2_000_000


def test_the_fingerprint_names_the_dictionary() -> None:
    from importlib.metadata import version

    assert version("simplemma") in FINGERPRINT


def test_folding_is_for_labels_too() -> None:
    assert fold("Écologie – Œuvre d’ÆSOPE") == "ecologie – oeuvre d'aesope"
    assert fold("ß İstanbul Łódź") == "ss istanbul lodz"


def test_the_dictionary_is_not_read_before_it_is_needed() -> None:
    import subprocess

    code = "import sys, index.analysis as a; a.analyze('agents', 'en'); assert 'simplemma' not in sys.modules"

    subprocess.run([sys.executable, "-c", code], check=True)
