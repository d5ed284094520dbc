"""Search the index."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never

from index import (
    DEFAULT_BOUNDS,
    And,
    AnyOf,
    Bounds,
    Damage,
    DamagedFile,
    Engine,
    Facet,
    FacetRequest,
    Filter,
    Fuzzy,
    Hits,
    IgnoredPart,
    IgnoredReason,
    Marker,
    MultiTermQuery,
    NearestHit,
    NearestPlan,
    Not,
    Outdated,
    OutOfTime,
    Plan,
    Prefix,
    Query,
    Range,
    VersionMismatch,
    Wildcard,
    fold,
    load_engine,
    open_engine,
)
from kb.access.actor import ReadableGroups
from kb.errors import Unavailable
from kb.model.dates import days_of
from kb.model.search_request import DateKind, SearchRequest, View
from kb.search.documents import id_from_key
from kb.search.embedder import EmbeddedQuestion
from kb.search.index_fields import SCHEMA
from kb.search.known_words import KnownWords
from kb.search.query_planning import SearchPlan, accessible_documents, plan_search, sentence_of
from kb.search.vocabulary_expansion import VocabularyMatcher

MEGABYTE = 10**6
OUTDATED = "The index is damaged, or was made by another version of the program: run “kb index rebuild”."
UNREADABLE = "The index cannot be read at this moment (%(why)s): try again in a moment."
OUT_OF_TIME = "This search took too long and was given up: ask for fewer words, or for whole words instead of patterns."


class IndexOfOtherVersion(Unavailable):
    """Another version of the program has made the index: a rebuild is all that it needs."""


@dataclass(frozen=True, slots=True)
class IndexHit:
    """A hit: the id of an item, or of an annotation if passages were requested. No score if none was requested.

    `nearest`: the number of its embedding that is nearest to the question, if that is among the nearest of all.
    `has_words`: it holds words of the query.
    """

    id: str
    score: float | None
    nearest: int | None = None
    has_words: bool = True


@dataclass(frozen=True, slots=True)
class IndexAnswer:
    """The answer of the index: ids and counts.

    `facets` by name, `date` and `year` among them; groups as ids, authors as logins. `marker` marks the words of the
    query; None if there are none. `total` and the facets count what holds words of the query; `without_words` counts
    the hits, on all pages, that only their embeddings found. `is_fused`: some embedding is near that of the question.
    """

    total: int
    hits: tuple[IndexHit, ...]
    facets: Mapping[str, tuple[tuple[str, int], ...]]
    left_out: tuple[IgnoredPart, ...]
    marker: Marker | None
    planned: SearchPlan
    without_words: int = 0
    is_fused: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the index follows, and which database: the number of the last change that the index holds."""

    base: str = ""
    number: int = 0

    def is_of_database(self, base: str) -> bool:
        """Whether the index follows this database; an index without a checkpoint can begin with it."""
        return self.base == base or self == Checkpoint()


@dataclass(frozen=True, slots=True)
class IndexSearch:
    """One search of the index. All methods raise Unavailable."""

    engine: Engine
    planned: SearchPlan

    def answer(self) -> IndexAnswer:
        """A page of hits, the counts, and what was searched."""
        planned = self.planned
        hits = self._hits(planned.plan)
        return IndexAnswer(
            total=hits.total,
            hits=_index_hits(hits, planned.plan),
            facets={_facet_name(facet): facet.counts for facet in hits.facets},
            left_out=tuple(dict.fromkeys((*planned.parsed.left_out, *map(_limited, hits.limited))))
            if planned.parsed
            else (),
            marker=self.marker(),
            planned=planned,
        )

    def nearest(self, question: EmbeddedQuestion, limit: int) -> tuple[NearestHit, ...]:
        """The documents whose embeddings are nearest to that of a question, under the same conditions."""
        plan = self.planned.plan
        # A part of `within`, because engines keep what that allows, and most searches have no filter.
        within = And((plan.within, AnyOf("embedding_model", (question.model,))))
        nearest = NearestPlan("embedding", question.vector, within, plan.filters, limit, plan.bounds)
        with index_errors_translated():
            return self.engine.nearest(nearest)

    def page(self, start: int, size: int) -> "IndexSearch":
        """The same search, another page of it."""
        return replace(self, planned=replace(self.planned, plan=replace(self.planned.plan, start=start, size=size)))

    def hits(self, start: int, size: int) -> tuple[IndexHit, ...]:
        """The hits of a page, without counts."""
        return _index_hits(self._hits(replace(self.planned.plan, facets=(), start=start, size=size)), self.planned.plan)

    def count(self) -> int:
        """The number of hits."""
        return self._hits(self._plan_without_output).total

    def listed(self) -> tuple[int, tuple[str, ...]]:
        """The number of hits, and the ids of the page, in order."""
        hits = self._hits(replace(self.planned.plan, facets=()))
        return hits.total, tuple(id_from_key(hit.key) for hit in hits.page)

    def ordered_ids(self) -> tuple[str, ...]:
        """The ids of all hits, on all pages, in order."""
        return self._ids(replace(self.planned.plan, facets=(), start=0, size=self.count()))

    def values(self, name: str) -> tuple[tuple[str, int], ...]:
        """All values of one facet over the hits, with their counts: groups as ids."""
        plan = replace(self._plan_without_output, facets=(FacetRequest(name, limit=None),))
        return self._hits(plan).facets[0].counts

    def ids(self) -> frozenset[str]:
        """The ids of all hits, on all pages."""
        return frozenset(self._ids(replace(self._plan_without_output, size=self.count())))

    def first_ids(self, limit: int) -> tuple[str, ...]:
        """The ids of `limit` hits at most, in no order."""
        return self._ids(replace(self._plan_without_output, size=limit))

    def added_from(self, day: str) -> "IndexSearch":
        """The same search of what was added on a day (`YYYY-MM-DD`) or later, beside the dates of the request."""
        return self._filtered("added_from", Range("added", low=days_of(day)[0]))

    def filter(self, name: str, values: Iterable[str]) -> "IndexSearch":
        """The same search of the documents that have one of these values in a field; facets count them alone."""
        return self._filtered(f"filter_{name}", AnyOf(name, tuple(values)))

    def exclude(self, name: str, values: Iterable[str]) -> "IndexSearch":
        """The same search of the documents that have none of these values in a field, also for the facets."""
        return self._filtered(f"exclude_{name}", Not(AnyOf(name, tuple(values))))

    def marker(self) -> Marker | None:
        """The marker of the query's words in a text; None if it has no words."""
        return Marker(self.planned.marked, SCHEMA) if self.planned.marked else None

    @property
    def _plan_without_output(self) -> Plan:
        """The same conditions, without a page, an order or counts."""
        return replace(self.planned.plan, facets=(), sort=(), by_score=False, start=0, size=0)

    def _filtered(self, name: str, query: Query) -> "IndexSearch":
        plan = self.planned.plan
        plan = replace(plan, filters=(*plan.filters, Filter(name, query)))
        return replace(self, planned=replace(self.planned, plan=plan))

    def _ids(self, plan: Plan) -> tuple[str, ...]:
        return tuple(id_from_key(hit.key) for hit in self._hits(plan).page)

    def _hits(self, plan: Plan) -> Hits:
        with index_errors_translated():
            return self.engine.search(plan)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The open index of the library. `bounds`: the limits of one search."""

    engine: Engine
    bounds: Bounds = DEFAULT_BOUNDS

    def search(
        self, request: SearchRequest, readable: ReadableGroups, matchers: Sequence[VocabularyMatcher] = ()
    ) -> IndexSearch:
        """The search of a request in the groups that the user may read. Raises Unavailable.

        `matchers` are the vocabularies that expand it, of some of these groups.
        """
        planned = plan_search(request, *readable, self.bounds, matchers)
        if not request.is_verbatim and (sentence := sentence_of(request, planned)):
            unquoted = plan_search(replace(request, q=sentence.query), *readable, self.bounds, matchers)
            planned = replace(unquoted, sentence=sentence)
        if planned.may_expand and not request.is_verbatim:
            with index_errors_translated():
                # Items hold the words of their passages: a word that any item holds is not misspelt.
                items = KnownWords(self.engine, accessible_documents(View.ITEMS, readable.scope))
                planned = planned.expanded(KnownWords(self.engine, planned.plan.within), items)
        return IndexSearch(self.engine, planned)

    def checkpoint(self) -> Checkpoint:
        """The checkpoint of the index. Raises Unavailable."""
        with index_errors_translated():
            number, _, base = (self.engine.checkpoint() or "0").partition(" ")
        return Checkpoint(base, int(number))

    def damaged_files(self) -> tuple[DamagedFile, ...]:
        """Read every file of the index, and return the damaged ones, while others write.

        Raises Unavailable for an index of another version of the program.
        """
        with index_errors_translated():
            return self.engine.damaged_files()

    def close(self) -> None:
        """Close the files; the catalogue must not be used afterwards."""
        self.engine.close()


@contextmanager
def index_errors_translated() -> Iterator[None]:
    """Convert errors of the engine to errors of the library. Raises Unavailable."""
    try:
        yield
    except Outdated as error:
        raise outdated_index_error(error) from error
    except OutOfTime as error:
        raise Unavailable(OUT_OF_TIME) from error
    except OSError as error:
        raise Unavailable(UNREADABLE, why=error.strerror or type(error).__name__) from error


def outdated_index_error(error: Outdated) -> Unavailable:
    """The error of the library for an index that must be rebuilt."""
    return (IndexOfOtherVersion if isinstance(error, VersionMismatch) else Unavailable)(OUTDATED)


def load_search() -> None:
    """Load what every search needs, so that processes which are forked later share it."""
    load_engine()


def open_catalogue(url: str, memory: int | None = None, shared: Path | None = None) -> Catalogue:
    """The index at `whoosh:<folder>`. `memory` is the size of its cache, in MB, `shared` the folder in which the
    processes of one server keep most of it.
    """
    return Catalogue(open_engine(url, SCHEMA, None if memory is None else memory * MEGABYTE, shared))


def _index_hits(hits: Hits, plan: Plan) -> tuple[IndexHit, ...]:
    return tuple(IndexHit(id_from_key(hit.key), hit.score if plan.by_score else None) for hit in hits.page)


def _facet_name(facet: Facet) -> str:
    if facet.field in frozenset(DateKind):
        return "date"
    return "year" if facet.field.endswith("_year") else facet.field


def _limited(pattern: MultiTermQuery) -> IgnoredPart:
    """A pattern of which the engine has not searched all terms, as it is typed."""
    match pattern:
        case Prefix(_, value):
            text = f"{value}*"
        case Wildcard(_, text):
            pass
        case Fuzzy(_, value, distance):
            text = f"{value}~" if distance == 1 else f"{value}~{distance}"
        case _:
            assert_never(pattern)
    return IgnoredPart(IgnoredReason.TERMS, text)


def label_sort_key(label: str) -> str:
    """The sort key of labels: their letters without case and accents."""
    return fold(label)


def comparable_value(field: str, value: str) -> str:
    """The form in which values of a facet are compared: tags and sources ignore case."""
    return SCHEMA[field].compared(value)


def is_same_value(field: str, value: str, other: str) -> bool:
    """Whether two values of a facet are equal."""
    return comparable_value(field, value) == comparable_value(field, other)
