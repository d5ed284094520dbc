"""Limit the terms of a wildcard to the number that a plan allows."""

from collections import Counter
from collections.abc import Sequence

from index.plan import Plan
from index.query import MultiTermQuery, multi_term_queries
from index.schema import Schema
from tests.reference_engine.matching import Expansions, multi_term_matches
from tests.reference_engine.stored_document import StoredDocument


def limited_expansions(plan: Plan, readable: Sequence[StoredDocument], schema: Schema) -> Expansions:
    """The terms to search for each wildcard of the query that matches too many: see `Bounds`."""
    most = plan.bounds.expansions
    limited = {}
    for wildcard in multi_term_queries(plan.query):
        holding = _documents_by_term(wildcard, readable, schema)
        if len(holding) > most:
            limited[wildcard] = frozenset(sorted(holding, key=lambda term: (-holding[term], term))[:most])
    return limited


def _documents_by_term(wildcard: MultiTermQuery, readable: Sequence[StoredDocument], schema: Schema) -> Counter[str]:
    """How many documents hold each term that a wildcard matches."""
    field = schema[wildcard.field]
    return Counter(
        term
        for document in readable
        for term in set(document.terms(field))
        if multi_term_matches(wildcard, field, term)
    )
