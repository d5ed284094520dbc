"""The terms that most documents hold, over several segments, without looking at every document.

Each term of each segment has an upper bound of the number of documents that hold it. The bounds of one term are added
up, and the terms are visited in the order of these sums. For each visited term the deleted documents are subtracted.
The search stops when no later term can come before those found (the stopping rule of R. Fagin, A. Lotem, M. Naor,
"Optimal aggregation algorithms for middleware", 2003).
"""

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import NamedTuple

import numpy as np

from index.schema import Kind
from index.whoosh_engine.facets.term_usage import TermUsage
from index.whoosh_engine.storage.array_file import Array, Ints, Mask
from index.whoosh_engine.storage.prefix_terms import PrefixTerms, single_spaced
from index.whoosh_engine.storage.term_dictionary import to_text
from index.whoosh_engine.storage.term_fingerprints import hash_terms


class RankedTerm(NamedTuple):
    """A term in result order: by count, then terms that begin with the prefix before others, then by form."""

    less: int
    inner: bool
    form: str
    term: str

    @property
    def held(self) -> int:
        """How many documents hold it."""
        return -self.less


@dataclass(frozen=True, slots=True)
class _Terms:
    """Terms that some document holds: for each its segment (index), its ordinal there, and its bound."""

    places: Ints
    ordinals: Ints
    inner: Mask
    bounds: Ints


def top_terms_of(holding: TermUsage, parts: Sequence[PrefixTerms], limit: int) -> list[RankedTerm]:
    """The top terms, one part for each segment: `limit` at most, in order; terms that no document holds are left out. A
    term must be `inner` in all parts or in none.
    """
    found: list[RankedTerm] = []
    if limit:
        deleted = any(len(reach.gone) for reach in holding.scope.reaches)
        for bound in _by_bound(holding, _added(holding, parts), limit):
            if len(found) >= limit and found[limit - 1] <= bound:
                break
            count = holding.counts((bound.term,))[0] if deleted else bound.held
            if count:
                insort(found, bound._replace(less=-count))
    return found[:limit]


def _added(holding: TermUsage, parts: Sequence[PrefixTerms]) -> _Terms:
    """The terms of all segments, without repetition, with the sum of their bounds."""
    each = [_term_counts(holding, place, part) for place, part in enumerate(parts)]
    some = [terms for terms in each if len(terms.ordinals)]
    if len(some) == 1:
        return some[0]
    every = _Terms(
        np.concatenate([np.zeros(0, np.int64), *(terms.places for terms in some)]),
        np.concatenate([np.zeros(0, np.int64), *(terms.ordinals for terms in some)]),
        np.concatenate([np.zeros(0, bool), *(terms.inner for terms in some)]),
        np.concatenate([np.zeros(0, np.int64), *(terms.bounds for terms in some)]),
    )
    names = np.concatenate([np.zeros(0, np.uint64), *(_names(holding, terms) for terms in some)])
    order = np.argsort(names)
    names = names[order]
    firsts = np.flatnonzero(np.concatenate((np.ones(1, bool), names[1:] != names[:-1]))[: len(names)])
    one = order[firsts]
    sums = np.add.reduceat(every.bounds[order], firsts) if len(firsts) else every.bounds
    return _Terms(every.places[one], every.ordinals[one], every.inner[one], sums)


def _term_counts(holding: TermUsage, place: int, part: PrefixTerms) -> _Terms:
    bounds = holding.bounds(holding.scope.reaches[place], part.ordinals)
    held = np.flatnonzero(bounds)
    return _Terms(np.full(len(held), place), part.ordinals[held], part.inner[held], bounds[held])


def _names(holding: TermUsage, terms: _Terms) -> Array:
    return hash_terms(holding.scope.reaches[terms.places[0]].segment, holding.field.name)[terms.ordinals]


def _by_bound(holding: TermUsage, terms: _Terms, size: int) -> Iterator[RankedTerm]:
    """The terms by their bounds; about `size` of them are sorted before others are looked at."""
    rest = np.arange(len(terms.bounds))
    while len(rest):
        bounds = terms.bounds[rest]
        least = np.partition(bounds, -min(size, len(rest)))[-min(size, len(rest))]
        yield from sorted(map(_ranker(holding, terms), rest[bounds > least].tolist()))
        yield from _tied(holding, terms, rest[bounds == least])
        rest, size = rest[bounds < least], 2 * size


def _tied(holding: TermUsage, terms: _Terms, chosen: Ints) -> Iterator[RankedTerm]:
    """Terms with the same bound."""
    ranked = _ranker(holding, terms)
    if holding.field.kind is not Kind.TEXT:
        return iter(sorted(map(ranked, chosen.tolist())))
    # Thousands may be in one document each, but those of one segment are easily sorted: few objects are made.
    chosen = chosen[np.argsort(terms.ordinals[chosen])]
    places = terms.places[chosen]
    return merge(*(map(ranked, chosen[places == place].tolist()) for place in np.unique(places).tolist()))


def _ranker(holding: TermUsage, terms: _Terms) -> Callable[[int], RankedTerm]:
    """A function that makes a ranked term from its index."""
    lexicons, is_text = holding.lexicons(), holding.field.kind is Kind.TEXT

    def ranked(one: int) -> RankedTerm:
        term = to_text(lexicons[terms.places[one]][int(terms.ordinals[one])])
        return RankedTerm(
            -int(terms.bounds[one]), bool(terms.inner[one]), term if is_text else single_spaced(term), term
        )

    return ranked
