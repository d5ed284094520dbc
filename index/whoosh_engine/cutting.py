"""Jokers that stand for more terms than a plan allows: which of their terms are looked for."""

from collections.abc import Mapping, Sequence

import numpy as np

from index.plan import Plan
from index.query import Joker, jokers_of
from index.whoosh_engine.arrays import Ints, Mask
from index.whoosh_engine.counting import held
from index.whoosh_engine.expanding import terms_of
from index.whoosh_engine.hashing import hashes
from index.whoosh_engine.lexicon import Lexicon
from index.whoosh_engine.reach import Reach
from index.whoosh_engine.scoring import Scope


def cuts_of(plan: Plan, scope: Scope) -> tuple[Mapping[Joker, Ints], ...]:
    """For each segment, the terms that are looked for, for each joker that stands for too many: see `Bounds`."""
    cuts: tuple[dict[Joker, Ints], ...] = tuple({} for _ in scope.reaches)
    for joker in jokers_of(plan.query):
        each = [terms_of(joker, reach.segment) for reach in scope.reaches]
        # How many documents hold a term is counted only where there may be too many terms.
        if sum(map(len, each)) > plan.bounds.expansions:
            kept = _most_held(joker.field, each, scope.reaches, plan.bounds.expansions)
            if kept is not None:
                for cut, ordinals in zip(cuts, kept, strict=True):
                    cut[joker] = ordinals
    return cuts


def _most_held(name: str, each: Sequence[Ints], reaches: Sequence[Reach], most: int) -> list[Ints] | None:
    """Of the terms of each segment, those that most documents hold; None when there are not too many after all."""
    counts = [held(reach, name, ordinals) for reach, ordinals in zip(reaches, each, strict=True)]
    each = [ordinals[some > 0] for ordinals, some in zip(each, counts, strict=True)]
    numbers = _numbers(name, each, reaches)
    # Counts are whole numbers far below 2^53: sums of doubles are exact.
    totals = np.bincount(np.concatenate(numbers), np.concatenate([some[some > 0] for some in counts]))
    if len(totals) <= most:
        return None
    least = -np.partition(-totals, most)[most]
    chosen = totals > least
    room = most - int(np.count_nonzero(chosen))
    lexicons = [reach.segment.lexicon(name) for reach in reaches]
    chosen[_first(list(zip(lexicons, each, numbers, strict=True)), totals == least, room)] = True
    return [ordinals[chosen[number]] for ordinals, number in zip(each, numbers, strict=True)]


def _numbers(name: str, each: Sequence[Ints], reaches: Sequence[Reach]) -> list[Ints]:
    """A number for each term of each segment, from 0, the same for the same term."""
    if sum(len(ordinals) > 0 for ordinals in each) < 2:
        return [np.arange(len(ordinals)) for ordinals in each]
    known = [hashes(reach.segment, name)[ordinals] for reach, ordinals in zip(reaches, each, strict=True)]
    numbers = np.unique(np.concatenate(known), return_inverse=True)[1]
    return np.split(numbers, np.cumsum([len(ordinals) for ordinals in each])[:-1])


def _first(parts: Sequence[tuple[Lexicon, Ints, Ints]], among: Mask, room: int) -> list[int]:
    """The numbers of the first terms by code points, of those that are `among`; as many as there is room for.

    `parts` are the ordinals and the numbers of the terms of each segment.
    """
    first: dict[bytes, int] = {}
    for lexicon, ordinals, numbers in parts:
        # The ordinals of a segment are in the order of code points.
        tied = np.flatnonzero(among[numbers])[:room]
        pairs = zip(ordinals[tied].tolist(), numbers[tied].tolist(), strict=True)
        first.update((lexicon[ordinal], number) for ordinal, number in pairs)
    return [first[term] for term in sorted(first)[:room]]
