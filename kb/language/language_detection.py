"""Detect the language of a text from stop words, letters, the expected language and, in doubt, dictionaries.

If stop words are many and one-sided, they decide alone, which keeps large imports fast. Otherwise all evidence for a
language is added up, as logarithms. `bench/languages.py` measures the constants; the figures of bench/README.md come
from other documents than those that the constants were chosen on.
"""

import math
import re
from collections.abc import Sequence
from functools import lru_cache
from operator import add

from kb.language.letter_profiles import load_letter_profiles
from kb.language.word_lists import LANGUAGES_WITH_WORD_LIST, STOP_WORDS, has_dictionary_word

_READ, _KEPT = 4_000, 400
"""Characters that are looked at, and characters that are judged, once addresses and spaces are out."""
_SURE, _ONE_SIDED = 4, 4
"""Stop words decide alone from this many on, when they are this many times those of any other language."""
_EXPECTED, _SECOND = 0.80, 0.14
"""The shares of texts in the first and, of several, in the second language; the others have the rest."""
_PRIOR_POWER = 0.7
"""How much of these shares counts: a group may be other than most."""
_STOP_WORD, _STOP_WORDS_COUNTED = math.log(3.0), 3
_LETTERS = 0.15
"""The weight of the letters' evidence: neighbouring n-grams repeat the same evidence."""
_LEAST_SURE_MARGIN = 3.0
"""Words are looked up where the likeliest language is less than this before the next: `e**3`, twenty times likelier."""
_LOOKED_UP_FROM = 4
"""Letters of a word that is worth it: shorter ones are words of several languages."""
_MISSED, _MISSED_UNLISTED, _UNKNOWN = 1.5, 0.45, 1.0
"""The score that a language loses for a word that only others have; without a list; for a word that none has."""

_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|(?<!\S)\S+@\S+")
_SIGNS = ("http", "www.", "@")
"""Without one of them there is no address."""
_WORD = re.compile(r"[^\W\d_]+")
_NONE = frozenset[str]()


def detect_language(text: str, languages: tuple[str, ...] = ("fr", "en")) -> str:
    """The language of a text, one of `languages`, at least one; the first if there is no other evidence.

    They are in the order in which they are expected. The same text always gives the same answer, in any thread.
    """
    sample = detection_sample(text[:_READ])
    if not sample or len(languages) == 1:
        return languages[0]
    return language_by_stop_words(sample, languages) or likeliest_language(sample, languages)


def detection_sample(text: str) -> str:
    """The part of a text that is used for detection: without addresses, one space between words."""
    if any(sign in text for sign in _SIGNS):
        text = _ADDRESS.sub(" ", text)
    # The words of the beginning are the beginning of the words of all.
    beginning = " ".join(text[: 2 * _KEPT].split())
    return (beginning if len(beginning) >= _KEPT else " ".join(text.split()))[:_KEPT].lower()


def language_by_stop_words(sample: str, languages: tuple[str, ...]) -> str | None:
    """The language that stop words alone make certain, or None. None where a language has no list of them."""
    if not STOP_WORDS.keys() >= set(languages):
        return None
    seen = _count_stop_words(sample, languages)
    most = max(seen)
    best = seen.index(most)
    others = max(seen[:best] + seen[best + 1 :], default=0)
    return languages[best] if most >= max(_SURE, _ONE_SIDED * others) else None


def likeliest_language(sample: str, languages: tuple[str, ...]) -> str:
    """The likeliest language by expectation, stop words and letters together; in doubt, by dictionaries too."""
    of_word = load_letter_profiles(languages).of_word
    scores: Sequence[float] = [
        expected + _STOP_WORD * min(count, _STOP_WORDS_COUNTED)
        for expected, count in zip(_prior_scores(len(languages)), _count_stop_words(sample, languages), strict=True)
    ]
    for word in sample.split(" "):
        scores = [score + _LETTERS * letters for score, letters in zip(scores, of_word(word), strict=True)]
    first, second = sorted(scores, reverse=True)[:2]
    if first - second < _LEAST_SURE_MARGIN:
        for word in _WORD.findall(sample):
            if len(word) >= _LOOKED_UP_FROM:
                scores = list(map(add, scores, _dictionary_scores(word, languages)))
    return languages[max(range(len(languages)), key=scores.__getitem__)]


def _count_stop_words(sample: str, languages: tuple[str, ...]) -> list[int]:
    """How many words of the sample are stop words of each language (none for a language without a list)."""
    words = _WORD.findall(sample)
    return [sum(map(STOP_WORDS.get(language, _NONE).__contains__, words)) for language in languages]


@lru_cache(maxsize=64)
def _prior_scores(count: int) -> tuple[float, ...]:
    """The scores of so many languages before any text is read, by their order."""
    second = 1 - _EXPECTED if count == 2 else _SECOND
    shares = (_EXPECTED, second, *((1 - _EXPECTED - second) / max(count - 2, 1) for _ in range(count - 2)))
    return tuple(_PRIOR_POWER * math.log(share) for share in shares)


@lru_cache(maxsize=1 << 14)
def _dictionary_scores(word: str, languages: tuple[str, ...]) -> tuple[float, ...]:
    """The score that each language gains or loses by a word."""
    listed = LANGUAGES_WITH_WORD_LIST.intersection(languages)
    having = {language for language in listed if has_dictionary_word(language, word)}
    if not having:
        return tuple(-_UNKNOWN if language in listed else 0.0 for language in languages)
    return tuple(
        (0.0 if language in having else -_MISSED) if language in listed else -_MISSED_UNLISTED for language in languages
    )
