"""Convert a request to a plan: the query, the access scope, the facets to count, the order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from index import (
    DEFAULT_BOUNDS,
    And,
    AnyOf,
    Bounds,
    Everything,
    FacetRequest,
    Filter,
    Node,
    Not,
    Nothing,
    Or,
    ParsedQuery,
    Plan,
    Query,
    Range,
    SortKey,
    fold,
    parse_query,
    texts_in,
    word_runs,
)
from kb.access.actor import AccessScope
from kb.model.byline_names import names_to_find
from kb.model.dates import days_of, instant_of
from kb.model.people.group import Group
from kb.model.search_request import AddedSince, SearchRequest, Sort, View
from kb.search.facet_registry import (
    BYLINE,
    COUNTED_FACETS,
    FACETS,
    GROUP,
    NOT_TAG,
    SITE,
    FacetDefinition,
    site_from_text,
)
from kb.search.index_fields import ITEM, PASSAGE
from kb.search.known_words import KnownWords
from kb.search.query_syntax import joined_fields, query_syntax_for
from kb.search.quoted_sentences import QuotedSentence, quoted_sentence
from kb.search.relevance_query import expand_query
from kb.search.vocabulary_expansion import RecognizedConcept, VocabularyExpander, VocabularyMatcher

_BY_ORDER = SortKey("order")
_MOST_RECENT = (SortKey("added_at", descending=True), _BY_ORDER)
_SORTS: dict[Sort, tuple[SortKey, ...]] = {
    Sort.RELEVANCE: _MOST_RECENT,
    Sort.RECENT: _MOST_RECENT,
    Sort.OLDEST: (SortKey("added_at"), _BY_ORDER),
    Sort.UPDATED: (SortKey("updated_at", descending=True), _BY_ORDER),
    Sort.POPULAR: (SortKey("views", descending=True), *_MOST_RECENT),
    Sort.TITLE: (SortKey("title_order"), _BY_ORDER),
}


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A plan, and the meaning of the words that it was made of (None if there are none).

    `marked` is the part of the query to mark in texts. `existing`: folded words that documents are known to hold;
    `corrections`: words that no document holds, with their replacements; `missing`: those without any, as typed.
    `known` are the words that vocabularies of groups know. `sentence`: the plan is of this sentence, without the
    quotation marks of the query.
    """

    plan: Plan
    parsed: ParsedQuery | None
    marked: Query | None
    may_expand: bool = False
    known: tuple[RecognizedConcept, ...] = ()
    existing: frozenset[str] = frozenset()
    corrections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    sentence: QuotedSentence | None = None

    @property
    def tree(self) -> Node | None:
        """The parsed query; None if it is empty."""
        return self.parsed.tree if self.parsed else None

    def expanded(self, known_words: KnownWords, items: KnownWords) -> "SearchPlan":
        """The same plan with plain words expanded; words that a vocabulary or `items` knows are not replaced."""
        if self.parsed is None or self.tree is None:
            return self
        exempt = {run for concept in self.known for run in word_runs(fold(concept.words))}
        quotes = self.sentence.quotes if self.sentence else ()
        wide = expand_query(texts_in(self.tree, ()), known_words, exempt, items, quotes)
        if wide is None:
            return self
        words_query = Or((wide.query, *self.parsed.alternatives)) if self.parsed.alternatives else wide.query
        query = Or((words_query, *wide.pairs)) if wide.pairs else words_query
        plan = replace(self.plan, query=query, windows=wide.windows)
        return replace(
            self,
            plan=plan,
            marked=words_query,
            existing=wide.existing,
            corrections=wide.corrections,
            missing=wide.missing,
        )


def plan_search(
    request: SearchRequest,
    scope: AccessScope,
    groups: Sequence[Group],
    bounds: Bounds = DEFAULT_BOUNDS,
    matchers: Sequence[VocabularyMatcher] = (),
) -> SearchPlan:
    """The plan of a request within a scope. `groups` are all the groups of the scope.

    `matchers` are the vocabularies that expand it, of groups of the scope; without any, it has only the typed words.
    """
    widener = VocabularyExpander(matchers, request.vocabulary, bounds.alternatives)
    syntax = replace(query_syntax_for(request, groups), otherwise=widener.otherwise)
    parsed = parse_query(joined_fields(request.q), syntax, bounds) if request.q.strip() else None
    plan = Plan(
        query=parsed.query if parsed else Everything(),
        within=accessible_documents(request.view, scope),
        filters=tuple(_filters(request, groups)),
        facets=tuple(_facets(request, groups)),
        sort=_SORTS[request.ordering],
        by_score=parsed is not None and request.ordering is Sort.RELEVANCE,
        start=(request.page - 1) * request.per_page,
        size=request.per_page,
        bounds=bounds,
    )
    may_widen = plan.by_score and parsed is not None and parsed.plain and not request.wants_all_words
    return SearchPlan(plan, parsed, parsed.query if parsed else None, may_widen, tuple(widener.recognized))


def sentence_of(request: SearchRequest, planned: SearchPlan) -> QuotedSentence | None:
    """The sentence of a query with quoted parts, where plain words are expanded too: sorted by relevance, with any word
    enough.
    """
    may_change = planned.plan.by_score and not request.wants_all_words
    return quoted_sentence(planned.tree) if may_change else None


def accessible_documents(view: View, scope: AccessScope) -> Query:
    """The documents that the user may find in this view. An empty scope has none."""
    kind = AnyOf("document", (ITEM if view is View.ITEMS else PASSAGE,))
    if scope.everything:
        return kind
    if not scope.group_ids:
        return Nothing()
    return And((kind, AnyOf("group", tuple(sorted(scope.group_ids)))))


def _filters(request: SearchRequest, groups: Sequence[Group]) -> Iterator[Filter]:
    for facet in FACETS:
        if not getattr(request, facet.name):
            continue
        values = _selected_values(facet, request, groups)
        if facet is NOT_TAG:
            yield Filter(facet.name, Not(AnyOf("tag", values)))
        elif facet.narrowing:
            yield from (Filter(facet.name, AnyOf(facet.name, (value,))) for value in values)
        else:
            yield Filter(facet.name, AnyOf(facet.name, values) if values else Nothing())
    if request.date_from or request.date_to:
        low = days_of(request.date_from)[0] if request.date_from else None
        high = days_of(request.date_to)[1] if request.date_to else None
        yield Filter("date", Range(request.date.value, low, high))
    if request.since is AddedSince.VISIT:
        # Without an earlier visit, all results are new.
        if request.visited_at:
            yield Filter("since", Range("added_at", _microseconds(request.visited_at)))
    elif request.since:
        yield Filter("since", Range("added", days_of(request.since.first_day(datetime.now(UTC).date()).isoformat())[0]))


def _microseconds(instant: str) -> int:
    """Microseconds since 1970-01-01 UTC."""
    return (instant_of(instant) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _selected_values(facet: FacetDefinition, request: SearchRequest, groups: Sequence[Group]) -> tuple[str, ...]:
    """The chosen values of a facet, as the index holds them.

    A group that does not exist, or that the user may not read, has none: the user cannot tell which it is.
    """
    chosen: tuple[str, ...] = getattr(request, facet.name)
    if facet is GROUP:
        return tuple(group.id for group in groups if group.has_slug(chosen))
    if facet is BYLINE:
        # A byline of several writers, as an older link has it: what any of them wrote.
        return tuple(name for text in chosen for name in names_to_find(text))
    return tuple(site for text in chosen if (site := site_from_text(text))) if facet is SITE else chosen


def _facets(request: SearchRequest, groups: Sequence[Group]) -> Iterator[FacetRequest]:
    """Years are counted too: an item dated by its year alone is in each month of it, once in the year."""
    for facet in COUNTED_FACETS:
        yield FacetRequest(
            facet.name,
            without=None if facet.narrowing else facet.name,
            limit=None if facet.named else request.facet_limit,
            selected=_selected_values(facet, request, groups),
        )
    yield FacetRequest(f"{request.date.value}_year", without="date", limit=None)
    yield FacetRequest(request.date.value, without="date")
