"""The table of French lemmas: its look-up and its file layout.

    a line: the format, the edition, the byte order
    the number of words, the bytes of their text, the crc32 of everything after them (3 x u32)
    firsts: for each of the BUCKETS (first bits of the crc32 of a word), its first word; then the number of words
    starts: where each word begins in the text; then the end of the last
    lemmas: for each word, twice the index of its lemma in the words, plus VERB if it is an infinitive in -er
    text: the words, one after another (UTF-8); the other sections are u32

A look-up compares the word with the one or two words of its bucket. A word outside the dictionary is its own lemma.
"""

import struct
import sys
from array import array
from dataclasses import dataclass
from zlib import crc32

from index.analysis.edition import EDITION

VERB = 1
_BITS = 18
BUCKETS = 1 << _BITS
"""About as many as there are words."""
_SHIFT = 32 - _BITS
_HEAD = f"FLORLEM1 {EDITION} {sys.byteorder}\n".encode()
_SIZES = struct.Struct("=III")
_ITEM = 4
_PARTICIPLES = ("ees", "ee", "es")


@dataclass(frozen=True, slots=True)
class Lemmas:
    """The lemmas of words, in the columns of the table."""

    firsts: "array[int]"
    starts: "array[int]"
    lemmas: "array[int]"
    text: bytes

    def knows(self, word: str) -> bool:
        """Whether a folded word is in the dictionary."""
        return self._place(word) >= 0

    def lemma(self, word: str) -> str:
        """The lemma of a folded word, itself if unknown; a participle in -ee, -es or -ees has its verb as lemma.

        The dictionary does not have all participles: `initialisees` -> `initialiser` by the rule.
        """
        place = self._place(word)
        lemma = word
        if place >= 0 and (own := self.lemmas[place] >> 1) != place:
            lemma = self.text[self.starts[own] : self.starts[own + 1]].decode()
        if not lemma.endswith(_PARTICIPLES):
            return lemma
        for ending in _PARTICIPLES:
            if lemma.endswith(ending):
                verb = lemma[: -len(ending)] + "er"
                place = self._place(verb)
                return verb if place >= 0 and self.lemmas[place] & VERB else lemma
        return lemma

    def _place(self, word: str) -> int:
        """The index of a word, -1 if unknown."""
        try:
            code = word.encode()
        except UnicodeEncodeError:
            # UTF-8 cannot encode half of a surrogate pair.
            return -1
        bucket = crc32(code) >> _SHIFT
        place, end = self.firsts[bucket : bucket + 2]
        starts = self.starts
        while place < end:
            if self.text[starts[place] : starts[place + 1]] == code:
                return place
            place += 1
        return -1


def bucket_of(code: bytes) -> int:
    """The bucket of a word."""
    return crc32(code) >> _SHIFT


def pack_lemmas(table: Lemmas) -> bytes:
    """The bytes of a table, the same for one edition on every machine of the same byte order."""
    body = b"".join((table.firsts.tobytes(), table.starts.tobytes(), table.lemmas.tobytes(), table.text))
    return _HEAD + _SIZES.pack(len(table.lemmas), len(table.text), crc32(body)) + body


def unpack_lemmas(content: bytes) -> Lemmas | None:
    """The table of `pack_lemmas` bytes; None if they are damaged, or of another edition or byte order."""
    begin = len(_HEAD) + _SIZES.size
    if not content.startswith(_HEAD) or len(content) < begin:
        return None
    words, length, check = _SIZES.unpack_from(content, len(_HEAD))
    body = memoryview(content)[begin:]
    sizes = (BUCKETS + 1, words + 1, words)
    if len(body) != sum(sizes) * _ITEM + length or crc32(body) != check:
        return None
    columns = (array("I"), array("I"), array("I"))
    at = 0
    for column, size in zip(columns, sizes, strict=True):
        column.frombytes(body[at : at + size * _ITEM])
        at += size * _ITEM
    return Lemmas(*columns, bytes(body[at:]))
