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
    TermInFields,
    WeightedField,
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
    every: Sequence[StoredDocument]
    holding: Mapping[tuple[str, str], int]
    average: Mapping[str, float]
    holding_any: dict[tuple[frozenset[str], str], int]

    def score(self, field: str, term: str, document: StoredDocument) -> float:
        """BM25 of one term of one TEXT field; 0 if the document does not hold it."""
        often = document.counts.get(field, {}).get(term, 0)
        if not often:
            return 0.0
        return self._rarity(self.holding[field, term]) * often / (often + K1 * self.norm(field, document))

    def norm(self, field: str, document: StoredDocument) -> float:
        """The length of a document's text in a field that it has, as BM25 counts it."""
        return 1 - B + B * document.lengths[field] / self.average[field]

    def score_in_fields(self, fields: Sequence[WeightedField], term: str, document: StoredDocument) -> float:
        """BM25F of one term in several TEXT fields; 0 if the document does not hold it."""
        often = 0.0
        for field in fields:
            if times := document.counts.get(field.name, {}).get(term, 0):
                often += field.weight * times / self.norm(field.name, document)
        return self.rarity_in_any([field.name for field in fields], term) * often / (often + K1) if often else 0.0

    def rarity_in_any(self, fields: Sequence[str], term: str) -> float:
        """The inverse document frequency of a term over several fields."""
        return self._rarity(self.held_by(fields, term))

    def held_by(self, fields: Sequence[str], term: str) -> int:
        """How many documents hold a term in any of several fields."""
        key = (frozenset(fields), term)
        if key not in self.holding_any:
            self.holding_any[key] = sum(
                any(term in document.counts.get(field, {}) for field in fields) for document in self.every
            )
        return self.holding_any[key]

    def _rarity(self, holding: int) -> float:
        return log(1 + (self.documents - holding + 0.5) / (holding + 0.5))


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
    return WordStatistics(
        len(documents),
        documents,
        holding,
        {field: tokens[field] / frequencies[field] for field in frequencies},
        {},
    )


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
        case TermInFields(fields, value, weight):
            return weight * words.score_in_fields(fields, value, document)
        case Phrase(field, values, weight=weight):
            return weight * sum(words.score(field, value, document) for value in values)
        case Prefix() | Wildcard() | Fuzzy():
            return query.weight if schema[query.field].kind is Kind.TEXT else 0.0
        case _:
            assert_never(query)
