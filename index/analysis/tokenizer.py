"""Find the words of a text.

Words are those of UAX 29 (Unicode text segmentation), with additions for French and for programmers. A text is first
cut into runs: letters and digits with their marks, joined by single apostrophes, hyphens, underscores and dots
(`l'e-administration`, `data.gouv.fr`, `D.G.S.`, `C++`). Each run is then cut into words without looking at the rest of
the text, so that the words of a run can be cached.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

_APOSTROPHES = "'\u2019\u02bc"
# `re` counts an underscore as a word character; between words it joins them as a hyphen does.
_HYPHENS = "\\-_\u2010\u2011"
# Scripts written without spaces: each character is a word (UAX 29: Ideographic, Hiragana).
_LONE = "\u3040-\u309f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_MOST_PARTS = 8
"""A chain of more parts is a list or a line of dashes, not a compound."""


_MARKS = "".join(chr(code) for code in range(0x300, 0xFFFF) if unicodedata.category(chr(code))[0] == "M")
"""The combining marks of the Basic Multilingual Plane, as the inside of a character class."""
# Each turn of the loop begins with a character with which the turn before cannot end, so nothing can backtrack.
RUN = re.compile(rf"[^\W_]+(?:[{_MARKS}][^\W_]*|[{_APOSTROPHES}{_HYPHENS}.][^\W_]+)*(?:\+\+|#|(?<=\.\w)\.)?")
"""One run. A dot ends it only after an acronym's letter."""
_PART = re.compile(rf"[^{_APOSTROPHES}{_HYPHENS}]+")
_ACRONYM = re.compile(r"[^\W\d_](?:\.[^\W\d_])+\.?")
_PIECE = re.compile(f"[{_LONE}]|[^.{_LONE}]+")
_is_plain = re.compile(rf"[^\W_{_APOSTROPHES}{_LONE}]+").fullmatch


@dataclass(frozen=True, slots=True)
class Part:
    """The text between two apostrophes or hyphens, at `start:end` of its run. `elided`: an apostrophe follows it."""

    text: str
    start: int
    end: int
    elided: bool = False


class Word(NamedTuple):
    """A word at `start:end` of its run.

    `offset` is its position among the run's words; a compound has the position of its first part. `fixed`: never
    stemmed (C++, acronyms, names with dots).
    """

    text: str
    offset: int
    start: int
    end: int
    fixed: bool = False


Cut = Callable[[Sequence[Part]], Sequence[Part]]
"""The rules of a language for the parts of a run: remove elided articles, rejoin parts that are one word."""


def words_in_run(run: str, cut: Cut) -> tuple[tuple[Word, ...], int]:
    """The words of a run, and the number of their positions."""
    if _is_plain(run):
        # A run of only letters and digits, the most frequent case, is one word.
        return (Word(run, 0, 0, len(run)),), 1
    parts = cut(_split_run(run))
    words: list[Word] = []
    width = 0
    for part in parts:
        part_words = list(_words_of_part(part, width))
        words += part_words
        width = max((word.offset + 1 for word in part_words), default=width)
    if 1 < len(parts) <= _MOST_PARTS:
        whole = "".join(part.text for part in parts)
        words.insert(0, Word(whole, 0, parts[0].start, parts[-1].end, fixed="." in whole))
    return tuple(words), width


def _split_run(run: str) -> list[Part]:
    parts = [
        Part(match[0], match.start(), match.end(), run[match.end() : match.end() + 1] in tuple(_APOSTROPHES))
        for match in _PART.finditer(run)
    ]
    # A sharp belongs to one letter (C#); after a longer word it starts something else.
    if parts and run.endswith("#") and len(parts[-1].text) > 2:
        last = parts.pop()
        parts.append(replace(last, text=last.text[:-1], end=last.end - 1))
    return parts


def _words_of_part(part: Part, offset: int) -> Iterator[Word]:
    if part.text[-1] in "+#":
        yield Word(part.text, offset, part.start, part.end, fixed=True)
        return
    if _ACRONYM.fullmatch(part.text):
        yield Word(part.text.replace(".", ""), offset, part.start, part.end, fixed=True)
        return
    pieces = list(_PIECE.finditer(part.text))
    if "." in part.text and len(pieces) <= _MOST_PARTS:
        yield Word(part.text, offset, part.start, part.end, fixed=True)
    if len(pieces) == 1:
        # The part as it stands: put back together from several, it is longer than its text.
        yield Word(pieces[0][0], offset, part.start, part.end)
        return
    for index, piece in enumerate(pieces):
        yield Word(piece[0], offset + index, part.start + piece.start(), part.start + piece.end())
