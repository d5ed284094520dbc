"""What the index proposes while one types: from the items of one scope, and from nothing else."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import assert_never

from index import And, Engine, FacetRequest, Or, Plan, Prefix, Query, SortKey, Term, analyse, folded, says_nothing
from kb.access.actor import Scope
from kb.model.search_request import View
from kb.search.completion.completion_input import Asked, Typed, terms_of
from kb.search.documents import id_of
from kb.search.index_search import Catalogue, available
from kb.search.query_planning import within_of
from kb.search.query_syntax import LANGUAGES

Counts = tuple[tuple[str, int], ...]
"""Values, and how many items hold each."""

_SPARE = 4
"""Words that are looked at for each one that is proposed: others say nothing, or are forms of one that is."""
_ROOT = 4
"""Letters that a word keeps when its ending is taken off."""
_BEST = (SortKey("views", descending=True), SortKey("added_at", descending=True), SortKey("order"))


_SHARES = 5
"""The most of one kind, among others."""
_EXAMPLES = 3
"""Items that are looked at to see how a word is written."""
_CANDIDATES = 12
"""Items whose titles are looked at."""
_FEWEST_LETTERS = 3
"""A title is proposed from so many letters on: before, any would do."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A value that begins with what is being typed; `kept` is the part of the text that it leaves alone."""

    value: str
    count: int
    kept: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """What may be meant. Words are folded, each with ids of items that hold it; authors are logins.

    `titles`: ids of items whose title may hold the words typed; whoever asks looks at the titles.
    """

    words: tuple[tuple[Begun, tuple[str, ...]], ...] = ()
    tags: tuple[Begun, ...] = ()
    authors: tuple[Begun, ...] = ()
    sources: tuple[Begun, ...] = ()
    titles: tuple[str, ...] = ()

    def item_ids(self) -> list[str]:
        """The items that must be looked at."""
        return list(dict.fromkeys((*(one for _, examples in self.words for one in examples), *self.titles)))


@dataclass(frozen=True, slots=True)
class Suggester:
    """Answers from the items that a scope holds. All methods raise Unavailable, as a search does."""

    engine: Engine
    within: Query

    def proposals(self, place: Typed, most: int) -> Proposals:
        """What may be meant by what is being typed: `most` where a field says of which kind it is."""
        match place.asked:
            case Asked.ANYTHING:
                return Proposals(
                    self._words(place, _SHARES),
                    self._values(place, partial(self.values, "tag"), _SHARES),
                    self._values(place, self.authors, _SHARES),
                    self._values(place, partial(self.values, "source"), _SHARES),
                    self._titles(place),
                )
            case Asked.WORDS:
                return Proposals(words=self._words(place, most))
            case Asked.TAG:
                return Proposals(tags=self._values(place, partial(self.values, "tag"), most))
            case Asked.AUTHOR:
                return Proposals(authors=self._values(place, self.authors, most))
            case Asked.SOURCE:
                return Proposals(sources=self._values(place, partial(self.values, "source"), most))
            case Asked.NOTHING:
                return Proposals()
            case _:
                assert_never(place.asked)

    def _words(self, place: Typed, most: int) -> tuple[tuple[Begun, tuple[str, ...]], ...]:
        if place.word is None:
            return ()
        words = self.words(place.word.letters, most)
        return tuple((Begun(word, count, place.word.kept), self.holders(word, _EXAMPLES)) for word, count in words)

    def _values(self, place: Typed, find: Callable[[str, int], Counts], most: int) -> tuple[Begun, ...]:
        found: dict[str, Begun] = {}
        for start in place.values:
            for value, count in find(start.letters, most):
                found.setdefault(value, Begun(value, count, start.kept))
        return tuple(found.values())[:most]

    def _titles(self, place: Typed) -> tuple[str, ...]:
        start = place.values[0].letters if place.values else ""
        return self.titled(start, _CANDIDATES) if len(start) >= _FEWEST_LETTERS else ()

    def words(self, start: str, limit: int) -> Counts:
        """Words, folded, that begin so: of the forms of one word the most frequent, and none that says nothing."""
        with available():
            found = self.engine.complete("exact", start, self.within, limit * _SPARE)
        told: dict[str, tuple[str, int]] = {}
        for one in found:
            if not any(says_nothing(one.value, language) for language in LANGUAGES):
                told.setdefault(_stem(one.value), (one.value, one.count))
        return tuple(told.values())[:limit]

    def values(self, field: str, start: str, limit: int) -> Counts:
        """Tags or sources that begin so, or have a word that does."""
        with available():
            return tuple((one.value, one.count) for one in self.engine.complete(field, start, self.within, limit))

    def authors(self, start: str, limit: int) -> Counts:
        """Logins of those whose name has these words, the last one only begun; or whose login begins so."""
        whole, begun = terms_of(start)
        named = And((*(Term("author_name", word) for word in whole), Prefix("author_name", begun)))
        query = Or((named, Prefix("author", "-".join(folded(start).split()))))
        with available():
            plan = Plan(query, self.within, facets=(FacetRequest("author", limit=limit),), by_score=False, size=0)
            return self.engine.search(plan).facets[0].counts

    def titled(self, start: str, limit: int) -> tuple[str, ...]:
        """Ids of items whose title may hold these words, the last one only begun: those looked at most come first.

        The index keeps words of titles without their endings: it gives some too many.
        """
        whole, begun = terms_of(start)
        query = And((*(Term("exact", word) for word in whole), Prefix("exact", begun), Prefix("title", begun[:_ROOT])))
        with available():
            hits = self.engine.search(Plan(query, self.within, sort=_BEST, by_score=False, size=limit))
        return tuple(id_of(hit.key) for hit in hits.page)

    def holders(self, word: str, limit: int) -> tuple[str, ...]:
        """Ids of some items that hold a word, folded: always the same ones."""
        with available():
            hits = self.engine.search(Plan(Term("exact", word), self.within, by_score=False, size=limit))
        return tuple(id_of(hit.key) for hit in hits.page)


def suggester(catalogue: Catalogue, scope: Scope) -> Suggester:
    """What proposes from the items of a scope."""
    return Suggester(catalogue.engine, within_of(View.ITEMS, scope))


def _stem(word: str) -> str:
    return next((token.term for token in analyse(word, LANGUAGES[0])), word)
