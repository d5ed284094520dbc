"""The words of a question, and how rare each is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index import analyze, fold, without_compounds
from kb.search.known_words import KnownWords
from kb.search.relevance_query import content_words, inverse_document_frequency


@dataclass(frozen=True, slots=True)
class QuestionWords:
    """The words of a question in one language, that it asks about: how rare each stem is."""

    rarities: Mapping[str, float]
    language: str

    @classmethod
    def of(
        cls, question: str, corrections: Mapping[str, Sequence[str]], known: KnownWords, language: str
    ) -> "QuestionWords":
        """The words, as rare as in the documents that the reader may find; misspelt ones as their first correction."""
        words = [corrections.get(fold(run), (run,))[0] for run in content_words(question, language)]
        tokens = (token for word in words for token in without_compounds(analyze(word, language)))
        stems = tuple(dict.fromkeys(token.term for token in tokens))
        written, pages = (known.frequencies(field, stems) for field in ("text", "page"))
        documents = written.documents
        counts = map(max, written.counts, pages.counts)
        rarities = (inverse_document_frequency(count, documents) for count in counts)
        return cls(dict(zip(stems, rarities, strict=True)), language)

    @property
    def total(self) -> float:
        """About the score of a document that holds all these words."""
        return sum(self.rarities.values())
