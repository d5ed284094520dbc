"""Decide whether a document matches a query."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import assert_never

from index.query import (
    And,
    AnyOf,
    Everything,
    Fuzzy,
    Leaf,
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
from tests.reference_engine.stored_document import Piece, StoredDocument

Expansions = Mapping[MultiTermQuery, frozenset[str]]
"""For each limited wildcard, its terms."""
NO_EXPANSIONS: Expansions = {}


def matches(query: Query, document: StoredDocument, schema: Schema, limited: Expansions = NO_EXPANSIONS) -> bool:
    """Whether the document matches the query."""
    match query:
        case And(parts):
            return all(matches(part, document, schema, limited) for part in parts)
        case Or(parts):
            return any(matches(part, document, schema, limited) for part in parts)
        case Not(part):
            return not matches(part, document, schema, limited)
        case Prefix() | Wildcard() | Fuzzy() if query in limited:
            return not limited[query].isdisjoint(document.terms(schema[query.field]))
        case _:
            return _leaf_finds(query, document, schema)


def _leaf_finds(query: Leaf, document: StoredDocument, schema: Schema) -> bool:
    match query:
        case Everything():
            return True
        case Nothing():
            return False
        case Term(name, value):
            return _term_form(schema[name], value) in document.terms(schema[name])
        case TermInFields(fields, value):
            return any(value in document.terms(schema[field.name]) for field in fields)
        case AnyOf(name):
            return not _term_forms(query, schema[name]).isdisjoint(document.terms(schema[name]))
        case Phrase(name):
            return any(_holds_phrase(query, piece) for piece in document.pieces.get(name, ()))
        case Range(name, low, high):
            return _in_range(_extent(document, name), low, high)
        case Prefix() | Wildcard() | Fuzzy():
            field = schema[query.field]
            return any(multi_term_matches(query, field, term) for term in document.terms(field))
        case _:
            assert_never(query)


def _term_form(field: Field, value: str) -> str:
    """A value in the form of the field's terms; the terms of a TEXT field do not change."""
    return field.compared(value) if field.kind is Kind.KEYWORD else value


@lru_cache(maxsize=16)
def _term_forms(query: AnyOf, field: Field) -> frozenset[str]:
    return frozenset(map(field.compared, query.values))


def multi_term_matches(query: MultiTermQuery, field: Field, term: str) -> bool:
    """Whether a wildcard matches a term of a field."""
    match query:
        case Prefix(_, value):
            return term.startswith(_term_form(field, value))
        case Wildcard(_, pattern):
            return pattern_matches(_term_form(field, pattern), term)
        case Fuzzy(_, value, distance):
            return edit_distance(_term_form(field, value), term) <= distance
        case _:
            assert_never(query)


def _extent(document: StoredDocument, name: str) -> tuple[int, int] | None:
    """The days of a period, or a number as a period of one; None without a value."""
    if name in document.numbers:
        return document.numbers[name], document.numbers[name]
    return document.periods.get(name)


def _in_range(extent: tuple[int, int] | None, low: int | None, high: int | None) -> bool:
    if extent is None or (low is not None and high is not None and low > high):
        return False
    first, last = extent
    return (high is None or first <= high) and (low is None or low <= last)


def _holds_phrase(phrase: Phrase, piece: Piece) -> bool:
    """Whether one piece of a text has a position for each term, in order and close enough together."""
    if not phrase.values:
        return False
    span = phrase.offsets[-1] - phrase.offsets[0]
    return any(
        _nearest_end(phrase, piece, start) - start - span <= phrase.slop
        for start in _positions(piece, phrase.values[0])
    )


def _nearest_end(phrase: Phrase, piece: Piece, start: int) -> float:
    """The smallest position of the last term if the first one stands at `start`; infinity if there is none.

    Each term takes the first position that keeps the step at least as long as its offset: the earliest position of a
    term leaves the most room for the next.
    """
    position: float = start
    for value, before, after in zip(phrase.values[1:], phrase.offsets, phrase.offsets[1:], strict=False):
        expected = position + after - before
        position = min(
            (found_position for found_position in _positions(piece, value) if found_position >= expected),
            default=float("inf"),
        )
    return position


def _positions(piece: Piece, searched_term: str) -> Iterator[int]:
    return (position for term, position in piece if term == searched_term)


def pattern_matches(pattern: str, text: str) -> bool:
    """Whether the pattern matches the whole text: `*` stands for any characters or none, `?` for one.

    One row for each character of the pattern: bit n says whether the first n characters of the text match so far. No
    pattern takes longer than its length times the text's.
    """
    places: dict[str, int] = {}
    for at, sign in enumerate(text, 1):
        places[sign] = places.get(sign, 0) | 1 << at
    every_place = (2 << len(text)) - 1
    row = 1
    for sign in pattern:
        if sign == "*":
            # From the first matching prefix on, all match.
            row = -(row & -row) & every_place
        else:
            row = row << 1 & (every_place if sign == "?" else places.get(sign, 0))
    return row >> len(text) == 1


def edit_distance(first: str, other: str) -> int:
    """The optimal string alignment distance of two words."""
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(first, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and first[i - 2] == b:
                cost = min(cost, rows[i - 2][j - 2] + 1)
            row.append(cost)
        rows.append(row)
    return rows[-1][-1]
