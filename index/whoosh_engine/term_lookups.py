"""Look up words in the documents of a scope without a search: completions, similar terms, frequencies.

Each term of each segment has an upper bound of the number of documents that hold it. The bounds of one term are added
up, and the terms are visited in the order of these sums. For each visited term the deleted documents are subtracted.
The search stops when no later term can come before those found (the stopping rule of R. Fagin, A. Lotem, M. Naor,
"Optimal aggregation algorithms for middleware", 2003).
"""

import re
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from typing import NamedTuple

import numpy as np

from index.analysis import fold
from index.hits import Completion, Frequencies, Neighbour
from index.query import Fuzzy
from index.schema import Field, Kind
from index.whoosh_engine.candidate_docs import AccessibleDocs, doc_frequency_bounds
from index.whoosh_engine.matching.multi_term_expansion import expanded_terms
from index.whoosh_engine.ranking.bm25 import ScopeStatistics
from index.whoosh_engine.storage.array_file import Array, Ids, Ints, Mask, ranges, starts_of
from index.whoosh_engine.storage.segments import Segment
from index.whoosh_engine.storage.term_dictionary import to_bytes, to_text
from index.whoosh_engine.storage.term_hashes import hash_terms


@dataclass(frozen=True, slots=True)
class PrefixTerms:
    """Terms, as ascending ordinals; `inner`: terms that only have a later word with the prefix."""

    ordinals: Ints
    inner: Mask


@dataclass(frozen=True, slots=True)
class _Forms:
    """The folded forms of all terms of a field, one a line, and the start of each line."""

    text: str
    starts: Ints


def single_spaced(text: str) -> str:
    """Folded, with single spaces: the form in which prefixes are compared."""
    return " ".join(fold(text).split())


def find_prefix_terms(segment: Segment, field: Field, prefix: str) -> PrefixTerms:
    """The terms with a prefix, which is folded and `single_spaced`."""
    if field.kind is Kind.TEXT or not prefix:
        ordinals = np.arange(*segment.term_dictionary(field.name).starting(to_bytes(prefix)))
        return PrefixTerms(ordinals, np.zeros(len(ordinals), bool))
    forms = segment.cached((field.name, "forms"), lambda: _forms(segment, field.name), lambda it: 5 * len(it.text))
    # Search the prefix first, then check the character before it, because this search is quick.
    letters = re.escape(prefix)
    found = [match.start() for match in re.finditer(f"{letters}(?<![^\\W_]{letters})", forms.text)]
    lines, firsts = np.unique(np.searchsorted(forms.starts, found, "right") - 1, return_index=True)
    return PrefixTerms(lines, np.array(found, np.int64)[firsts] != forms.starts[lines])


def _forms(segment: Segment, name: str) -> _Forms:
    lines = [single_spaced(text) for text in segment.term_dictionary(name).texts()]
    return _Forms("\n".join(lines), starts_of(np.fromiter((len(line) + 1 for line in lines), np.int64, len(lines))))


@dataclass(frozen=True, slots=True)
class TermUsage:
    """One field in the documents of a scope."""

    scope: ScopeStatistics
    field: Field

    def counts(self, terms: Sequence[str]) -> list[int]:
        """How many documents hold each term, compared as in the field."""
        counts = np.zeros(len(terms), np.int64)
        for docs in self.scope.segment_docs:
            segment = docs.segment
            ordinals = np.array([segment.ordinal(self.field.name, term) for term in terms], np.int64)
            order = np.argsort(ordinals, kind="stable")
            order = order[ordinals[order] >= 0]
            counts[order] += doc_frequency_bounds(docs, self.field.name, ordinals[order])
            if len(docs.deleted):
                ids = map(segment.postings(self.field.name).ids, ordinals[order].tolist())
                deleted = [np.isin(docs.deleted, some, assume_unique=True).sum() for some in ids]
                counts[order] -= np.array(deleted, np.int64)
        return counts.tolist()

    def shown(self, term: str) -> str:
        """The most frequent spelling in these documents, the smallest one of equals."""
        if self.field.kind is Kind.TEXT or not self.field.folded:
            return term
        found = list(self._ordinals_in_segments(term))
        known = {spelling for docs, ordinal in found for spelling in self._spellings(docs, ordinal).values()}
        if len(known) == 1:
            return to_text(known.pop())
        spelled = Counter[bytes]()
        for docs, ordinal in found:
            for number, spelling in self._spellings(docs, ordinal).items():
                spelled[spelling] += self._spelled(docs, ordinal, number)
        return to_text(min(spelled, key=lambda spelling: (-spelled[spelling], spelling)))

    def _spellings(self, docs: AccessibleDocs, ordinal: int) -> Mapping[int, bytes]:
        """The spellings of a term in a segment, by their ordinals."""
        compared = docs.segment.column(self.field).compared
        spellings = docs.segment.spellings(self.field)
        return {number: spellings[number] for number in np.flatnonzero(compared == ordinal).tolist()}

    def _spelled(self, docs: AccessibleDocs, ordinal: int, spelling: int) -> int:
        """How many of the documents that hold a term use this spelling."""
        column, ids = docs.segment.column(self.field), self._ids(docs, ordinal)
        starts = column.starts[ids]
        spellings = column.ordinals[ranges(starts, column.starts[ids + 1] - starts)]
        return int(np.count_nonzero(spellings == spelling))

    def _ordinals_in_segments(self, term: str) -> Iterator[tuple[AccessibleDocs, int]]:
        """The segments that hold the term, and its ordinal there."""
        for docs in self.scope.segment_docs:
            ordinal = docs.segment.ordinal(self.field.name, term)
            if ordinal >= 0:
                yield docs, ordinal

    def _ids(self, docs: AccessibleDocs, ordinal: int) -> Ids:
        # Not cached: the words of a completion are rarely those of a search, and long lists would evict these.
        ids = docs.segment.postings(self.field.name).ids(ordinal)
        return ids if docs.allowed is None else ids[docs.allowed[ids]]


class RankedTerm(NamedTuple):
    """A term in result order: by count, then terms that begin with the prefix before others, then by form."""

    less: int
    inner: bool
    form: str
    term: str

    @property
    def doc_frequency(self) -> int:
        """How many documents hold it."""
        return -self.less


@dataclass(frozen=True, slots=True)
class _Terms:
    """Terms that some document holds: for each its segment (index), its ordinal there, and its bound."""

    segments: Ints
    ordinals: Ints
    inner: Mask
    bounds: Ints


def top_terms_of(usage: TermUsage, parts: Sequence[PrefixTerms], limit: int) -> list[RankedTerm]:
    """The top terms, one part for each segment: `limit` at most, in order; terms that no document holds are left out. A
    term must be `inner` in all parts or in none.
    """
    top_terms: list[RankedTerm] = []
    if limit:
        deleted = any(len(docs.deleted) for docs in usage.scope.segment_docs)
        for bound in _by_bound(usage, _merged_terms(usage, parts), limit):
            if len(top_terms) >= limit and top_terms[limit - 1] <= bound:
                break
            count = usage.counts((bound.term,))[0] if deleted else bound.doc_frequency
            if count:
                insort(top_terms, bound._replace(less=-count))
    return top_terms[:limit]


def _merged_terms(usage: TermUsage, parts: Sequence[PrefixTerms]) -> _Terms:
    """The terms of all segments, without repetition, with the sum of their bounds."""
    each = [_term_counts(usage, index, part) for index, part in enumerate(parts)]
    some = [terms for terms in each if len(terms.ordinals)]
    if len(some) == 1:
        return some[0]
    every = _Terms(
        np.concatenate([np.zeros(0, np.int64), *(terms.segments for terms in some)]),
        np.concatenate([np.zeros(0, np.int64), *(terms.ordinals for terms in some)]),
        np.concatenate([np.zeros(0, bool), *(terms.inner for terms in some)]),
        np.concatenate([np.zeros(0, np.int64), *(terms.bounds for terms in some)]),
    )
    names = np.concatenate([np.zeros(0, np.uint64), *(_names(usage, terms) for terms in some)])
    order = np.argsort(names)
    names = names[order]
    firsts = np.flatnonzero(np.concatenate((np.ones(1, bool), names[1:] != names[:-1]))[: len(names)])
    representatives = order[firsts]
    sums = np.add.reduceat(every.bounds[order], firsts) if len(firsts) else every.bounds
    return _Terms(every.segments[representatives], every.ordinals[representatives], every.inner[representatives], sums)


def _term_counts(usage: TermUsage, index: int, part: PrefixTerms) -> _Terms:
    bounds = doc_frequency_bounds(usage.scope.segment_docs[index], usage.field.name, part.ordinals)
    counted = np.flatnonzero(bounds)
    return _Terms(np.full(len(counted), index), part.ordinals[counted], part.inner[counted], bounds[counted])


def _names(usage: TermUsage, terms: _Terms) -> Array:
    return hash_terms(usage.scope.segment_docs[terms.segments[0]].segment, usage.field.name)[terms.ordinals]


def _by_bound(usage: TermUsage, terms: _Terms, size: int) -> Iterator[RankedTerm]:
    """The terms by their bounds; about `size` of them are sorted before others are looked at."""
    rest = np.arange(len(terms.bounds))
    while len(rest):
        bounds = terms.bounds[rest]
        least = np.partition(bounds, -min(size, len(rest)))[-min(size, len(rest))]
        yield from sorted(map(_ranker(usage, terms), rest[bounds > least].tolist()))
        yield from _tied(usage, terms, rest[bounds == least])
        rest, size = rest[bounds < least], 2 * size


def _tied(usage: TermUsage, terms: _Terms, chosen: Ints) -> Iterator[RankedTerm]:
    """Terms with the same bound."""
    ranked = _ranker(usage, terms)
    if usage.field.kind is not Kind.TEXT:
        return iter(sorted(map(ranked, chosen.tolist())))
    # Thousands may be in one document each, but those of one segment are easily sorted: few objects are made.
    chosen = chosen[np.argsort(terms.ordinals[chosen])]
    segments = terms.segments[chosen]
    return merge(*(map(ranked, chosen[segments == segment].tolist()) for segment in np.unique(segments).tolist()))


def _ranker(usage: TermUsage, terms: _Terms) -> Callable[[int], RankedTerm]:
    """A function that makes a ranked term from its index."""
    name, is_text = usage.field.name, usage.field.kind is Kind.TEXT
    dictionaries = [docs.segment.term_dictionary(name) for docs in usage.scope.segment_docs]

    def ranked(index: int) -> RankedTerm:
        term = to_text(dictionaries[terms.segments[index]][int(terms.ordinals[index])])
        return RankedTerm(
            -int(terms.bounds[index]), bool(terms.inner[index]), term if is_text else single_spaced(term), term
        )

    return ranked


_FEW = 40
"""Terms that are counted one by one, as a search for them does, so that both share the cache."""


def complete_terms(usage: TermUsage, start: str, limit: int) -> tuple[Completion, ...]:
    """As `Engine.complete`."""
    prefix = single_spaced(start)
    parts = [find_prefix_terms(docs.segment, usage.field, prefix) for docs in usage.scope.segment_docs]
    return tuple(Completion(usage.shown(term.term), term.doc_frequency) for term in top_terms_of(usage, parts, limit))


def neighbour_terms(usage: TermUsage, term: str, distance: int, limit: int) -> tuple[Neighbour, ...]:
    """As `Engine.neighbours`."""
    segments = [docs.segment for docs in usage.scope.segment_docs]
    nearer = [expanded_terms(Fuzzy(usage.field.name, term, 0), segment) for segment in segments]
    neighbours: list[Neighbour] = []
    for away in range(1, distance + 1):
        near = [expanded_terms(Fuzzy(usage.field.name, term, away), segment) for segment in segments]
        beyond = [np.setdiff1d(those, before, assume_unique=True) for those, before in zip(near, nearer, strict=True)]
        parts = [PrefixTerms(ordinals, np.zeros(len(ordinals), bool)) for ordinals in beyond]
        neighbours += (
            Neighbour(usage.shown(ranked_term.term), away, ranked_term.doc_frequency)
            for ranked_term in top_terms_of(usage, parts, limit - len(neighbours))
        )
        nearer = near
    return tuple(neighbours)


def term_frequencies(usage: TermUsage, terms: Sequence[str]) -> Frequencies:
    """As `Engine.frequencies`."""
    compared_terms = [usage.field.compared(term) for term in terms]
    if len(compared_terms) <= _FEW:
        counts = [usage.scope.holding(usage.field.name, term) for term in compared_terms]
    else:
        counts = usage.counts(compared_terms)
    return Frequencies(usage.scope.documents, tuple(counts))
