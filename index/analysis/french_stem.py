"""The light French stemmer, applied to folded words.

Source: J. Savoy, "Light Stemming Approaches for the French, Portuguese, German and Hungarian Languages" (SAC 2006), the
UniNE algorithm, as written in Lucene's FrenchLightStemFilter. The words are folded before they come here, so the
accented endings of the original (-ième, -ère, -ète) are written without accents. Our own code.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Rule:
    """Replace the ending of a word of at least `least` letters; then try other rules, or stop."""

    ending: str
    least: int
    other: str
    goes_on: bool = False


_RULES = (
    _Rule("issement", 10, "ir"),
    _Rule("issant", 9, "ir"),
    _Rule("ivement", 7, "if"),
    _Rule("ement", 7, "e"),
    _Rule("ficatrice", 12, "fier"),
    _Rule("ficateur", 11, "fier"),
    _Rule("catrice", 10, "quer"),
    _Rule("cateur", 9, "quer"),
    _Rule("atrice", 9, "er"),
    _Rule("ateur", 8, "er"),
    _Rule("trice", 7, "teur", goes_on=True),
    _Rule("ieme", 6, ""),
    _Rule("teuse", 8, "ter"),
    _Rule("teur", 7, "ter"),
    _Rule("euse", 6, "eu"),
    _Rule("ere", 9, "er"),
    _Rule("ive", 8, "if"),
    _Rule("folle", 5, "fou"),
    _Rule("molle", 5, "mou"),
    _Rule("nnelle", 10, "n"),
    _Rule("nnel", 10, "n"),
    _Rule("ete", 5, "et", goes_on=True),
    _Rule("ique", 9, "", goes_on=True),
    _Rule("esse", 9, "e"),
    _Rule("inage", 8, "in"),
    _Rule("ualisation", 13, "uel"),
    _Rule("isation", 10, ""),
    _Rule("isateur", 10, ""),
    _Rule("ation", 9, ""),
    _Rule("ition", 9, ""),
)
_ENDINGS = tuple(rule.ending for rule in _RULES)
_DOUBLED = re.compile(r"([^\W\d_])\1+")


def french_light_stem(word: str) -> str:
    """The stem of a folded French word."""
    word = _singular(word)
    return _strip_final_letters(_without_ending(word) if word.endswith(_ENDINGS) else word)


def _without_ending(word: str) -> str:
    for rule in _RULES:
        if word.endswith(rule.ending) and len(word) >= rule.least:
            word = word[: len(word) - len(rule.ending)] + rule.other
            if not rule.goes_on:
                break
    return word


def _singular(word: str) -> str:
    if word.endswith("x") and len(word) > 5:
        word = word[:-2] + "l" if word.endswith("aux") and word[-4] != "e" else word[:-1]
    if word.endswith("x") and len(word) > 3:
        word = word[:-1]
    if word.endswith("s") and len(word) > 3:
        word = word[:-1]
    return word


def _strip_final_letters(word: str) -> str:
    """Remove doubled letters and a final -ie, -r, -e or -ee."""
    if len(word) > 4:
        word = _DOUBLED.sub(r"\1", word)
    if len(word) > 4 and word.endswith("ie"):
        word = word[:-2]
    if len(word) > 4:
        word = word.removesuffix("r").removesuffix("e").removesuffix("e")
        if word[-1] == word[-2] and word[-1].isalpha():
            word = word[:-1]
    return word
