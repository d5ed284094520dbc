"""Analyse texts in chunks between spaces, and cache the terms of each chunk. No word crosses a space.

All markers share one cache, because texts repeat their words and the pages of a library resemble each other. The cache
answers both ways: which terms a chunk holds, and which of the chunks seen so far hold a term.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from index.analysis.analyzer import words_of_run
from index.analysis.languages import rules_for
from index.analysis.tokenizer import RUN

CHUNK = re.compile(r"\S+")
"""The same chunks as `str.split` gives, with their positions."""
MOST_REMEMBERED = 32_000_000
"""Bytes of chunks, of the last ones and of those before them each."""
_OVERHEAD = 350
"""Bytes that a chunk takes beside its characters, about."""


@dataclass(slots=True)
class AnalysisMemory:
    """The terms, stems and exact ones, of each chunk, and the chunks of each term.

    Threads may add a chunk at the same time: it is then listed twice for its terms.
    """

    terms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    chunks: dict[str, list[str]] = field(default_factory=dict)
    held: int = 0

    def learn(self, chunk: str, terms: tuple[str, ...]) -> None:
        """Add a chunk. The chunk is listed for its terms before it counts as known, so that a known chunk is always
        found.
        """
        for term in terms:
            self.chunks.setdefault(term, []).append(chunk)
        self.terms[chunk] = terms
        self.held += len(chunk) + _OVERHEAD

    def chunks_with(self, terms: Iterable[str]) -> list[str]:
        """The chunks that hold any of some terms."""
        return [chunk for term in terms for chunk in self.chunks.get(term, ())]


@dataclass(slots=True)
class AnalyzedChunks:
    """The analysed chunks of one language in two generations: those used last, and those used before them."""

    language: str | None
    young: AnalysisMemory = field(default_factory=AnalysisMemory)
    old: AnalysisMemory = field(default_factory=AnalysisMemory)

    def of(self, chunks: set[str]) -> AnalysisMemory:
        """A memory that knows all of these chunks."""
        memory = self.young
        for chunk in chunks.difference(memory.terms):
            terms = self.old.terms.get(chunk)
            if terms is None:
                terms = tuple({term: None for word in words_in(chunk, self.language) for term in word[:2]})
            memory.learn(chunk, terms)
        if memory.held > MOST_REMEMBERED and self.young is memory:
            self.old, self.young = memory, AnalysisMemory()
        return memory


_CHUNKS = {name: AnalyzedChunks(name) for name in ("fr", "en", "")}


def analyzed_chunks(language: str | None) -> AnalyzedChunks:
    """The memory of a language."""
    return _CHUNKS[rules_for(language)]


def words_in(chunk: str, language: str | None) -> list[tuple[str, str, int, int]]:
    """The words of a chunk: stem, exact term, start and end in the chunk."""
    return [
        (stem, exact, match.start() + start, match.start() + end)
        for match in RUN.finditer(chunk)
        for stem, exact, _, start, end in words_of_run(match[0], language)
    ]
