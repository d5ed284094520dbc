"""Analyse texts in pieces between spaces, and cache the terms of each piece. No word crosses a space.

All markers share one cache, because texts repeat their words and the pages of a library resemble each other. The cache
answers both ways: which terms a piece holds, and which of the pieces seen so far hold a term.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from index.analysis.analyzer import pieces_of
from index.analysis.languages import rules_for
from index.analysis.tokenizer import RUN

PIECE = re.compile(r"\S+")
"""The same pieces as `str.split` gives, with their places."""
MOST_REMEMBERED = 32_000_000
"""Bytes of pieces, of the last ones and of those before them each."""
_OVERHEAD = 350
"""Bytes that a piece takes beside its characters, about."""


@dataclass(slots=True)
class AnalysisMemory:
    """The terms, stems and exact ones, of each piece, and the pieces of each term.

    Threads may add a piece at the same time: it is then listed twice for its terms.
    """

    terms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pieces: dict[str, list[str]] = field(default_factory=dict)
    held: int = 0

    def learn(self, piece: str, terms: tuple[str, ...]) -> None:
        """Add a piece. The piece is listed for its terms before it counts as known, so that a known piece is always
        found.
        """
        for term in terms:
            self.pieces.setdefault(term, []).append(piece)
        self.terms[piece] = terms
        self.held += len(piece) + _OVERHEAD

    def pieces_with(self, terms: Iterable[str]) -> list[str]:
        """The pieces that hold any of some terms."""
        none: list[str] = []
        return [piece for term in terms for piece in self.pieces.get(term, none)]


@dataclass(slots=True)
class AnalyzedPieces:
    """The analysed pieces of one language in two generations: those used last, and those used before them."""

    language: str | None
    young: AnalysisMemory = field(default_factory=AnalysisMemory)
    old: AnalysisMemory = field(default_factory=AnalysisMemory)

    def of(self, pieces: set[str]) -> AnalysisMemory:
        """A memory that knows all of these pieces."""
        memory = self.young
        for piece in pieces.difference(memory.terms):
            terms = self.old.terms.get(piece)
            if terms is None:
                terms = tuple({term: None for word in words_in(piece, self.language) for term in word[:2]})
            memory.learn(piece, terms)
        if memory.held > MOST_REMEMBERED and self.young is memory:
            self.old, self.young = memory, AnalysisMemory()
        return memory


_PIECES = {name: AnalyzedPieces(name) for name in ("fr", "en", "")}


def analyzed_pieces(language: str | None) -> AnalyzedPieces:
    """The memory of a language."""
    return _PIECES[rules_for(language)]


def words_in(piece: str, language: str | None) -> list[tuple[str, str, int, int]]:
    """The words of a piece: stem, exact term, start and end in the piece."""
    return [
        (stem, exact, match.start() + start, match.start() + end)
        for match in RUN.finditer(piece)
        for stem, exact, _, start, end in pieces_of(match[0], language)
    ]
