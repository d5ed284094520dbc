"""What langdetect finds in a text, to the last bit of its answer, in a fraction of its time.

Its n-grams never reach across a space: those of a word are kept from one text to the next. Its draws and its sums are
made in its own order, from the same seed, with the frequencies of its own profiles. What is rare (a capital without a
small letter, hardly any Latin letter, other than two languages) is left to langdetect itself.
"""

import re
from functools import cache, lru_cache
from importlib.resources import files
from random import Random
from typing import TypeAlias

from langdetect.detector import Detector
from langdetect.detector_factory import DetectorFactory
from langdetect.lang_detect_exception import LangDetectException
from langdetect.utils.ngram import NGram

SEED = 0
_TRIALS = 7
_DRAWS_LOOKED_AT = 5
"""After so many draws a trial looks whether it is sure."""
_PROFILES = files("langdetect").joinpath("profiles")
_LATIN = re.compile("[A-z]")

_Shares: TypeAlias = list[float]
"""How frequent an n-gram is in each language."""


class Judge:
    """A langdetect that knows some languages alone: reading two profiles takes a twentieth of reading all.

    Asked about the same text it always gives the same answer, in any thread.
    """

    def __init__(self, languages: tuple[str, ...]) -> None:
        self._factory = DetectorFactory()
        self._factory.set_seed(SEED)
        self._factory.load_json_profile([_PROFILES.joinpath(name).read_text("utf-8") for name in languages])
        self._languages = languages
        self._of_word = lru_cache(maxsize=1 << 14)(self._shares_of)

    def probabilities(self, text: str) -> dict[str, float]:
        """How likely the text is in each language; empty when it holds nothing that a profile knows."""
        read = _as_read(text) if len(self._languages) == 2 else None
        if read is None:
            return self.by_langdetect(text)
        *words, last = read.split(" ")
        found = [shares for word in words for shares in self._of_word(f" {word} ")]
        found += self._of_word(f" {last}")
        return dict(zip(self._languages, _drawn(found), strict=True)) if found else {}

    def by_langdetect(self, text: str) -> dict[str, float]:
        """The same, asked of langdetect."""
        detector = self._factory.create()
        detector.PROB_THRESHOLD = 0.0  # It hides what it finds unlikely, which stop words may still turn over.
        detector.append(text)
        try:
            return {found.lang: found.prob for found in detector.get_probabilities()}
        except LangDetectException:
            return {}

    def _shares_of(self, word: str) -> tuple[_Shares, ...]:
        """The known n-grams that end in each letter of a word (with the space before it) and in the space after it."""
        known = self._factory.word_lang_prob_map
        ends = range(2, len(word) + 1) if word.strip() else ()
        grams = (word[end - size : end] for end in ends for size in (1, 2, 3) if size <= end)
        return tuple(known[gram] for gram in grams if gram != " " and gram in known)


def _as_read(text: str) -> str | None:
    """The text as langdetect reads it, spaces in the place of what is no letter; None where it does more than that."""
    if "http" in text:
        text = Detector.URL_RE.sub(" ", text)
    if "@" in text:
        text = Detector.MAIL_RE.sub(" ", text)
    text = NGram.normalize_vi(text)
    read = "".join(map(_normal, text))
    return read if read.islower() and 3 * len(_LATIN.findall(text)) >= len(text) else None


def _drawn(found: list[_Shares]) -> tuple[float, float]:
    """The mean of some trials, each of which draws n-grams until one language is all but sure."""
    chance = Random(SEED)  # noqa: S311 - langdetect's own draws
    getrandbits, count = chance.getrandbits, len(found)
    bits = count.bit_length()
    mean = other_mean = 0.0
    for _ in range(_TRIALS):
        one = other = 0.5
        weight = (Detector.ALPHA_DEFAULT + chance.gauss(0.0, 1.0) * Detector.ALPHA_WIDTH) / Detector.BASE_FREQ
        drawn = 0
        while True:
            # As `Random.choice` does it.
            place = getrandbits(bits)
            while place >= count:
                place = getrandbits(bits)
            share, other_share = found[place]
            one *= weight + share
            other *= weight + other_share
            if drawn % _DRAWS_LOOKED_AT == 0:
                total = one + other
                one, other = one / total, other / total
                if max(one, other) > Detector.CONV_THRESHOLD or drawn >= Detector.ITERATION_LIMIT:
                    break
            drawn += 1
        mean, other_mean = mean + one / _TRIALS, other_mean + other / _TRIALS
    return mean, other_mean


@cache
def judge_of(languages: tuple[str, ...]) -> Judge:
    """The judge of these languages, at least two."""
    return Judge(languages)


@cache
def known_languages() -> frozenset[str]:
    """The languages that can be told: those of which langdetect brings a profile."""
    return frozenset(profile.name for profile in _PROFILES.iterdir())


@lru_cache(maxsize=1 << 12)
def _normal(character: str) -> str:
    """What langdetect reads for a character; a space for what is no letter."""
    return str(NGram.normalize(character))
