"""Fold letters: remove case and accents."""

import unicodedata
from functools import lru_cache

# Letters that Unicode does not decompose, though readers see a plain letter in them.
_LETTERS = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "’": "'"}
)
# Accents of Latin, Greek and Cyrillic letters. Marks of other scripts are vowels and stay.
_ACCENTS = dict.fromkeys(range(768, 880))
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
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(_ACCENTS)
    return unicodedata.normalize("NFC", apart.casefold().translate(_LETTERS))
