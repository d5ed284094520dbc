"""The documents of a scope that hold a term of one field: how many there are, and how they spell it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.schema import Field, Kind
from index.whoosh_engine.doc_sets.accessible_docs import AccessibleDocs
from index.whoosh_engine.doc_sets.doc_frequency import doc_frequency_bounds
from index.whoosh_engine.ranking.bm25 import ScopeStatistics
from index.whoosh_engine.storage.array_file import Ids, Ints, ranges
from index.whoosh_engine.storage.term_dictionary import TermDictionary, to_text


@dataclass(frozen=True, slots=True)
class TermUsage:
    """One field in the documents of a scope."""

    scope: ScopeStatistics
    field: Field

    def lexicons(self) -> list[TermDictionary]:
        """The term dictionary of each segment."""
        return [reach.segment.lexicon(self.field.name) for reach in self.scope.reaches]

    def bounds(self, reach: AccessibleDocs, ordinals: Ints) -> Ints:
        """For ascending terms of a segment, an upper bound of the documents that hold them; exact if nothing was
        deleted.
        """
        return doc_frequency_bounds(reach, self.field.name, ordinals)

    def counts(self, terms: Sequence[str]) -> list[int]:
        """How many documents hold each term, compared as in the field."""
        counts = np.zeros(len(terms), np.int64)
        for reach in self.scope.reaches:
            segment = reach.segment
            ordinals = np.array([segment.ordinal(self.field.name, term) for term in terms], np.int64)
            order = np.argsort(ordinals, kind="stable")
            order = order[ordinals[order] >= 0]
            counts[order] += self.bounds(reach, ordinals[order])
            if len(reach.gone):
                gone = [self._gone(reach, ordinal) for ordinal in ordinals[order].tolist()]
                counts[order] -= np.array(gone, np.int64)
        return counts.tolist()

    def _gone(self, reach: AccessibleDocs, ordinal: int) -> int:
        """How many deleted documents held a term."""
        ids = reach.segment.postings(self.field.name).ids(ordinal)
        return int(np.isin(reach.gone, ids, assume_unique=True).sum())

    def shown(self, term: str) -> str:
        """The most frequent spelling in these documents, the smallest one of equals."""
        if self.field.kind is Kind.TEXT or not self.field.folded:
            return term
        places = list(self._places(term))
        known = {spelling for reach, ordinal in places for spelling in self._spellings(reach, ordinal).values()}
        if len(known) == 1:
            return to_text(known.pop())
        spelled = Counter[bytes]()
        for reach, ordinal in places:
            for number, spelling in self._spellings(reach, ordinal).items():
                spelled[spelling] += self._spelled(reach, ordinal, number)
        return to_text(min(spelled, key=lambda spelling: (-spelled[spelling], spelling)))

    def _spellings(self, reach: AccessibleDocs, ordinal: int) -> Mapping[int, bytes]:
        """The spellings of a term in a segment, by their ordinals."""
        compared = reach.segment.column(self.field).compared
        spellings = reach.segment.spellings(self.field)
        return {number: spellings[number] for number in np.flatnonzero(compared == ordinal).tolist()}

    def _spelled(self, reach: AccessibleDocs, ordinal: int, spelling: int) -> int:
        """How many of the documents that hold a term use this spelling."""
        column, ids = reach.segment.column(self.field), self._ids(reach, ordinal)
        starts = column.starts[ids]
        held = column.ordinals[ranges(starts, column.starts[ids + 1] - starts)]
        return int(np.count_nonzero(held == spelling))

    def _places(self, term: str) -> Iterator[tuple[AccessibleDocs, int]]:
        """The segments that hold the term, and its ordinal there."""
        for reach in self.scope.reaches:
            ordinal = reach.segment.ordinal(self.field.name, term)
            if ordinal >= 0:
                yield reach, ordinal

    def _ids(self, reach: AccessibleDocs, ordinal: int) -> Ids:
        # Not cached: the words of a completion are rarely those of a search, and long lists would evict these.
        ids = reach.segment.postings(self.field.name).ids(ordinal)
        return ids if reach.allowed is None else ids[reach.allowed[ids]]
