"""Suggest words from the index while a user types, only from the items of one access scope."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from index import And, Engine, FacetRequest, Or, Plan, Prefix, Query, SortKey, Term, analyze, fold, has_only_stop_words
from kb.access.actor import AccessScope
from kb.model.search_request import View
from kb.search.completion.completion_input import CompletionInput, CompletionKind, typed_terms
from kb.search.documents import id_from_key
from kb.search.index_search import Catalogue, index_errors_translated
from kb.search.query_planning import accessible_documents
from kb.search.query_syntax import LANGUAGES

Counts = tuple[tuple[str, int], ...]
"""Values, and how many items hold each."""

_CANDIDATES_PER_WORD = 4
"""Words that are looked at for each one that is proposed: others say nothing, or are forms of one that is."""
_ROOT = 4
"""Letters that a word keeps when its ending is taken off."""
_MOST_VIEWED_FIRST = (SortKey("views", descending=True), SortKey("added_at", descending=True), SortKey("order"))


_MOST_OF_ONE_KIND = 5
"""The most of one kind, among others."""
_EXAMPLES = 3
"""Items that are looked at to see how a word is written."""
_CANDIDATES = 12
"""Items whose titles are looked at."""
_FEWEST_LETTERS = 3
"""Titles are suggested from this many letters on: with fewer, any title would match."""


@dataclass(frozen=True, slots=True)
class CompletedValue:
    """A value that begins with the typed prefix; `before` is the text before it, which stays."""

    value: str
    count: int
    before: str


@dataclass(frozen=True, slots=True)
class Completions:
    """Suggestions. Words are folded, each with ids of items that hold it; `bylines` name who wrote a page, `authors`
    are the logins of those who shared one.

    `titles`: ids of items whose title may hold the words typed; the caller checks the titles.
    """

    words: tuple[tuple[CompletedValue, tuple[str, ...]], ...] = ()
    tags: tuple[CompletedValue, ...] = ()
    bylines: tuple[CompletedValue, ...] = ()
    authors: tuple[CompletedValue, ...] = ()
    sources: tuple[CompletedValue, ...] = ()
    titles: tuple[str, ...] = ()

    def item_ids(self) -> list[str]:
        """The ids of the items that the caller must check."""
        return list(dict.fromkeys((*(example for _, examples in self.words for example in examples), *self.titles)))


@dataclass(frozen=True, slots=True)
class Suggester:
    """Suggestions from the items of a scope. All methods raise Unavailable, as a search does."""

    engine: Engine
    within: Query

    def proposals(self, typed: CompletionInput, most: int) -> Completions:
        """Suggestions for the typed text: `most` if a field says which kind of value is wanted."""
        completion_kind = typed.asked
        most = _MOST_OF_ONE_KIND if completion_kind is CompletionKind.ANYTHING else most

        def is_asked(*kinds: CompletionKind) -> bool:
            return completion_kind in {*kinds, CompletionKind.ANYTHING}

        return Completions(
            self._words(typed, most) if is_asked(CompletionKind.WORDS) else (),
            self._values(typed, partial(self.values, "tag"), most) if is_asked(CompletionKind.TAG) else (),
            self._values(typed, partial(self.values, "byline"), most) if is_asked(CompletionKind.AUTHOR) else (),
            self._values(typed, self.authors, most) if is_asked(CompletionKind.AUTHOR, CompletionKind.SHARER) else (),
            self._values(typed, partial(self.values, "source"), most) if is_asked(CompletionKind.SOURCE) else (),
            self._titles(typed) if completion_kind is CompletionKind.ANYTHING else (),
        )

    def _words(self, typed: CompletionInput, most: int) -> tuple[tuple[CompletedValue, tuple[str, ...]], ...]:
        if typed.word is None:
            return ()
        words = self.words(typed.word.letters, most)
        return tuple(
            (CompletedValue(word, count, typed.word.before), self.holders(word, _EXAMPLES)) for word, count in words
        )

    def _values(
        self, typed: CompletionInput, find: Callable[[str, int], Counts], most: int
    ) -> tuple[CompletedValue, ...]:
        values: dict[str, CompletedValue] = {}
        for start in typed.values:
            for value, count in find(start.letters, most):
                values.setdefault(value, CompletedValue(value, count, start.before))
        return tuple(values.values())[:most]

    def _titles(self, typed: CompletionInput) -> tuple[str, ...]:
        start = typed.values[0].letters if typed.values else ""
        return self.item_ids_by_title(start, _CANDIDATES) if len(start) >= _FEWEST_LETTERS else ()

    def words(self, start: str, limit: int) -> Counts:
        """Folded words that begin with `start`: for each stem the most frequent form, and no stop words."""
        with index_errors_translated():
            completions = self.engine.complete("exact", start, self.within, limit * _CANDIDATES_PER_WORD)
        by_stem: dict[str, tuple[str, int]] = {}
        for completion in completions:
            if not any(has_only_stop_words(completion.value, language) for language in LANGUAGES):
                stem = next((token.term for token in analyze(completion.value, LANGUAGES[0])), completion.value)
                by_stem.setdefault(stem, (completion.value, completion.count))
        return tuple(by_stem.values())[:limit]

    def values(self, field: str, start: str, limit: int) -> Counts:
        """Tags, sources or bylines that begin with `start`, or have a word that does."""
        with index_errors_translated():
            return tuple(
                (completion.value, completion.count)
                for completion in self.engine.complete(field, start, self.within, limit)
            )

    def authors(self, start: str, limit: int) -> Counts:
        """Logins of authors whose name has these words, the last as a prefix, or whose login begins with them."""
        whole, prefix = typed_terms(start)
        named = And((*(Term("author_name", word) for word in whole), Prefix("author_name", prefix)))
        query = Or((named, Prefix("author", "-".join(fold(start).split()))))
        with index_errors_translated():
            plan = Plan(query, self.within, facets=(FacetRequest("author", limit=limit),), by_score=False, size=0)
            return self.engine.search(plan).facets[0].counts

    def item_ids_by_title(self, start: str, limit: int) -> tuple[str, ...]:
        """Ids of items whose title may hold these words, the last as a prefix; the most viewed items come first.

        The index holds stems of title words, so some of these items do not match.
        """
        whole, prefix = typed_terms(start)
        query = And(
            (*(Term("exact", word) for word in whole), Prefix("exact", prefix), Prefix("title", prefix[:_ROOT]))
        )
        with index_errors_translated():
            hits = self.engine.search(Plan(query, self.within, sort=_MOST_VIEWED_FIRST, by_score=False, size=limit))
        return tuple(id_from_key(hit.key) for hit in hits.page)

    def holders(self, word: str, limit: int) -> tuple[str, ...]:
        """Ids of some items that hold a folded word: always the same ones."""
        with index_errors_translated():
            hits = self.engine.search(Plan(Term("exact", word), self.within, by_score=False, size=limit))
        return tuple(id_from_key(hit.key) for hit in hits.page)


def suggester_for(catalogue: Catalogue, scope: AccessScope) -> Suggester:
    """The suggester for the items of a scope."""
    return Suggester(catalogue.engine, accessible_documents(View.ITEMS, scope))
