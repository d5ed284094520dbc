"""The English stemmer: M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980. Our own code."""

import re

_RUN = re.compile(r"(?<!v)v+c+")

_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("abli", "able"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"),
)  # fmt: skip
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP_4 = tuple(
    (ending, "")
    for ending in (
        "al ance ence er ic able ible ant ement ment ent sion tion ou ism ate iti ous ive ize"
    ).split()
)  # fmt: skip


def english_stem(word: str) -> str:
    """The stem of an English word in lower case; words of two letters or less are their own stem."""
    if len(word) <= 2:
        return word
    word = _past_and_progressive(_singular(word))
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _replace_ending(word, _STEP_2, 0)
    word = _replace_ending(word, _STEP_3, 0)
    word = _replace_ending(word, _STEP_4, 1)
    return _strip_final_letter(word)


def _shape(stem: str) -> str:
    """The letters as `v` (vowel) or `c` (consonant); y is a vowel after a consonant."""
    shape = ""
    for letter in stem:
        shape += "v" if letter in "aeiou" or (letter == "y" and shape.endswith("c")) else "c"
    return shape


def _measure(stem: str) -> int:
    """The number of vowel-consonant sequences."""
    return len(_RUN.findall(_shape(stem)))


def _has_vowel(stem: str) -> bool:
    return "v" in _shape(stem)


def _ends_short(stem: str) -> bool:
    """Whether it ends consonant, vowel, consonant, and the last is not w, x or y."""
    return _shape(stem).endswith("cvc") and stem[-1] not in "wxy"


def _singular(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past_and_progressive(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        stem = word.removesuffix(ending)
        if stem != word and _has_vowel(stem):
            return _restore_e(stem)
    return word


def _restore_e(stem: str) -> str:
    """Restore the e that -ed or -ing replaced, or remove the consonant that they doubled."""
    if stem.endswith(("at", "bl", "iz")):
        return stem + "e"
    if len(stem) > 1 and stem[-1] == stem[-2] and _shape(stem)[-1] == "c":
        return stem if stem[-1] in "lsz" else stem[:-1]
    return stem + "e" if _measure(stem) == 1 and _ends_short(stem) else stem


def _replace_ending(word: str, endings: tuple[tuple[str, str], ...], above: int) -> str:
    """Replace the longest matching ending, if the measure of the word before it is greater than `above`."""
    fitting = [(ending, other) for ending, other in endings if word.endswith(ending)]
    if not fitting:
        return word
    ending, other = max(fitting, key=lambda pair: len(pair[0]))
    # Of -sion and -tion, only Porter's -ion is removed.
    ending = ending.removeprefix("s").removeprefix("t") if ending in {"sion", "tion"} and above else ending
    stem = word[: len(word) - len(ending)]
    return stem + other if _measure(stem) > above else word


def _strip_final_letter(word: str) -> str:
    """Remove a final e, or one l of a final double l, if the word is long enough."""
    if word.endswith("e"):
        stem = word[:-1]
        if _measure(stem) > 1 or (_measure(stem) == 1 and not _ends_short(stem)):
            word = stem
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
