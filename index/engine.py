"""The interface of every engine: what it must do, and which errors it must raise."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from enum import Enum
from math import inf
from time import monotonic, thread_time
from typing import Protocol, assert_never

from index.document import Document, Value
from index.hits import Completion, Frequencies, Hits, Neighbour
from index.plan import Plan, Windows
from index.query import (
    AnyOf,
    Everything,
    Fuzzy,
    Leaf,
    Nothing,
    Phrase,
    Prefix,
    Query,
    Range,
    Term,
    TermInFields,
    Wildcard,
    leaves,
)
from index.schema import Kind, Schema
from index.vectors import NearestHit, NearestPlan, largest_component, vectors_problem

EPOCH = date(1970, 1, 1).toordinal()
FIRST_DAY, LAST_DAY = date.min.toordinal() - EPOCH, date.max.toordinal() - EPOCH
SMALLEST, LARGEST = -(2**63), 2**63 - 1


class Outdated(Exception):
    """The index was made with another schema or another analysis: it must be rebuilt before it can be searched."""


class VersionMismatch(Outdated):
    """The index is whole, but of another schema, analysis or format: another version of the program has made it."""


class Busy(Exception):
    """Another thread or process is writing this index."""


class OutOfTime(Exception):
    """The search has reached the time limit of its plan (`Bounds.seconds`), and was stopped."""


class Unindexable(Exception):
    """The document cannot be indexed; the writer is as it was before the call and can continue."""


def failure_of(error: Exception) -> str:
    """The error of a document as a sentence: many exceptions (MemoryError) have no message of their own."""
    return f"Analysing it failed: {type(error).__name__}{f' ({error})' if str(error) else ''}."[:500]


class Damage(Enum):
    """How a file of an index differs from its content when written."""

    MISSING = "missing"
    CHANGED = "changed"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A damaged file of an index: its path in the index folder, and its segment, if it belongs to one."""

    path: str
    segment: str | None
    damage: Damage


OWN = 0.1
"""The share of its time that a search must itself have worked to be given up: a machine that stands still is not its
fault, and each search would fail."""


class Deadline:
    """The time limit of a search in this thread."""

    __slots__ = ("_cpu_deadline", "_end")

    def __init__(self, seconds: float | None) -> None:
        self._end = inf if seconds is None else monotonic() + seconds
        self._cpu_deadline = inf if seconds is None else thread_time() + seconds * OWN

    def check(self) -> None:
        """Raise OutOfTime if the time is over."""
        if monotonic() >= self._end and thread_time() >= self._cpu_deadline:
            raise OutOfTime


NO_END = Deadline(None)


class Writer(Protocol):
    """Changes that become visible together, when the block of `Engine.write` ends without an exception."""

    def put(self, document: Document) -> None:
        """Add the document, in place of the one with the same key, if any.

        Raises Unindexable for any error of the analysis (MemoryError too).
        """

    def drop(self, field: str, value: str) -> None:
        """Delete the documents whose KEYWORD field holds the value, including those added before in this block.

        Values are compared as the field compares them. Raises ValueError for another kind of field.
        """

    def checkpoint(self, value: str) -> None:
        """Store the progress of the writer, as a text that becomes visible together with the changes."""


class Engine(Protocol):
    """A search engine. Any number of threads may search while one thread of one process writes."""

    def search(self, plan: Plan) -> Hits:
        """Answer from the newest commit.

        Raises Outdated, OutOfTime, ValueError for a plan that the schema cannot answer, and, as all methods do, OSError
        if the system refuses a file for a reason that is no damage (too many open files).
        """

    def complete(self, field: str, start: str, within: Query, limit: int) -> tuple[Completion, ...]:
        """The terms of a TEXT field, or the values of a KEYWORD field, that begin with `start`, or have a word that
        does.

        Letters are compared as `index.analysis.fold` gives them, any spaces as one. Order: by the number of documents
        of `within`, then values that begin with `start` before others, then by folded form, then by compared value. A
        KEYWORD value is spelled as a facet spells it. Documents outside `within` have no effect. Raises Outdated and
        ValueError.
        """

    def neighbours(self, field: str, term: str, within: Query, distance: int, limit: int) -> tuple[Neighbour, ...]:
        """The other terms, or values, of a field that are at most `distance` edits away (as for `Fuzzy`), nearest
        first.

        Within one distance, the order and the promises are those of `complete`.
        """

    def frequencies(self, field: str, terms: Sequence[str], within: Query) -> Frequencies:
        """How many documents of `within` hold each of these terms. Raises Outdated and ValueError."""

    def nearest(self, plan: NearestPlan) -> tuple[NearestHit, ...]:
        """The documents whose vectors are nearest to a question, by similarity, descending, then by key.

        Each document counts with its nearest vector. Of many vectors, an engine may miss a few; it then answers as if
        these did not exist, but never with fewer documents. It expects vectors of about one length, as models give
        them. Documents outside `within` have no effect. Raises Outdated, OutOfTime and ValueError.
        """

    def write(self) -> AbstractContextManager[Writer]:
        """Change the index. An exception in the block leaves it as it was. Raises Busy and Outdated."""

    def rebuild(self) -> AbstractContextManager[Writer]:
        """Write a new index beside the old one, which still answers, and swap at the end.

        The new one begins without documents and without a checkpoint; an exception leaves the old one. Raises Busy.
        """

    def tidy(self, seconds: float, *, thoroughly: bool = False) -> bool:
        """Work for about `seconds` on merges that make later searches fast; returns whether work is left. Raises
        Outdated.

        `thoroughly`: continue until no file holds data of a deleted document. No answer changes, and no reader or
        writer waits. Call it between blocks of writing, until no work is left.
        """

    def checkpoint(self) -> str | None:
        """The last committed checkpoint. Raises Outdated."""

    def entries(self) -> Iterator[tuple[str, str]]:
        """Every document's key and the digest of its content (`Document.digest`), in any order. Raises Outdated."""

    def damaged_files(self) -> tuple[DamagedFile, ...]:
        """Read the newest commit, while others write; return its damaged files. Raises Outdated."""

    def close(self) -> None:
        """Close the files; the engine must not be used afterwards."""


def require_indexable(document: Document, schema: Schema) -> None:
    """Raise Unindexable, with a sentence, if the document does not fit the schema.

    Refused: an unknown field, a value of the wrong type, more than one NUMBER or PERIOD, a number of more than 64 bits,
    a period that ends before it begins or leaves the years 1 to 9999, vectors of another form than that of
    `Kind.VECTOR`, of too many dimensions or too many of them, another key than the document's, and text that UTF-8
    cannot encode (halves of surrogate pairs), because no file could hold it.
    """
    texts: list[Value] = [document.key]
    for name, values in document.values.items():
        if name in schema.texts:
            texts += values
        elif name in schema.vectors:
            if problem := vectors_problem(values):
                raise Unindexable(f"{name!r} {problem}")
        elif len(values) != 1 or not _fits(name, values[0], schema):
            _require_number(name, values, schema)
    if any(value != document.key for value in document.values.get(schema.key, ())):
        raise Unindexable(f"{schema.key!r} does not hold the key of the document.")
    try:
        # All at once, which is quicker than one by one.
        "".join(texts).encode()  # type: ignore[arg-type]
    except (TypeError, UnicodeEncodeError):
        _require_texts(document, schema)


def _fits(name: str, value: Value, schema: Schema) -> bool:
    """Whether a field of another kind than TEXT may hold this value."""
    if name in schema.numbers:
        return type(value) is int and SMALLEST <= value <= LARGEST
    if name not in schema.periods or type(value) is not tuple or len(value) != 2:
        return False
    first, last = value
    return type(first) is type(last) is int and FIRST_DAY <= first <= last <= LAST_DAY


def _require_number(name: str, values: tuple[Value, ...], schema: Schema) -> None:
    """Raise for a value that does not fit in a field of another kind than TEXT."""
    if name not in schema.numbers | schema.periods:
        raise Unindexable(f"There is no field {name!r}.")
    if len(values) > 1:
        raise Unindexable(f"{name!r} holds {len(values)} values; it may hold one.")
    if values and name in schema.numbers:
        raise Unindexable(f"{name!r} must hold a whole number of 64 bits.")
    if values:
        raise Unindexable(f"{name!r} must hold a first day and a last day, in order, in the years 1 to 9999.")


def _require_texts(document: Document, schema: Schema) -> None:
    """Raise for a value of a text field that is no valid text."""
    _require_text("the key", document.key)
    for name in schema.texts & document.values.keys():
        for value in document.values[name]:
            _require_text(repr(name), value)


def _require_text(label: str, value: Value) -> None:
    if not isinstance(value, str):
        raise Unindexable(f"{label} must hold text.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Unindexable(f"{label} holds half of a surrogate pair, which is not a character.") from None


def require_valid_plan(plan: Plan, schema: Schema) -> None:
    """Raise ValueError, with a sentence, if the plan asks for something that the schema cannot answer.

    Refused: an unknown field; a node, facet or sort that a field's kind does not have; a phrase without one offset for
    each term, from 0 or more, never falling; a negative slop, distance, start, size, limit or bound; a field or a term
    of windows whose weight is not more than 0; windows without a field.
    """
    _require_queries((plan.query, plan.within, *(condition.query for condition in plan.filters)), schema)
    for facet in plan.facets:
        _require_kind(schema, facet.field, Kind.KEYWORD, Kind.PERIOD)
        _require_size("limit", facet.limit or 0)
    for key in plan.sort:
        _require_kind(schema, key.field, Kind.KEYWORD, Kind.NUMBER, Kind.PERIOD)
    for windows in plan.windows:
        _require_windows(windows, schema)
    _require_size("expansions", plan.bounds.expansions)
    _require_size("window_documents", plan.bounds.window_documents)
    _require_size("window_occurrences", plan.bounds.window_occurrences)
    _require_size("start", plan.start)
    _require_size("size", plan.size)


def require_valid_nearest(plan: NearestPlan, schema: Schema) -> None:
    """Raise ValueError, with a sentence, if the plan asks for something that the schema cannot answer.

    Refused: a field of another kind; what `require_valid_plan` refuses in a query; a vector without dimensions, with
    too many, or with a component that is not finite; a negative limit.
    """
    _require_kind(schema, plan.field, Kind.VECTOR)
    _require_queries((plan.within, *(condition.query for condition in plan.filters)), schema)
    largest_component(plan.vector)
    _require_size("limit", plan.limit)


def _require_queries(queries: Iterable[Query], schema: Schema) -> None:
    for query in queries:
        for leaf in leaves(query):
            _require_leaf(leaf, schema)


def _require_leaf(query: Leaf, schema: Schema) -> None:
    match query:
        case Everything() | Nothing():
            return
        case Term(field) | Prefix(field) | Wildcard(field):
            _require_kind(schema, field, Kind.TEXT, Kind.KEYWORD)
        case TermInFields(fields):
            for weighted in fields:
                _require_kind(schema, weighted.name, Kind.TEXT)
                _require_weight(weighted.weight)
        case Fuzzy(field, _, distance):
            _require_kind(schema, field, Kind.TEXT, Kind.KEYWORD)
            _require_size("distance", distance)
        case Phrase(field, values, offsets, slop):
            _require_kind(schema, field, Kind.TEXT)
            _require_size("slop", slop)
            if len(values) != len(offsets) or list(offsets) != sorted(offsets) or min(offsets, default=0) < 0:
                raise ValueError("A phrase needs one offset for each term, from 0 or more, never falling.")
        case Range(field):
            _require_kind(schema, field, Kind.NUMBER, Kind.PERIOD)
        case AnyOf(field):
            _require_kind(schema, field, Kind.KEYWORD)
        case _:
            assert_never(query)


def _require_windows(windows: Windows, schema: Schema) -> None:
    if not windows.fields:
        raise ValueError("Windows need a field.")
    for field in windows.fields:
        _require_kind(schema, field.name, Kind.TEXT)
        for term in field.terms:
            _require_leaf(term, schema)
            _require_weight(term.weight)


def _require_weight(weight: float) -> None:
    if not weight > 0:
        raise ValueError(f"The weight of a field or of a term in windows cannot be {weight}: it is more than 0.")


def _require_kind(schema: Schema, name: str, *kinds: Kind) -> None:
    try:
        kind = schema[name].kind
    except KeyError:
        raise ValueError(f"There is no field {name!r}.") from None
    if kind not in kinds:
        raise ValueError(
            f"{name!r} is a field of kind {kind.value}; this asks for {' or '.join(k.value for k in kinds)}."
        )


def _require_size(name: str, value: int) -> None:
    if value < 0:
        raise ValueError(f"{name} cannot be {value}: it is 0 or more.")
