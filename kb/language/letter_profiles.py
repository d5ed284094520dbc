"""The likelihood of a text's letters in each of some languages, by the profiles of langdetect.

langdetect itself samples n-grams at random until it is almost sure, even on a few words that give no reason to be sure;
other evidence could then change nothing. Here each n-gram is counted once. The profiles, the reading of letters and the
smoothing are langdetect's.
"""

import math
from functools import cache, lru_cache
from importlib.resources import files

from langdetect.detector import Detector
from langdetect.detector_factory import DetectorFactory
from langdetect.utils.ngram import NGram

_FOLDER = files("langdetect").joinpath("profiles")
_SMOOTHING = Detector.ALPHA_DEFAULT / Detector.BASE_FREQ
_SIZES = (1, 2, 3)
_REMEMBERED = 1 << 14


class LetterProfiles:
    """The profiles of langdetect for some languages only: loading two takes a twentieth of the time of all."""

    def __init__(self, languages: tuple[str, ...]) -> None:
        factory = DetectorFactory()
        factory.load_json_profile([_FOLDER.joinpath(name).read_text("utf-8") for name in languages])
        self._shares: dict[str, list[float]] = factory.word_lang_prob_map
        self._zeros = (0.0,) * len(languages)
        self.of_word = lru_cache(maxsize=_REMEMBERED)(self._of_word)

    def _of_word(self, word: str) -> tuple[float, ...]:
        """The log-likelihood of a word's n-grams in each language; zeros if no profile has any.

        `word` has no space, and is in lower case.
        """
        sums = list(self._zeros)
        # As langdetect reads it: spaces instead of other signs, one character for all of some scripts.
        for letters in "".join(map(_normalized_character, NGram.normalize_vi(word))).split():
            framed = f" {letters} "
            for end in range(2, len(framed) + 1):
                for size in _SIZES:
                    shares = self._shares.get(framed[end - size : end]) if size <= end else None
                    if shares is not None:
                        for number, share in enumerate(shares):
                            sums[number] += math.log(share + _SMOOTHING)
        return tuple(sums)


load_letter_profiles = cache(LetterProfiles)
"""The profiles of some languages, loaded once for the process."""


@cache
def known_languages() -> frozenset[str]:
    """The languages that can be detected: those with a profile of langdetect."""
    return frozenset(profile.name for profile in _FOLDER.iterdir())


@lru_cache(maxsize=1 << 12)
def _normalized_character(character: str) -> str:
    return str(NGram.normalize(character))
