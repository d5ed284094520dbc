"""Score a document for a query with BM25, with statistics of the accessible documents only."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import assert_never

from index.plan import K1, B
from index.query import (
    And,
    AnyOf,
    Everything,
    Fuzzy,
    Leaf,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Query,
    Range,
    Term,
    Wildcard,
)
from index.schema import Kind, Schema
from tests.reference_engine.matching import NO_EXPANSIONS, Expansions, matches
from tests.reference_engine.stored_document import StoredDocument


@dataclass(frozen=True, slots=True)
class WordStatistics:
    """Word statistics of a set of documents: the number of documents, how many of them hold (field, term), and the mean
    number of tokens of a field in the documents that have it.
    """

    documents: int
    holding: Mapping[tuple[str, str], int]
    average: Mapping[str, float]

    def score(self, field: str, term: str, document: StoredDocument) -> float:
        """BM25 of one term of one TEXT field; 0 if the document does not hold it."""
        often = document.counts.get(field, {}).get(term, 0)
        if not often:
            return 0.0
        holding = self.holding[field, term]
        rarity = log(1 + (self.documents - holding + 0.5) / (holding + 0.5))
        return rarity * often / (often + K1 * (1 - B + B * document.lengths[field] / self.average[field]))


def word_statistics(documents: Sequence[StoredDocument]) -> WordStatistics:
    """The word statistics of these documents."""
    holding = Counter(
        (field, term) for document in documents for field, terms in document.counts.items() for term in terms
    )
    tokens = Counter[str]()
    frequencies = Counter[str]()
    for document in documents:
        tokens.update(document.lengths)
        frequencies.update(document.lengths.keys())
    return WordStatistics(len(documents), holding, {field: tokens[field] / frequencies[field] for field in frequencies})


def score_of(
    query: Query, document: StoredDocument, words: WordStatistics, schema: Schema, limited: Expansions = NO_EXPANSIONS
) -> float:
    """The score of the document for the query; 0 if it does not match."""
    if not matches(query, document, schema, limited):
        return 0.0
    match query:
        case And(parts) | Or(parts):
            return sum(score_of(part, document, words, schema, limited) for part in parts)
        case Not():
            return 0.0
        case _:
            return _leaf_score(query, document, words, schema)


def _leaf_score(query: Leaf, document: StoredDocument, words: WordStatistics, schema: Schema) -> float:
    match query:
        case Everything() | Nothing() | Range() | AnyOf():
            return 0.0
        case Term(field, value, weight):
            return weight * words.score(field, value, document) if schema[field].kind is Kind.TEXT else 0.0
        case Phrase(field, values, weight=weight):
            return weight * sum(words.score(field, value, document) for value in values)
        case Prefix() | Wildcard() | Fuzzy():
            return query.weight if schema[query.field].kind is Kind.TEXT else 0.0
        case _:
            assert_never(query)
