"""Fold letters: remove case and accents."""

import re
import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose, though readers see a plain letter in them.
_REPLACEMENTS = {"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t"}
_REPLACEMENTS["’"] = "'"
_LETTERS = re.compile("[" + "".join(_REPLACEMENTS) + "]")
# Accents of Latin, Greek and Cyrillic letters. Marks of other scripts are vowels and stay.
_ACCENTS = re.compile("[\u0300-\u036f]+")
_SHORT = 60
"""Characters of a text that is remembered."""


def fold(text: str) -> str:
    """The text in lower case, without accents, œ and æ as two letters, U+2019 as `'`: for comparison and sorting.

    Folding a folded text does not change it.
    """
    if text.isascii():
        return text.lower()
    # Mostly names of fields and labels of facets, the same ones in each query.
    return _of_short(text) if len(text) <= _SHORT else _fold_uncached(text)


def _fold_uncached(text: str) -> str:
    once = _fold(text)
    return once if once.isascii() else _fold(once)


_of_short = lru_cache(maxsize=8192)(_fold_uncached)


def _fold(text: str) -> str:
    # Expressions are several times faster than `str.translate`, which looks up each character.
    apart = _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    return unicodedata.normalize("NFC", _LETTERS.sub(lambda match: _REPLACEMENTS[match[0]], apart.casefold()))
