"""Texts in pieces between spaces, no word of which crosses a space; what each piece says is remembered.

One memory for all markers: texts repeat their words, and the pages of one library repeat those of each other.
"""

import re
from dataclasses import dataclass, field

from index.analysis.chain import pieces_of
from index.analysis.languages import rules_for
from index.analysis.words import RUN

PIECE = re.compile(r"\S+")
"""The same pieces as `str.split` gives, with their places."""
_LONGEST_REMEMBERED = 40
MOST_REMEMBERED = 30_000
"""Pieces, of the last ones and of those before them each."""


@dataclass(slots=True)
class Said:
    """The terms, stems and exact ones, that each piece of text says in one language.

    The pieces asked for last, and those asked for before them. Threads may do the same work twice, but never see half
    of it.
    """

    language: str | None
    young: dict[str, tuple[str, ...]] = field(default_factory=dict)
    old: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def learn(self, piece: str) -> tuple[str, ...]:
        """The terms of a piece that is not among the young ones."""
        terms = self.old.get(piece)
        if terms is None:
            terms = tuple({term: None for word in words_in(piece, self.language) for term in word[:2]})
        if len(piece) <= _LONGEST_REMEMBERED:
            if len(self.young) >= MOST_REMEMBERED:
                self.old, self.young = self.young, {}
            self.young[piece] = terms
        return terms


_SAID = {name: Said(name) for name in ("fr", "en", "")}


def said_in(language: str | None) -> Said:
    """The memory of a language."""
    return _SAID[rules_for(language)]


def words_in(piece: str, language: str | None) -> list[tuple[str, str, int, int]]:
    """The words of a piece: stem, exact term, start and end in the piece."""
    runs = [(match[0], match.start()) for match in RUN.finditer(piece)]
    return [
        (stem, exact, begin + start, begin + end)
        for (_, words), (_, begin) in zip(pieces_of((run for run, _ in runs), language), runs, strict=True)
        for stem, exact, _, start, end in words
    ]
