"""The words that a question shares with a passage, by the rules of the product's index.

No question in `meaning/` shares a word with a passage that answers it: a search by words cannot find these passages.
"""

from collections.abc import Iterator

from index.analysis import terms_of
from index.analysis.lemmas import french_lemmas
from kb.search.relevance_query import QUESTION_WORDS

BEGINNING = 6
"""Letters. Words with the same beginning are taken for one word and its derivation, as `surveiller`, `surveillance`."""


def shared_words(question: str, passage: str) -> frozenset[str]:
    """Words, lemmas, stems and beginnings of words that a French question and a passage share, folded.

    Stop words are left out, and words of the question that only ask (`comment`).
    """
    asked = {term for exact, terms in _words(question) if exact not in QUESTION_WORDS for term in terms}
    return frozenset(asked.intersection(term for _, terms in _words(passage) for term in terms))


def _words(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """Each word, folded, and all that stands for it."""
    lemmas = french_lemmas()
    terms = terms_of(text, "fr")
    for stem, exact in zip(terms.stems, terms.exact, strict=True):
        words = {stem, exact, lemmas.lemma(exact)}
        yield exact, frozenset(words | {f"{word[:BEGINNING]}…" for word in words if len(word) >= BEGINNING})
