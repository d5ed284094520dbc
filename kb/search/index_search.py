"""Search the index."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from index import (
    DEFAULT_BOUNDS,
    Bounds,
    Engine,
    Facet,
    FacetRequest,
    Filter,
    Hits,
    Marker,
    Node,
    Outdated,
    OutOfTime,
    Plan,
    Range,
    fold,
    open_engine,
)
from kb.access.actor import AccessScope
from kb.errors import Unavailable
from kb.model.dates import days_of
from kb.model.ignored_query_parts import IgnoredPart
from kb.model.people.group import Group
from kb.model.search_request import DateKind, SearchRequest
from kb.search.documents import id_from_key
from kb.search.ignored_query_parts import ignored_parts_of
from kb.search.index_fields import SCHEMA
from kb.search.known_words import KnownWords
from kb.search.query_planning import SearchPlan, plan_search
from kb.search.vocabulary.vocabulary_expansion import RecognizedConcept
from kb.search.vocabulary.vocabulary_matcher import VocabularyMatcher

MEBIBYTE = 1 << 20
OUTDATED = "The index is damaged, or was made by another version of the program: run “kb index rebuild”."
OUT_OF_TIME = "This search took too long and was given up: ask for fewer words, or for whole words instead of patterns."


@dataclass(frozen=True, slots=True)
class IndexHit:
    """A hit: the id of an item, or of an annotation where passages were asked for. No score where none was asked."""

    id: str
    score: float | None


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """What the index answers: ids and counts.

    `facets` by name, `date` and `year` among them; groups as ids, authors as logins.
    `marker` marks the words that were asked for; None where there were none. `meant`: words that nothing holds, and the
    words that were searched in the place of each, folded. `known` are the words that vocabularies of groups know.
    `tree` is what was typed, as it was read; None where nothing was. `held`: words that documents are known to hold as
    they are, folded.
    """

    total: int
    hits: tuple[IndexHit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    left_out: tuple[IgnoredPart, ...]
    marker: Marker | None
    meant: Mapping[str, tuple[str, ...]]
    tree: Node | None
    known: tuple[RecognizedConcept, ...] = ()
    held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the index follows, and which base: the number of the last change of it that the index holds."""

    base: str = ""
    number: int = 0

    def is_of_database(self, base: str) -> bool:
        """Whether the index follows this base; one that follows none yet can begin with it."""
        return self.base == base or self == Checkpoint()


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The index of the library, open. `bounds`: how much one question may take.

    `lexicons` are the vocabularies that widen a search; only groups that the asker may read have one among them.
    """

    engine: Engine
    bounds: Bounds = DEFAULT_BOUNDS

    def search(
        self,
        request: SearchRequest,
        scope: AccessScope,
        groups: Sequence[Group],
        lexicons: Sequence[VocabularyMatcher] = (),
        *,
        as_typed: bool = False,
    ) -> IndexAnswer:
        """What a request finds within a scope. `groups` are all the groups that the scope holds. Raises Unavailable.

        `as_typed`: plain words are not widened, even when relevance sorts.
        """
        planned = self._search_plan(request, scope, groups, lexicons, as_typed=as_typed)
        hits = self._hits(planned.plan)
        return IndexAnswer(
            total=hits.total,
            hits=tuple(
                IndexHit(id_from_key(hit.key), hit.score if planned.plan.by_score else None) for hit in hits.page
            ),
            facets={_facet_name(facet): facet.counts for facet in hits.facets},
            left_out=ignored_parts_of(planned.parsed, hits.cut) if planned.parsed else (),
            marker=Marker(planned.marked, SCHEMA) if planned.marked else None,
            meant=planned.meant,
            tree=planned.parsed.tree if planned.parsed else None,
            known=planned.known,
            held=planned.held,
        )

    def count(
        self,
        request: SearchRequest,
        scope: AccessScope,
        groups: Sequence[Group],
        added_from: str | None = None,
        lexicons: Sequence[VocabularyMatcher] = (),
        *,
        as_typed: bool = False,
    ) -> int:
        """How many hits a request has within a scope; of those added on a day (`YYYY-MM-DD`) or later, if one is given.

        The day is one more condition, whatever dates the request asks for. Raises Unavailable.
        """
        plan = self._search_plan(request, scope, groups, lexicons, as_typed=as_typed).plan
        late = (Filter("added_from", Range("added", low=days_of(added_from)[0])),) if added_from else ()
        return self._hits(replace(_plan_without_output(plan), filters=(*plan.filters, *late))).total

    def listed(
        self,
        request: SearchRequest,
        scope: AccessScope,
        groups: Sequence[Group],
        lexicons: Sequence[VocabularyMatcher] = (),
    ) -> tuple[int, tuple[str, ...]]:
        """How many hits a request has, and the ids of those of its page, in its order. Raises Unavailable."""
        hits = self._hits(replace(self._search_plan(request, scope, groups, lexicons).plan, facets=()))
        return hits.total, tuple(id_from_key(hit.key) for hit in hits.page)

    def values(
        self, name: str, request: SearchRequest, scope: AccessScope, groups: Sequence[Group]
    ) -> tuple[tuple[str, int], ...]:
        """All values of one facet over what a request finds, with their counts: groups as ids. Raises Unavailable."""
        plan = _plan_without_output(self._search_plan(request, scope, groups).plan)
        return self._hits(replace(plan, facets=(FacetRequest(name, limit=None),))).facets[0].counts

    def ids(
        self,
        request: SearchRequest,
        scope: AccessScope,
        groups: Sequence[Group],
        lexicons: Sequence[VocabularyMatcher] = (),
    ) -> frozenset[str]:
        """The ids of all that a request finds within a scope, whatever page it asks for. Raises Unavailable."""
        plan = _plan_without_output(self._search_plan(request, scope, groups, lexicons).plan)
        hits = self._hits(replace(plan, size=self._hits(plan).total))
        return frozenset(id_from_key(hit.key) for hit in hits.page)

    def marker(
        self,
        request: SearchRequest,
        scope: AccessScope,
        groups: Sequence[Group],
        lexicons: Sequence[VocabularyMatcher] = (),
    ) -> Marker | None:
        """What marks the words of a request in a text; None when it has none."""
        marked = self._search_plan(request, scope, groups, lexicons).marked
        return Marker(marked, SCHEMA) if marked else None

    def checkpoint(self) -> Checkpoint:
        """How far the index has come. Raises Unavailable."""
        with index_errors_translated():
            number, _, base = (self.engine.checkpoint() or "0").partition(" ")
        return Checkpoint(base, int(number))

    def close(self) -> None:
        """Let go of files; the catalogue is not used afterwards."""
        self.engine.close()

    def _search_plan(
        self,
        request: SearchRequest,
        scope: AccessScope,
        groups: Sequence[Group],
        lexicons: Sequence[VocabularyMatcher] = (),
        *,
        as_typed: bool = False,
    ) -> SearchPlan:
        planned = plan_search(request, scope, groups, self.bounds, lexicons)
        if as_typed or not planned.may_expand:
            return planned
        with index_errors_translated():
            return planned.expanded(KnownWords(self.engine, planned.plan.within))

    def _hits(self, plan: Plan) -> Hits:
        with index_errors_translated():
            return self.engine.search(plan)


@contextmanager
def index_errors_translated() -> Iterator[None]:
    """Say in the words of the library that an index does not answer. Raises Unavailable."""
    try:
        yield
    except Outdated as error:
        raise Unavailable(OUTDATED) from error
    except OutOfTime as error:
        raise Unavailable(OUT_OF_TIME) from error


def open_catalogue(url: str, memory: int | None = None) -> Catalogue:
    """The index at `whoosh:<folder>`, or a new one in `memory:`. `memory` is what it keeps for searches, in MiB."""
    return Catalogue(open_engine(url, SCHEMA, None if memory is None else memory * MEBIBYTE))


def _plan_without_output(plan: Plan) -> Plan:
    """The same conditions, without a page, an order or counts."""
    return replace(plan, facets=(), sort=(), by_score=False, start=0, size=0)


def _facet_name(facet: Facet) -> str:
    if facet.field in frozenset(DateKind):
        return "date"
    return "year" if facet.field.endswith("_year") else facet.field


def label_sort_key(label: str) -> str:
    """What labels are ordered by: their letters, case and accents aside."""
    return fold(label)


def comparable_value(field: str, value: str) -> str:
    """The form in which values of a facet are compared: tags and sources may differ by case."""
    return SCHEMA[field].compared(value)


def is_same_value(field: str, one: str, other: str) -> bool:
    """Whether two values of a facet are one value."""
    return comparable_value(field, one) == comparable_value(field, other)
