from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.language.language_detection import detect_language
from kb.language.letter_profiles import LetterProfiles, known_languages, load_letter_profiles
from kb.language.word_lists import LANGUAGES_WITH_WORD_LIST, has_dictionary_word


def likeliest(word: str, *languages: str) -> str:
    profiles = load_letter_profiles(languages).of_word(word)
    return languages[max(range(len(languages)), key=profiles.__getitem__)]


@pytest.mark.parametrize(
    ("word", "language"),
    [("réticents", "fr"), ("qu’à", "fr"), ("thought", "en"), ("größe", "de"), ("montaña", "es"), ("sviluppo", "it")],
)
def test_the_letters_of_a_word_indicate_its_language(word: str, language: str) -> None:
    assert likeliest(word, "fr", "en", "de", "es", "it") == language


def test_a_word_of_no_profile_indicates_no_language() -> None:
    profiles = LetterProfiles(("fr", "en"))
    for word in ("", "2014-11-07", "«", "🙂", "日本語", "\x00"):
        assert profiles.of_word(word) == (0.0, 0.0)


def test_signs_in_a_word_part_it() -> None:
    of_word = load_letter_profiles(("fr", "en")).of_word
    parts = zip(of_word("open"), of_word("data"), strict=True)
    assert of_word("open-data") == pytest.approx([sum(pair) for pair in parts])


def test_every_profile_of_langdetect_can_be_read() -> None:
    assert {"fr", "en", "de", "zh-cn"} < known_languages()
    assert len(known_languages()) == 55
    every = tuple(sorted(known_languages()))
    assert len(LetterProfiles(every).of_word("école")) == 55


def test_the_lists_know_words_in_small_letters_and_their_forms() -> None:
    assert {"fr", "en"} == LANGUAGES_WITH_WORD_LIST
    assert all(has_dictionary_word("fr", word) for word in ("fichiers", "fictifs", "bibliothèque", "été"))
    assert all(has_dictionary_word("en", word) for word in ("libraries", "thought", "london"))
    assert not any(has_dictionary_word("fr", word) for word in ("libraries", "thought", "bibliotheque", ""))


@settings(deadline=None)
@given(st.text(max_size=80), st.permutations(["fr", "en", "de", "es", "it", "pl"]), st.integers(1, 6))
def test_any_text_has_one_of_the_languages_and_always_the_same(text: str, languages: list[str], count: int) -> None:
    chosen = tuple(languages[:count])
    with ThreadPoolExecutor(2) as pool:
        detected = set(pool.map(detect_language, [text, text], [chosen, chosen]))
    assert len(detected) == 1
    assert detected <= set(chosen)
