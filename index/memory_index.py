"""A small index in memory of a few documents, which says of many searches what they find in it.

It finds exactly what an engine would find that holds these documents alone (`Engine.search`), but for the bound on the
terms of a wildcard (`Bounds.expansions`), which a few documents do not reach. It neither scores nor counts. A set of
documents is one whole number, whose bit n stands for document n, so that a search takes some microseconds.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract_iter

from index.analysis import terms_of
from index.document import Document
from index.engine import require_indexable
from index.plan import Plan
from index.query import (
    And,
    AnyOf,
    Everything,
    Fuzzy,
    MultiTermQuery,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Query,
    Range,
    Term,
    TermInFields,
    Wildcard,
)
from index.schema import Field, Kind, Schema

Docs = int
"""A set of documents: bit n for document n."""
Positions = dict[int, list[int]]
"""The positions of a term, ascending, by the number of the piece of text."""


class MemoryIndex:
    """One thread fills it; then threads may share it."""

    __slots__ = (
        "_docs",
        "_docs_of_piece",
        "_every",
        "_expanded",
        "_keys",
        "_positions",
        "_ranges",
        "_schema",
        "_sorted",
    )

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._keys: list[str] = []
        self._docs: dict[str, dict[str, Docs]] = {field.name: {} for field in schema.fields}
        self._positions: dict[str, dict[str, Positions]] = {field.name: {} for field in schema.fields}
        self._docs_of_piece: list[Docs] = []
        self._ranges: dict[str, list[tuple[Docs, int, int]]] = {}
        self._sorted: dict[str, list[str]] = {}
        self._expanded: dict[MultiTermQuery, Docs] = {}
        self._every: Docs = 0

    def add(self, documents: Sequence[Document]) -> None:
        """Add documents, whose keys are new. Raises Unindexable if one does not fit the schema; none is added then."""
        for document in documents:
            require_indexable(document, self._schema)
        for document in documents:
            self._add(document)
        self._every = (1 << len(self._keys)) - 1
        self._sorted.clear()
        self._expanded.clear()

    def keys(self, plan: Plan) -> tuple[str, ...]:
        """The keys of the documents that a search finds, on all its pages, in the order in which they were added."""
        docs = self._found(plan.within)
        for condition in plan.filters:
            docs = docs and docs & self._found(condition.query)
        docs = docs and docs & self._found(plan.query)
        return tuple(self._keys[number] for number in _numbers_in(docs)) if docs else ()

    def _add(self, document: Document) -> None:
        doc: Docs = 1 << len(self._keys)
        self._keys.append(document.key)
        for name, values in document.values.items():
            field = self._schema[name]
            match field.kind:
                case Kind.TEXT:
                    for text in values:
                        self._add_text(field, str(text), document.language, doc)
                case Kind.KEYWORD:
                    for value in values:
                        _put(self._docs[name], field.compared(str(value)), doc)
                case Kind.NUMBER | Kind.PERIOD:
                    for range_ in values:
                        first, last = range_ if isinstance(range_, tuple) else (range_, range_)
                        self._ranges.setdefault(name, []).append((doc, int(first), int(last)))
                case Kind.VECTOR:
                    pass
        _put(self._docs[self._schema.key], document.key, doc)

    def _add_text(self, field: Field, text: str, language: str | None, doc: Docs) -> None:
        terms = terms_of(text, language)
        piece, positions, docs = len(self._docs_of_piece), self._positions[field.name], self._docs[field.name]
        self._docs_of_piece.append(doc)
        for term, position in zip(terms.exact if field.exact else terms.stems, terms.positions, strict=True):
            docs[term] = docs.get(term, 0) | doc
            positions.setdefault(term, {}).setdefault(piece, []).append(position)

    def _found(self, query: Query) -> Docs:
        return _FINDERS[type(query)](self, query)

    def _in_all(self, query: And) -> Docs:
        docs = self._every
        for part in query.parts:
            docs = docs and docs & self._found(part)
        return docs

    def _in_any(self, query: Or) -> Docs:
        docs: Docs = 0
        for part in query.parts:
            docs |= self._found(part)
        return docs

    def _with_term(self, query: Term) -> Docs:
        return self._docs[query.field].get(_term_form(self._schema[query.field], query.value), 0)

    def _with_term_in_fields(self, query: TermInFields) -> Docs:
        docs: Docs = 0
        for field in query.fields:
            docs |= self._docs[field.name].get(query.value, 0)
        return docs

    def _with_any_value(self, query: AnyOf) -> Docs:
        field, docs_by_term = self._schema[query.field], self._docs[query.field]
        docs: Docs = 0
        for value in query.values:
            docs |= docs_by_term.get(field.compared(value), 0)
        return docs

    def _in_range(self, query: Range) -> Docs:
        low, high = query.low, query.high
        if low is not None and high is not None and low > high:
            return 0
        docs: Docs = 0
        for doc, first, last in self._ranges.get(query.field, ()):
            if (high is None or first <= high) and (low is None or low <= last):
                docs |= doc
        return docs

    def _with_phrase(self, query: Phrase) -> Docs:
        by_term = self._positions[query.field]
        by_pieces = [by_term.get(value) for value in query.values]
        docs: Docs = 0
        if not by_pieces or None in by_pieces:
            return docs
        shortest = min((by_piece for by_piece in by_pieces if by_piece is not None), key=len)
        for piece in shortest:
            positions = [by_piece.get(piece, ()) for by_piece in by_pieces if by_piece is not None]
            if not docs & self._docs_of_piece[piece] and all(positions) and _is_phrase(positions, query):
                docs |= self._docs_of_piece[piece]
        return docs

    def _with_pattern(self, query: MultiTermQuery) -> Docs:
        known = self._expanded.get(query)
        if known is None:
            docs_by_term = self._docs[query.field]
            known = 0
            for term in self._terms_of_pattern(query):
                known |= docs_by_term[term]
            self._expanded[query] = known
        return known

    def _terms_of_pattern(self, query: MultiTermQuery) -> Iterator[str]:
        terms, field = self._sorted_terms(query.field), self._schema[query.field]
        match query:
            case Prefix(_, value):
                return _terms_from(terms, _term_form(field, value))
            case Wildcard(_, pattern):
                whole = _term_form(field, pattern)
                start = whole[: min(place for sign in "*?" if (place := (whole + sign).find(sign)) >= 0)]
                return (term for term in _terms_from(terms, start) if _fits_pattern(whole, term))
            case Fuzzy(_, value, distance):
                word = _term_form(field, value)
                near = extract_iter(word, terms, scorer=OSA.distance, processor=None, score_cutoff=distance)
                return (term for term, _, _ in near)

    def _sorted_terms(self, name: str) -> list[str]:
        terms = self._sorted.get(name)
        if terms is None:
            terms = self._sorted[name] = sorted(self._docs[name])
        return terms


_FINDERS: Mapping[type, Callable[[MemoryIndex, Any], Docs]] = {
    Everything: lambda index, _: index._every,
    Nothing: lambda _index, _query: 0,
    Term: MemoryIndex._with_term,
    TermInFields: MemoryIndex._with_term_in_fields,
    AnyOf: MemoryIndex._with_any_value,
    Range: MemoryIndex._in_range,
    Phrase: MemoryIndex._with_phrase,
    Prefix: MemoryIndex._with_pattern,
    Wildcard: MemoryIndex._with_pattern,
    Fuzzy: MemoryIndex._with_pattern,
    And: MemoryIndex._in_all,
    Or: MemoryIndex._in_any,
    Not: lambda index, query: index._every & ~index._found(query.part),
}


def _put(docs_by_term: dict[str, Docs], value: str, doc: Docs) -> None:
    docs_by_term[value] = docs_by_term.get(value, 0) | doc


def _numbers_in(docs: Docs) -> Iterator[int]:
    """The numbers of the documents of a set, ascending."""
    while docs:
        lowest = docs & -docs
        yield lowest.bit_length() - 1
        docs ^= lowest


def _term_form(field: Field, value: str) -> str:
    """A value in the form of the field's terms; the terms of a TEXT field do not change."""
    return field.compared(value) if field.kind is Kind.KEYWORD else value


def _terms_from(terms: list[str], start: str) -> Iterator[str]:
    """The terms that begin with a text, of sorted ones."""
    for place in range(bisect_left(terms, start), len(terms)):
        if not terms[place].startswith(start):
            return
        yield terms[place]


def _is_phrase(positions: Sequence[Sequence[int]], phrase: Phrase) -> bool:
    """Whether there is a position for each term, in order and close enough together: see `Phrase`.

    Each term takes the first position that leaves its step long enough, and so leaves the most room for the next.
    """
    offsets = phrase.offsets
    span = offsets[-1] - offsets[0]
    for start in positions[0]:
        end = start
        for term_positions, before, after in zip(positions[1:], offsets, offsets[1:], strict=False):
            place = bisect_left(term_positions, end + after - before)
            if place == len(term_positions):
                return False
            end = term_positions[place]
        if end - start - span <= phrase.slop:
            return True
    return False


def _fits_pattern(pattern: str, term: str) -> bool:
    """Whether a pattern fits the whole term: `*` stands for any characters or none, `?` for one.

    One row for each character of the pattern: bit n says whether the first n characters of the term fit so far.
    """
    places = _positions_of_characters(term)
    every_place = (2 << len(term)) - 1
    row = 1
    for sign in pattern:
        if sign == "*":
            row = -(row & -row) & every_place
        else:
            row = row << 1 & (every_place if sign == "?" else places.get(sign, 0))
        if not row:
            return False
    return row >> len(term) == 1


@lru_cache(maxsize=16384)
def _positions_of_characters(term: str) -> Mapping[str, int]:
    places: dict[str, int] = {}
    for place, sign in enumerate(term, 1):
        places[sign] = places.get(sign, 0) | 1 << place
    return places
