"""Look up words in the documents of a scope without a search: completions, similar terms, frequencies."""

from collections.abc import Sequence

import numpy as np

from index.hits import Completion, Frequencies, Neighbour
from index.query import Fuzzy
from index.schema import Kind
from index.whoosh_engine.facets.term_usage import TermUsage
from index.whoosh_engine.facets.top_terms import top_terms_of
from index.whoosh_engine.matching.wildcard_expansion import expanded_terms
from index.whoosh_engine.storage.array_file import Ints
from index.whoosh_engine.storage.prefix_terms import PrefixTerms, find_prefix_terms, single_spaced

_FEW = 40
"""Terms that are counted one by one, as a search for them does, so that both share the cache."""


def complete_terms(holding: TermUsage, start: str, limit: int) -> tuple[Completion, ...]:
    """As `Engine.complete`."""
    wanted = single_spaced(start)
    parts = [find_prefix_terms(reach.segment, holding.field, wanted) for reach in holding.scope.reaches]
    return tuple(Completion(holding.shown(one.term), one.held) for one in top_terms_of(holding, parts, limit))


def neighbour_terms(holding: TermUsage, term: str, distance: int, limit: int) -> tuple[Neighbour, ...]:
    """As `Engine.neighbours`."""
    segments = [reach.segment for reach in holding.scope.reaches]
    nearer = [expanded_terms(Fuzzy(holding.field.name, term, 0), segment) for segment in segments]
    found: list[Neighbour] = []
    for away in range(1, distance + 1):
        near = [expanded_terms(Fuzzy(holding.field.name, term, away), segment) for segment in segments]
        parts = [_beyond(those, before) for those, before in zip(near, nearer, strict=True)]
        found += (
            Neighbour(holding.shown(one.term), away, one.held)
            for one in top_terms_of(holding, parts, limit - len(found))
        )
        nearer = near
    return tuple(found)


def term_frequencies(holding: TermUsage, terms: Sequence[str]) -> Frequencies:
    """As `Engine.frequencies`."""
    asked = [_compared(holding, term) for term in terms]
    if len(asked) <= _FEW:
        counts = [holding.scope.holding(holding.field.name, term) for term in asked]
    else:
        counts = holding.counts(asked)
    return Frequencies(holding.scope.documents, tuple(counts))


def _compared(holding: TermUsage, value: str) -> str:
    return holding.field.compared(value) if holding.field.kind is Kind.KEYWORD else value


def _beyond(ordinals: Ints, before: Ints) -> PrefixTerms:
    rest = np.setdiff1d(ordinals, before, assume_unique=True)
    return PrefixTerms(rest, np.zeros(len(rest), bool))
