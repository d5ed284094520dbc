"""A text as passages are compared: white space, typographic variants and spellings of one letter make no difference.

Every position of a folded text leads back to the text as it is stored.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_INVISIBLE = "\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
_MARKS = "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099\u309a"
_LIGATURES = {
    **{chr(0xFB00 + number): letters for number, letters in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))},
    "œ": "oe",
    "Œ": "OE",
    "æ": "ae",
    "Æ": "AE",
    "ĳ": "ij",
    "Ĳ": "IJ",
    "…": "...",
    "«": '"',
    "»": '"',
}


_ONE_TO_ONE = {
    **str.maketrans(dict.fromkeys(_SPACES, " ")),
    **str.maketrans(dict.fromkeys("‘’‚‛ʼʹʻ′´`＇‹›", "'")),
    **str.maketrans(dict.fromkeys("“”„‟″＂", '"')),
    **str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－", "-")),
}
_VARIANTS = (
    f"(?=[ «»{_INVISIBLE}{''.join(_LIGATURES)}])(?:« *| *»|  +| +(?=[;:!?%])|[{''.join(_LIGATURES)}]|[{_INVISIBLE}]+)"
)
# A letter and its marks are one group. Hangul letters compose, too.
_of_composed = re.compile(_VARIANTS)
_of_any = re.compile(
    f"{_VARIANTS}|[^\\s{_MARKS}{_INVISIBLE}]?(?:[{_MARKS}][{_INVISIBLE}]?){{1,8}}"
    "|[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?"
)
# UTF-8 that was read as Windows-1252: the bytes of Latin letters with accents, and of punctuation marks.
_FURTHER_BYTES = "".join(bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xC0)).replace("\ufffd", "")
_misread = re.compile(f"[\xc2\xc3\xc5][{_FURTHER_BYTES}\x80-\x9f]|\xe2[{_FURTHER_BYTES}\x80-\x9f]{{2}}")
_invisible = re.compile(f"[{_INVISIBLE}]+")


def _base_letters() -> dict[int, int]:
    """Each letter as a small one without accents, where that is one character."""
    table: dict[int, int] = {}
    for code in (*range(0x41, 0x250), *range(0x370, 0x530), *range(0x1E00, 0x2000)):
        base = unicodedata.normalize("NFD", chr(code))[0].lower()
        if len(base) == 1 and ord(base) != code:
            table[code] = ord(base)
    return table


_BASE_LETTERS = _base_letters()
# Scripts without spaces between words: each character counts as a word.
_WORD = re.compile(
    "[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[^\\W_\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


@dataclass(frozen=True)
class FoldedText:
    """`text` is the folded text. Replacement i is at `folded[i]`, has `sizes[i]` characters, and stands for those
    between `originals[i]` and `original_ends[i]`; between replacements, characters stand for themselves.
    """

    text: str
    folded: tuple[int, ...]
    sizes: tuple[int, ...]
    originals: tuple[int, ...]
    original_ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original text that a part of the folded text, which is not empty, stands for."""
        return self._character(start)[0], self._character(end - 1)[1]

    def position(self, original: int) -> int:
        """Where a position of the original text is in the folded text."""
        number = bisect_right(self.originals, original) - 1
        if number < 0:
            return original
        beyond = original - self.original_ends[number]
        return self.folded[number] + (0 if beyond < 0 else self.sizes[number] + beyond)

    def _character(self, position: int) -> tuple[int, int]:
        number = bisect_right(self.folded, position) - 1
        if number < 0:
            return position, position + 1
        if position < self.folded[number] + self.sizes[number]:
            return self.originals[number], self.original_ends[number]
        original = self.original_ends[number] + position - self.folded[number] - self.sizes[number]
        return original, original + 1

    @cached_property
    def words(self) -> "Words":
        return Words.of(self.text)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a folded text, small and without accents, and where each begins and ends in it."""

    words: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @classmethod
    def of(cls, folded: str) -> "Words":
        """The words of a text that is folded already."""
        matches = tuple(_WORD.finditer(folded.translate(_BASE_LETTERS)))
        return cls(
            tuple(match[0] for match in matches),
            tuple(match.start() for match in matches),
            tuple(match.end() for match in matches),
        )


def fold(text: str) -> FoldedText:
    """The folded text, in linear time."""
    # Most texts are in NFC, and most characters stand for themselves: only the others are looked at one by one.
    written, text = text, text.translate(_ONE_TO_ONE)
    pieces: list[str] = []
    folded, sizes, originals, ends = [], [], [], []
    done = length = 0
    for start, end, replacement in _replacements(written, text):
        pieces += (text[done:start], replacement)
        length += start - done
        folded.append(length)
        sizes.append(len(replacement))
        originals.append(start)
        ends.append(end)
        length += len(replacement)
        done = end
    pieces.append(text[done:])
    return FoldedText("".join(pieces), tuple(folded), tuple(sizes), tuple(originals), tuple(ends))


def _replacements(written: str, text: str) -> Iterator[tuple[int, int, str]]:
    """What is replaced in a text, as it was written and after the first translation."""
    expression = _of_composed if unicodedata.is_normalized("NFC", text) else _of_any
    done = 0
    for match in _misread.finditer(written):
        if letter := _letter_of(match[0]):
            yield from _variants(expression, text, done, match.start())
            yield match.start(), match.end(), _LIGATURES.get(letter, letter.translate(_ONE_TO_ONE))
            done = match.end()
    yield from _variants(expression, text, done, len(text))


def _letter_of(misread: str) -> str:
    """The letter or mark whose bytes were read as these characters; empty for characters that are meant."""
    try:
        # Bytes without a meaning in Windows-1252 are read as control characters.
        octets = b"".join(one.encode("cp1252" if ord(one) > 0x9F else "latin-1") for one in misread)
        letter = octets.decode()
    except UnicodeError:
        return ""
    return letter if "\xa0" <= letter <= "\u017f" or "\u2010" <= letter <= "\u20ac" else ""


def _variants(expression: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[int, int, str]]:
    for match in expression.finditer(text, start, end):
        part = match[0]
        if part.isspace():
            # A space before a punctuation mark counts for nothing, any other run for one space.
            following = text[match.end() : match.end() + 1]
            yield match.start(), match.end(), "" if following in tuple(";:!?%") else " "
        elif part in _LIGATURES:
            yield match.start(), match.end(), _LIGATURES[part]
        elif "«" in part or "»" in part:
            yield match.start(), match.end(), '"'
        else:
            composed = unicodedata.normalize("NFC", _invisible.sub("", part))
            if composed != part:
                yield match.start(), match.end(), composed
