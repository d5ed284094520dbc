"""Jokers that stand for more terms than a plan allows: which of their terms are looked for."""

from collections import Counter
from collections.abc import Mapping

import numpy as np

from index.plan import Plan
from index.query import Joker, jokers_of
from index.whoosh_engine.arrays import Ints
from index.whoosh_engine.expanding import terms_of
from index.whoosh_engine.scoring import Scope


def cuts_of(plan: Plan, scope: Scope) -> tuple[Mapping[Joker, Ints], ...]:
    """For each view, the terms that are looked for, for each joker that stands for too many: see `Bounds`."""
    cuts: tuple[dict[Joker, Ints], ...] = tuple({} for _ in scope.reaches)
    for joker in jokers_of(plan.query):
        each = [terms_of(joker, reach.segment) for reach in scope.reaches]
        if sum(map(len, each)) > plan.bounds.expansions:
            kept = _most_held(joker.field, each, scope, plan.bounds.expansions)
            if kept is not None:
                for cut, ordinals in zip(cuts, kept, strict=True):
                    cut[joker] = ordinals
    return cuts


def _most_held(name: str, each: list[Ints], scope: Scope, most: int) -> list[Ints] | None:
    """Of the terms of each view, those that most documents hold; None when there are not too many after all."""
    holding = Counter[bytes]()
    for reach, ordinals in zip(scope.reaches, each, strict=True):
        lexicon, allowed = reach.segment.lexicon(name), reach.allowed
        for ordinal in ordinals.tolist():
            ids = reach.segment.ids(name, ordinal)
            held = len(ids) if allowed is None else int(np.count_nonzero(allowed[ids]))
            if held:
                holding[lexicon[ordinal]] += held
    if len(holding) <= most:
        return None
    kept = set(sorted(holding, key=lambda term: (-holding[term], term))[:most])
    return [
        np.array([one for one in ordinals.tolist() if reach.segment.lexicon(name)[one] in kept], np.int64)
        for reach, ordinals in zip(scope.reaches, each, strict=True)
    ]
