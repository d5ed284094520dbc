"""Choose which terms of a wildcard are searched, if it matches more terms than a plan allows."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from index.plan import Plan
from index.query import MultiTermQuery, multi_term_queries
from index.whoosh_engine.doc_sets.accessible_docs import AccessibleDocs
from index.whoosh_engine.doc_sets.doc_frequency import doc_frequencies
from index.whoosh_engine.matching.wildcard_expansion import expanded_terms
from index.whoosh_engine.ranking.bm25 import ScopeStatistics
from index.whoosh_engine.storage.array_file import Ints, Mask
from index.whoosh_engine.storage.term_dictionary import TermDictionary
from index.whoosh_engine.storage.term_fingerprints import hash_terms


def limited_expansions(plan: Plan, scope: ScopeStatistics) -> tuple[Mapping[MultiTermQuery, Ints], ...]:
    """For each segment, the terms to search for each wildcard that matches too many: see `Bounds`."""
    cuts: tuple[dict[MultiTermQuery, Ints], ...] = tuple({} for _ in scope.reaches)
    for joker in multi_term_queries(plan.query):
        each = [expanded_terms(joker, reach.segment) for reach in scope.reaches]
        # Document frequencies are counted only if there may be too many terms.
        if sum(map(len, each)) > plan.bounds.expansions:
            kept = _most_held(joker.field, each, scope.reaches, plan.bounds.expansions)
            if kept is not None:
                for cut, ordinals in zip(cuts, kept, strict=True):
                    cut[joker] = ordinals
    return cuts


@dataclass(frozen=True, slots=True)
class _Terms:
    """Terms of a segment, as ordinals (ascending), with a number for each that is the same in all segments.

    `own`: the terms that no segment before this one holds.
    """

    lexicon: TermDictionary
    ordinals: Ints
    numbers: Ints
    own: Mask

    def tied(self, among: Mask) -> Ints:
        """The ordinals of its own terms whose numbers are among some."""
        return self.ordinals[self.own & among[self.numbers]]


def _most_held(name: str, each: Sequence[Ints], reaches: Sequence[AccessibleDocs], most: int) -> list[Ints] | None:
    """The most frequent terms of each segment; None if there are not too many after all."""
    counts = [doc_frequencies(reach, name, ordinals) for reach, ordinals in zip(reaches, each, strict=True)]
    terms = _numbered(name, [ordinals[some > 0] for ordinals, some in zip(each, counts, strict=True)], reaches)
    numbers = np.concatenate([one.numbers for one in terms])
    # Counts are whole numbers far below 2^53: sums of doubles are exact.
    totals = np.bincount(numbers, np.concatenate([some[some > 0] for some in counts]))
    if len(totals) <= most:
        return None
    least = -np.partition(-totals, most)[most]
    chosen = totals > least
    tied = [one.tied(totals == least) for one in terms]
    room = most - int(np.count_nonzero(chosen))
    for one, some in zip(terms, _first([one.lexicon for one in terms], tied, room), strict=True):
        chosen[one.numbers[np.isin(one.ordinals, some, assume_unique=True)]] = True
    return [one.ordinals[chosen[one.numbers]] for one in terms]


def _numbered(name: str, each: Sequence[Ints], reaches: Sequence[AccessibleDocs]) -> list[_Terms]:
    lexicons = [reach.segment.lexicon(name) for reach in reaches]
    ends = np.cumsum([len(ordinals) for ordinals in each])
    if np.count_nonzero(np.diff(ends, prepend=0)) < 2:
        numbers, firsts = np.arange(ends[-1]), np.arange(ends[-1])
    else:
        known = [hash_terms(reach.segment, name)[ordinals] for reach, ordinals in zip(reaches, each, strict=True)]
        _, firsts, numbers = np.unique(np.concatenate(known), return_index=True, return_inverse=True)
    own = np.zeros(ends[-1], bool)
    own[firsts] = True
    parts = zip(lexicons, each, np.split(numbers, ends[:-1]), np.split(own, ends[:-1]), strict=True)
    return [_Terms(*part) for part in parts]


def _first(lexicons: Sequence[TermDictionary], each: Sequence[Ints], room: int) -> list[Ints]:
    """The first terms by code points of all segments, none of which stands in two: as many as there is room for.

    The ordinals of a segment are in the order of code points: of each, the last term is looked for that is not too far.
    """

    def before(lexicon: TermDictionary, ordinal: int) -> int:
        """How many of the terms stand before one of a lexicon."""
        term = lexicon[ordinal]
        parts = zip(lexicons, each, strict=True)
        return int(sum(np.searchsorted(some, bisect_left(other, term)) for other, some in parts))

    return [
        some[: bisect_left(some.tolist(), room, key=partial(before, lexicon))]
        for lexicon, some in zip(lexicons, each, strict=True)
    ]
