"""The words that the documents of an access scope hold. Other documents are never read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from index import (
    And,
    AnyOf,
    Engine,
    Frequencies,
    Neighbour,
    Or,
    Phrase,
    Plan,
    Query,
    Term,
    analyze,
    has_only_stop_words,
)
from kb.search.query_syntax import LANGUAGES


@dataclass(frozen=True, slots=True)
class KnownWords:
    """Look up words in the documents that `within` matches. All methods raise the engine's errors."""

    engine: Engine
    within: Query

    def languages(self) -> tuple[str, ...]:
        """Those of our languages that documents are in; all of them if there is no document."""
        counts = self.engine.frequencies("language", LANGUAGES, self.within).counts
        return tuple(language for language, count in zip(LANGUAGES, counts, strict=True) if count) or LANGUAGES

    def languages_knowing(self, words: Sequence[str], languages: tuple[str, ...]) -> tuple[str, ...]:
        """The languages in which any of these words is known, as written or as a stop word; all if there is none.

        A French query about « data » may have English results. When only the language of most words was searched, our
        judged collection (90 % French) lost .014 on the words as they stand.
        """
        if len(languages) == 1:
            return languages
        return tuple(language for language in languages if self._is_known_in(language, words)) or languages

    def _is_known_in(self, language: str, words: Sequence[str]) -> bool:
        within = And((self.within, AnyOf("language", (language,))))
        terms = [token.term for word in words for token in analyze(word, language, exact=True)]
        if any(has_only_stop_words(word, language) for word in words):
            return True
        return any(self.engine.frequencies("exact", terms, within).counts)

    def frequencies(self, field: str, terms: Sequence[str]) -> Frequencies:
        """The number of documents, and how many of them hold each term."""
        return self.engine.frequencies(field, terms, self.within)

    def existing(self, field: str, terms: Iterable[str]) -> frozenset[str]:
        """Those of some terms of a TEXT field that a document holds."""
        distinct = tuple(dict.fromkeys(terms))
        counts = self.frequencies(field, distinct).counts if distinct else ()
        return frozenset(term for term, count in zip(distinct, counts, strict=True) if count)

    def near(self, word: str, most: int, edits: int = 1) -> tuple[Neighbour, ...]:
        """Words so many edits away from a folded one; those that most documents hold come first."""
        return self.engine.neighbours("exact", word, self.within, edits, most)

    def near_in_pages(self, word: str, most: int) -> tuple[Neighbour, ...]:
        """The same in the texts of pages."""
        return self.engine.neighbours("page_exact", word, self.within, 1, most)

    def together(self, word: str, stems: Sequence[str]) -> int:
        """How many documents hold a folded word and any of some stems, in the words of users or of pages."""
        if not stems:
            return 0
        any_stem = Or(tuple(Term(field, stem) for stem in stems for field in ("text", "page")))
        both = And((Or((Term("exact", word), Term("page_exact", word))), any_stem))
        return self.engine.search(Plan(both, self.within, by_score=False, size=0)).total

    def has_phrase(self, words: tuple[str, str]) -> bool:
        """Whether two words stand side by side in any document."""
        phrase = Phrase("exact", words, (0, 1))
        return self.engine.search(Plan(phrase, self.within, by_score=False, size=0)).total > 0
