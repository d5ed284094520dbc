"""From a query node to what it finds in one segment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

import numpy as np

from index.engine import NO_END, Deadline
from index.query import (
    And,
    AnyOf,
    Everything,
    Fuzzy,
    Joker,
    Leaf,
    Not,
    Nothing,
    Or,
    Phrase,
    Prefix,
    Query,
    Range,
    Term,
    Wildcard,
)
from index.schema import Kind
from index.whoosh_engine.arrays import Floats, Ids, Ints
from index.whoosh_engine.expanding import expanded
from index.whoosh_engine.phrases import phrase_ids
from index.whoosh_engine.scoring import Scope
from index.whoosh_engine.segments import Segment
from index.whoosh_engine.sets import NONE, Found, any_of, both, everything, summed, without


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look, and with which statistics to score; without any, nothing is scored.

    `cuts` are the terms (ordinals) that some jokers are to stand for, and no others.
    """

    segment: Segment
    scope: Scope | None = None
    cuts: Mapping[Joker, Ints] = field(default_factory=dict)
    deadline: Deadline = NO_END

    def unscored(self) -> "Place":
        """The same, without scores."""
        return replace(self, scope=None)


def found(query: Query, place: Place) -> Found:
    """What the query finds in the segment, deleted documents included. Raises OutOfTime."""
    place.deadline.check()
    match query:
        case And(parts):
            return _all_of(parts, place)
        case Or(parts):
            each = [found(part, place) for part in parts]
            ids = any_of([part.ids for part in each], place.segment.documents)
            return Found(ids, summed(each, ids, place.segment.documents))
        case Not(part):
            segment = place.segment
            all_ids = everything(segment.documents).ids
            return Found(without(all_ids, found(part, place.unscored()).ids, segment.documents))
        case _:
            return _leaf(query, place)


def _all_of(parts: tuple[Query, ...], place: Place) -> Found:
    documents = place.segment.documents
    each = [found(part, place) for part in parts if not isinstance(part, Not | Everything)]
    lists = sorted((part.ids for part in each), key=len)
    ids = lists[0] if lists else everything(documents).ids
    for other in lists[1:]:
        ids = both(ids, other, documents)
    for part in parts:
        if isinstance(part, Not) and len(ids):
            ids = without(ids, found(part.part, place.unscored()).ids, documents)
    return Found(ids, summed(each, ids, documents))


def _leaf(query: Leaf, place: Place) -> Found:
    segment = place.segment
    match query:
        case Everything():
            return everything(segment.documents)
        case Nothing():
            return Found(NONE)
        case Term(name, value, weight):
            return _term(name, value, weight, place)
        case AnyOf(name, values):
            return Found(_any_value(name, values, segment))
        case Phrase(name):
            ids = phrase_ids(query, segment)
            return Found(ids, _phrase_scores(query, ids, place))
        case Range(name, low, high):
            return Found(_in_range(name, low, high, segment))
        case Prefix(name, text) | Wildcard(name, text) | Fuzzy(name, text):
            scored = place.scope is not None and segment.schema[name].kind is Kind.TEXT
            if query in place.cuts:
                ids = _holding(place.cuts[query], name, segment)
            else:
                ids = _resembling(query, name, text, segment)
            return Found(ids, np.full(len(ids), float(query.weight)) if scored else None)
        case _:
            assert_never(query)


def _compared(name: str, value: str, segment: Segment) -> str:
    field = segment.schema[name]
    return field.compared(value) if field.kind is Kind.KEYWORD else value


def _term(name: str, value: str, weight: float, place: Place) -> Found:
    segment = place.segment
    ordinal = segment.ordinal(name, _compared(name, value, segment))
    if ordinal < 0:
        return Found(NONE)
    ids = segment.ids(name, ordinal)
    if place.scope is None or segment.schema[name].kind is not Kind.TEXT:
        return Found(ids)
    scores = place.scope.scores(segment, name, value, ordinal)
    return Found(ids, scores if weight == 1.0 else weight * scores)


def _any_value(name: str, values: tuple[str, ...], segment: Segment) -> Ids:
    forms = {_compared(name, value, segment) for value in values}
    ordinals = sorted({segment.ordinal(name, form) for form in forms} - {-1})
    return any_of([segment.ids(name, ordinal) for ordinal in ordinals], segment.documents)


def _phrase_scores(phrase: Phrase, ids: Ids, place: Place) -> Floats | None:
    if place.scope is None or not len(ids):
        return None
    total = np.zeros(len(ids))
    for value in phrase.values:
        word = _term(phrase.field, value, 1.0, place)
        if word.scores is not None:
            total += word.scores[np.searchsorted(word.ids, ids)]
    return phrase.weight * total


def _in_range(name: str, low: int | None, high: int | None, segment: Segment) -> Ids:
    if low is not None and high is not None and low > high:
        return NONE
    extents = segment.extents(name)
    inside = extents.has
    if high is not None:
        inside = inside & (extents.first <= high)
    if low is not None:
        inside = inside & (extents.last >= low)
    return np.flatnonzero(inside).astype(np.int32)


def _holding(ordinals: Ints, name: str, segment: Segment) -> Ids:
    """The documents that hold any of some terms."""
    if len(ordinals) < 2:
        return segment.ids(name, int(ordinals[0])) if len(ordinals) else NONE
    ids, _ = segment.postings(name).many_ids(ordinals)
    # Several terms of one document name it several times, in no order: a union of two puts that right.
    return any_of([ids, ids[:1]], segment.documents)


def _resembling(query: Joker, name: str, text: str, segment: Segment) -> Ids:
    def look() -> Ids:
        ordinals = expanded(query, _compared(name, text, segment), segment.lexicon(name))
        return _holding(ordinals, name, segment)

    return segment.kept((name, "like", type(query), text, getattr(query, "distance", 0)), look, lambda ids: ids.nbytes)
