"""The reference engine: its state, its writer, and how it builds an answer."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from threading import Lock
from typing import assert_never

from index.document import Document
from index.engine import (
    NO_END,
    Busy,
    DamagedFile,
    Deadline,
    Unindexable,
    failure_of,
    require_indexable,
    require_valid_nearest,
    require_valid_plan,
)
from index.hits import Completion, Frequencies, Hit, Hits, Neighbour
from index.plan import Plan, SortKey
from index.query import And, AnyOf, Everything, Fuzzy, MultiTermQuery, Prefix, Query
from index.schema import Field, Kind, Schema
from index.vectors import NearestHit, NearestPlan
from tests.reference_engine.expansion_limit import limited_expansions
from tests.reference_engine.facets import facet
from tests.reference_engine.matching import NO_EXPANSIONS, Expansions, matches
from tests.reference_engine.nearest import nearest_hits
from tests.reference_engine.scoring import score_of, word_statistics
from tests.reference_engine.stored_document import StoredDocument, store_document
from tests.reference_engine.term_lookups import complete, frequencies, neighbours
from tests.reference_engine.windows import raised_scores


@dataclass(frozen=True, slots=True)
class State:
    """The committed state. It is never changed, only replaced, so that a search can continue to read it."""

    documents: Mapping[str, StoredDocument]
    checkpoint: str | None = None


class ReferenceEngine:
    """An engine that keeps its documents in memory while the process lives. It is never Outdated."""

    def __init__(self, schema: Schema, state: State = State({})) -> None:
        self._schema = schema
        self._state = state
        self._writing = Lock()

    @property
    def state(self) -> State:
        """The committed state, from which another engine can start."""
        return self._state

    def search(self, plan: Plan) -> Hits:
        """Answer from the newest commit. Raises OutOfTime, and ValueError for a plan that the schema cannot answer."""
        require_valid_plan(plan, self._schema)
        deadline = Deadline(plan.bounds.seconds)
        readable = self._found(plan.within, tuple(self._state.documents.values()), deadline)
        limited = limited_expansions(plan, readable, self._schema)
        matched = self._found(plan.query, readable, deadline, limited)
        hits = _sorted(self._scored(plan, readable, self._filtered(plan, matched), limited), plan, self._schema)
        facets = tuple(
            facet(request, self._filtered(plan, matched, request.without), self._schema) for request in plan.facets
        )
        page = tuple(hit for hit, _ in hits[plan.start : plan.start + plan.size])
        return Hits(len(hits), page, facets, tuple(limited))

    def complete(self, field: str, start: str, within: Query, limit: int) -> tuple[Completion, ...]:
        """Values that begin with `start`. Raises ValueError for an impossible request."""
        readable = self._readable(Prefix(field, start), within, limit)
        return complete(self._schema[field], start, readable, limit)

    def neighbours(self, field: str, term: str, within: Query, distance: int, limit: int) -> tuple[Neighbour, ...]:
        """Values with a similar spelling. Raises ValueError for an impossible request."""
        readable = self._readable(Fuzzy(field, term, distance), within, limit)
        return neighbours(self._schema[field], term, readable, distance, limit)

    def frequencies(self, field: str, terms: Sequence[str], within: Query) -> Frequencies:
        """How many documents hold each term. Raises ValueError for an impossible request."""
        readable = self._readable(Prefix(field, ""), within)
        return frequencies(self._schema[field], terms, readable)

    def nearest(self, plan: NearestPlan) -> tuple[NearestHit, ...]:
        """The nearest documents. Raises OutOfTime, and ValueError for a plan that the schema cannot answer."""
        require_valid_nearest(plan, self._schema)
        deadline = Deadline(plan.bounds.seconds)
        conditions = And((plan.within, *(condition.query for condition in plan.filters)))
        found = self._found(conditions, tuple(self._state.documents.values()), deadline)
        return nearest_hits(found, plan.field, plan.vector, plan.limit)

    def _readable(self, query: MultiTermQuery, within: Query, limit: int = 0) -> tuple[StoredDocument, ...]:
        """The documents of `within`, after a check of the request."""
        require_valid_plan(Plan(query, within, size=limit), self._schema)
        return self._found(within, tuple(self._state.documents.values()), NO_END)

    def _found(
        self, query: Query, documents: Sequence[StoredDocument], deadline: Deadline, limited: Expansions = NO_EXPANSIONS
    ) -> tuple[StoredDocument, ...]:
        hits = []
        for document in documents:
            deadline.check()
            if matches(query, document, self._schema, limited):
                hits.append(document)
        return tuple(hits)

    def _filtered(
        self, plan: Plan, matched: Sequence[StoredDocument], without: str | None = None
    ) -> tuple[StoredDocument, ...]:
        """The documents that the filters let through, without the filters of one name."""
        chosen = And(tuple(filter_.query for filter_ in plan.filters if without is None or filter_.name != without))
        return tuple(document for document in matched if matches(chosen, document, self._schema))

    def _scored(
        self, plan: Plan, readable: Sequence[StoredDocument], documents: Sequence[StoredDocument], limited: Expansions
    ) -> list[tuple[Hit, StoredDocument]]:
        if not plan.by_score:
            return [(Hit(document.key, 0.0), document) for document in documents]
        words = word_statistics(readable)
        scores = {document.key: score_of(plan.query, document, words, self._schema, limited) for document in documents}
        for windows in plan.windows:
            scores = raised_scores(windows, scores, documents, words, plan.bounds)
        return [(Hit(document.key, scores[document.key]), document) for document in documents]

    @contextmanager
    def write(self) -> Iterator["ReferenceWriter"]:
        """Change the documents. An exception in the block leaves them as they were. Raises Busy."""
        with self._alone():
            writer = ReferenceWriter(self._schema, self._state)
            yield writer
            self._state = writer.state()

    @contextmanager
    def rebuild(self) -> Iterator["ReferenceWriter"]:
        """Start again from nothing, beside the present state, and replace it at the end. Raises Busy."""
        with self._alone():
            writer = ReferenceWriter(self._schema, State({}))
            yield writer
            self._state = writer.state()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one block write at a time. Raises Busy at once: a thread could otherwise wait for itself for ever."""
        if not self._writing.acquire(blocking=False):
            raise Busy("Somebody else is writing this index.")
        try:
            yield
        finally:
            self._writing.release()

    def tidy(self, seconds: float, *, thoroughly: bool = False) -> bool:
        """There is never any work left."""
        return False

    def checkpoint(self) -> str | None:
        """The last checkpoint that was committed."""
        return self._state.checkpoint

    def entries(self) -> Iterator[tuple[str, str]]:
        """Every document's key and digest."""
        return ((document.key, document.digest) for document in self._state.documents.values())

    def damaged_files(self) -> tuple[DamagedFile, ...]:
        """None, because it has no files."""
        return ()

    def close(self) -> None:
        """Drop all documents."""
        self._state = State({})


class ReferenceWriter:
    """A copy of the state, to change it and then replace the state."""

    def __init__(self, schema: Schema, state: State) -> None:
        self._schema = schema
        self._documents = dict(state.documents)
        self._checkpoint = state.checkpoint

    def put(self, document: Document) -> None:
        """Add the document, in place of the one with the same key, if any. Raises Unindexable."""
        require_indexable(document, self._schema)
        try:
            stored = store_document(document, self._schema)
        except Exception as error:
            raise Unindexable(failure_of(error)) from error
        self._documents[document.key] = stored

    def drop(self, field: str, value: str) -> None:
        """Delete the documents whose KEYWORD field holds the value. Raises ValueError for another kind of field."""
        condition = AnyOf(field, (value,))
        require_valid_plan(Plan(condition, Everything()), self._schema)
        self._documents = {
            key: document for key, document in self._documents.items() if not matches(condition, document, self._schema)
        }

    def checkpoint(self, value: str) -> None:
        """Store how far the writing has come."""
        self._checkpoint = value

    def state(self) -> State:
        """The new state."""
        return State(self._documents, self._checkpoint)


def _sorted(hits: Sequence[tuple[Hit, StoredDocument]], plan: Plan, schema: Schema) -> list[tuple[Hit, StoredDocument]]:
    """The hits in the order of the plan: sorted by the last rule first, because each sort keeps the order of equals."""
    ordered = sorted(hits, key=lambda pair: pair[0].key)
    for key in reversed(plan.sort):
        ordered = _by(key, ordered, schema[key.field])
    return sorted(ordered, key=lambda pair: -pair[0].score)


def _by(key: SortKey, hits: Sequence[tuple[Hit, StoredDocument]], field: Field) -> list[tuple[Hit, StoredDocument]]:
    """The hits by one field, those without a value last."""
    ranked = [(_rank(document, field), (hit, document)) for hit, document in hits]
    sortable = [(rank, pair) for rank, pair in ranked if rank is not None]
    bare = [pair for rank, pair in ranked if rank is None]
    return [pair for _, pair in sorted(sortable, key=itemgetter(0), reverse=key.descending)] + bare


def _rank(document: StoredDocument, field: Field) -> tuple[str | int, ...] | None:
    """The sort key of a document, comparable within one field; None without a value."""
    match field.kind:
        case Kind.KEYWORD:
            return tuple(map(field.compared, document.strings.get(field.name, ())[:1])) or None
        case Kind.NUMBER:
            return (document.numbers[field.name],) if field.name in document.numbers else None
        case Kind.PERIOD:
            return document.periods[field.name][:1] if field.name in document.periods else None
        case Kind.TEXT | Kind.VECTOR:
            return None
        case _:
            assert_never(field.kind)
