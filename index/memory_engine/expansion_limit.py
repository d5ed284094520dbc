"""Jokers that stand for more terms than a plan allows."""

from collections import Counter
from collections.abc import Sequence

from index.memory_engine.matching import Cuts, resembles
from index.memory_engine.stored_document import Kept
from index.plan import Plan
from index.query import Joker, jokers_of
from index.schema import Schema


def cuts_of(plan: Plan, readable: Sequence[Kept], schema: Schema) -> Cuts:
    """The terms that are looked for, for each joker of the query that stands for too many: see `Bounds`."""
    most = plan.bounds.expansions
    cuts = {}
    for joker in jokers_of(plan.query):
        holding = _holding(joker, readable, schema)
        if len(holding) > most:
            cuts[joker] = frozenset(sorted(holding, key=lambda term: (-holding[term], term))[:most])
    return cuts


def _holding(joker: Joker, readable: Sequence[Kept], schema: Schema) -> Counter[str]:
    """How many documents hold each of the terms that a joker stands for."""
    field = schema[joker.field]
    return Counter(
        term for document in readable for term in set(document.terms(field)) if resembles(joker, field, term)
    )
