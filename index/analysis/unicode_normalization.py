"""Normalize a text to composed form, and map positions back to the text as it was written."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

# Invisible characters that may stand inside a word: soft hyphen, zero-width joiners, direction marks, word joiner,
# byte order mark (UAX 29: Extend and Format do not split words).
_INVISIBLE = "\u00ad\u034f\u061c\u200c-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
_has_invisible = re.compile(f"[{_INVISIBLE}]").search
_without_invisible = re.compile(f"[{_INVISIBLE}]+").sub


# Nothing composes across a space before an ASCII character: each part is normalized by itself.
_PARTS = re.compile(r".{200,}?[ \n](?=[!-~])|.+", re.DOTALL)
_SHORT = 4
"""Characters of a group that is remembered."""


class NormalizedText(NamedTuple):
    """A text in NFC without invisible characters. `starts[i]:ends[i]` is the span of its character i in the original.

    Both are None if no character has moved.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None


def normalize(text: str) -> NormalizedText:
    """The normalized text. Characters of one composed group share the span of the whole group."""
    if _is_normal(text):
        return NormalizedText(text)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _PARTS.finditer(text):
        part, begin = match[0], match.start()
        if _is_normal(part):
            pieces.append(part)
            starts.extend(range(begin, match.end()))
            ends.extend(range(begin + 1, match.end() + 1))
            continue
        for start, end in _groups(part):
            group = part[start:end]
            piece = _of_short(group) if end - start <= _SHORT else _composed(group)
            pieces.append(piece)
            starts += [begin + start] * len(piece)
            ends += [begin + end] * len(piece)
    return NormalizedText("".join(pieces), starts, ends)


def _is_normal(text: str) -> bool:
    """Whether every character stands for itself."""
    return text.isascii() or (unicodedata.is_normalized("NFC", text) and not _has_invisible(text))


def _groups(text: str) -> list[tuple[int, int]]:
    """The start and end of each character, with the characters that compose with it and the invisible ones after it."""
    begins = [index for index, char in enumerate(text) if index == 0 or char < "\xad" or not _continues(char)]
    return list(zip(begins, [*begins[1:], len(text)], strict=True))


@lru_cache(maxsize=8192)
def _continues(char: str) -> bool:
    # Hangul vowels and final consonants are no marks, but compose with the syllable before them.
    return "\u1160" <= char <= "\u11ff" or unicodedata.category(char)[0] == "M" or _has_invisible(char) is not None


def _composed(group: str) -> str:
    """A composed group without invisible characters."""
    return unicodedata.normalize("NFC", _without_invisible("", group))


_of_short = lru_cache(maxsize=8192)(_composed)
