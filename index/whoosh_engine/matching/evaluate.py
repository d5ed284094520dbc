"""Evaluate a query node in one segment: the documents that match, and their scores.

Each part of a conjunction is looked up only in the documents that the earlier parts matched, the shortest part first:
postings that cannot be in the answer are dropped before they are scored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

import numpy as np

from index.engine import NO_END, Deadline
from index.plan import K1
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
from index.schema import Kind
from index.whoosh_engine.candidate_docs import FEW, Candidates
from index.whoosh_engine.matching.multi_term_expansion import expanded_terms
from index.whoosh_engine.matching.phrases import phrase_docs, phrase_term_frequencies
from index.whoosh_engine.ranking.bm25 import ScopeStatistics
from index.whoosh_engine.storage.array_file import Floats, Ids, Ints
from index.whoosh_engine.storage.scored_docs import DENSE, NO_DOCS, NONE, ScoredDocs, distinct_ids, union
from index.whoosh_engine.storage.segments import Segment


@dataclass(frozen=True, slots=True)
class EvaluationContext:
    """The segment, the candidates in it (None: all), and the statistics for scores.

    Without a scope, nothing is scored. `limited` are the terms (ordinals) to which some wildcards are limited.
    """

    segment: Segment
    scope: ScopeStatistics | None = None
    candidates: Candidates | None = None
    limited: Mapping[MultiTermQuery, Ints] = field(default_factory=dict)
    deadline: Deadline = NO_END

    def with_candidates(self, candidates: Candidates | None) -> "EvaluationContext":
        """The same with other candidates. `replace` takes several times as long."""
        return EvaluationContext(self.segment, self.scope, candidates, self.limited, self.deadline)

    def narrowed(self, ids: Ids) -> Ids:
        """Of these documents of the segment, the candidates."""
        some = ids if self.candidates is None else ids.take(self.candidates.indices_in(ids))
        return some.astype(np.intp, copy=False)


def evaluate_query(query: Query, context: EvaluationContext, *, ordered: bool = True) -> ScoredDocs:
    """The matches of the query; without `ordered` in any order. Raises OutOfTime."""
    context.deadline.check()
    match query:
        case And(parts):
            return evaluate_all([(part, context) for part in parts], context)
        case Or(parts):
            each = [evaluate_query(part, context) for part in _alternatives(parts)]
            return union(each, context.segment.documents, ordered=ordered)
        case Not():
            return evaluate_all([(query, context)], context)
        case _:
            return _leaf(query, context)


def _alternatives(parts: Sequence[Query]) -> Iterator[Query]:
    """The parts of a disjunction, with nested ones flattened: one union is cheaper than several."""
    for part in parts:
        if isinstance(part, Or):
            yield from _alternatives(part.parts)
        else:
            yield part


def evaluate_all(parts: Sequence[tuple[Query, EvaluationContext]], context: EvaluationContext) -> ScoredDocs:
    """The candidates that match all parts; each part is scored in its own context."""
    documents = context.segment.documents
    candidates = context.candidates
    positive = [number for number, (part, _) in enumerate(parts) if not isinstance(part, Not | Everything)]
    each: dict[int, ScoredDocs] = {}
    for number in sorted(positive, key=lambda number: _expected(parts[number][0], context.segment)):
        query, own = parts[number]
        if isinstance(query, Range):
            candidates = _in_range(query, own.with_candidates(candidates))
        else:
            each[number] = evaluate_query(query, own.with_candidates(candidates))
            candidates = Candidates(documents, ids=each[number].ids)
    for query, _ in parts:
        if isinstance(query, Not):
            candidates = _without(query.part, replace(context, scope=None, candidates=candidates))
    if candidates is None:
        return ScoredDocs(context.segment.everything())
    return ScoredDocs(candidates.ids, _summed([each[number] for number in positive if number in each], candidates))


def _expected(query: Query, segment: Segment) -> int:
    """An estimate of how many documents match a part, and of its cost: only the order of evaluation depends on it."""
    match query:
        case Term(name, value):
            ordinal = segment.ordinal(name, segment.schema[name].compared(value))
            return 0 if ordinal < 0 else segment.frequency(name, ordinal)
        case AnyOf(name, values):
            return sum(_expected(Term(name, value), segment) for value in values)
        case TermInFields(fields, value):
            return sum(_expected(Term(weighted.name, value), segment) for weighted in fields)
        case And(parts):
            return min((_expected(part, segment) for part in parts), default=segment.documents)
        case Or(parts):
            return sum(_expected(part, segment) for part in parts)
        case Phrase(name, values):
            return min((_expected(Term(name, value), segment) for value in values), default=0)
        case Nothing():
            return 0
        case Prefix() | Wildcard() | Fuzzy():
            return segment.documents
        case Range():
            # For few documents, test each one; else read the range of all.
            return segment.documents // FEW
        case _:
            return segment.documents


def _without(query: Query, context: EvaluationContext) -> Candidates:
    """The candidates that do not match the query."""
    documents = context.segment.documents
    ids = context.segment.everything() if context.candidates is None else context.candidates.ids
    dropped = evaluate_query(query, context).ids
    if not len(dropped):
        return Candidates(documents, ids=ids)
    mask = np.zeros(documents, bool)
    mask[ids] = True
    mask[dropped] = False
    return Candidates(documents, ids=mask.nonzero()[0], mask=mask)


def _summed(parts: Sequence[ScoredDocs], candidates: Candidates) -> Floats | None:
    """The sum, in the order of the parts, of the scores that the parts give to these documents, all of which match."""
    total: Floats | None = None
    for part in parts:
        if part.scores is not None:
            same = len(part.ids) == len(candidates.ids)
            scores = part.scores if same else part.scores.take(candidates.indices_in(part.ids))
            total = scores if total is None else total + scores
    return total


def _leaf(query: Leaf, context: EvaluationContext) -> ScoredDocs:
    segment = context.segment
    match query:
        case Everything():
            return ScoredDocs(segment.everything() if context.candidates is None else context.candidates.ids)
        case Nothing():
            return NO_DOCS
        case Term(name, value, weight):
            return _term(name, value, weight, context)
        case TermInFields():
            return _term_in_fields(query, context)
        case AnyOf(name, values):
            return _any_value(name, values, context)
        case Phrase():
            ids = phrase_docs(query, segment, context.candidates)
            return ScoredDocs(ids, _phrase_scores(query, ids, context))
        case Range():
            return ScoredDocs(_in_range(query, context).ids)
        case Prefix(name) | Wildcard(name) | Fuzzy(name):
            ids = context.narrowed(_multi_term_docs(query, context))
            scored = context.scope is not None and segment.schema[name].kind is Kind.TEXT
            return ScoredDocs(ids, np.full(len(ids), float(query.weight)) if scored else None)
        case _:
            assert_never(query)


def _term(name: str, value: str, weight: float, context: EvaluationContext) -> ScoredDocs:
    segment = context.segment
    ordinal = segment.ordinal(name, segment.schema[name].compared(value))
    if ordinal < 0:
        return NO_DOCS
    if context.scope is None or segment.schema[name].kind is not Kind.TEXT:
        return ScoredDocs(context.narrowed(segment.ids(name, ordinal)))
    frequencies = segment.frequency_norms(name, ordinal)
    ids, codes = frequencies.ids, frequencies.codes
    if context.candidates is not None:
        indices = context.candidates.indices_in(ids)
        ids, codes = ids.take(indices), codes.take(indices)
    scores = context.scope.scores(name, value, frequencies, codes)
    return ScoredDocs(ids.astype(np.intp), scores if weight == 1.0 else weight * scores)


def _term_in_fields(query: TermInFields, context: EvaluationContext) -> ScoredDocs:
    """BM25F: the relative frequencies of all fields are added, then saturated."""
    segment, scope = context.segment, context.scope
    parts = []
    for weighted in query.fields:
        ordinal = segment.ordinal(weighted.name, query.value)
        if ordinal < 0:
            continue
        if scope is None:
            parts.append(ScoredDocs(context.narrowed(segment.ids(weighted.name, ordinal))))
            continue
        frequencies = segment.frequency_norms(weighted.name, ordinal)
        ids, codes = frequencies.ids, frequencies.codes
        if context.candidates is not None:
            indices = context.candidates.indices_in(ids)
            ids, codes = ids.take(indices), codes.take(indices)
        often = scope.relative_frequencies(weighted.name, frequencies, codes)
        parts.append(ScoredDocs(ids.astype(np.intp), weighted.weight * often))
    found = union(parts, segment.documents)
    if scope is None or found.scores is None:
        return found
    rarity = scope.rarity_in_any(tuple(weighted.name for weighted in query.fields), query.value)
    return ScoredDocs(found.ids, query.weight * rarity * (found.scores / (found.scores + K1)))


def _any_value(name: str, values: tuple[str, ...], context: EvaluationContext) -> ScoredDocs:
    segment = context.segment
    forms = {segment.schema[name].compared(value) for value in values}
    ordinals = sorted({segment.ordinal(name, form) for form in forms} - {-1})
    each = [ScoredDocs(context.narrowed(segment.ids(name, ordinal))) for ordinal in ordinals]
    return union(each, segment.documents)


def _phrase_scores(phrase: Phrase, ids: Ids, context: EvaluationContext) -> Floats | None:
    if context.scope is None or not len(ids):
        return None
    name, segment, scope = phrase.field, context.segment, context.scope
    often = phrase_term_frequencies(phrase, segment, ids)
    lengths, width = segment.lengths(name).take(ids), segment.width(name)
    each = {value: scope.scores_of_lengths(name, value, often[value], lengths, width) for value in often}
    total = sum((each[value] for value in phrase.values), np.zeros(len(ids)))
    return phrase.weight * total


def _in_range(query: Range, context: EvaluationContext) -> Candidates:
    documents, candidates = context.segment.documents, context.candidates
    low, high = query.low, query.high
    if low is not None and high is not None and low > high:
        return Candidates(documents, ids=NONE)
    value_ranges = context.segment.value_ranges(query.field)
    few = candidates.ids if candidates is not None and candidates.few else None
    if few is not None:
        value_ranges = value_ranges.at(few)
    inside = value_ranges.has
    if high is not None:
        inside = inside & (value_ranges.first <= high)
    if low is not None:
        inside = inside & (value_ranges.last >= low)
    if few is not None:
        return Candidates(documents, ids=few[inside])
    return Candidates(documents, mask=inside if candidates is None else inside & candidates.mask)


def _multi_term_docs(query: MultiTermQuery, context: EvaluationContext) -> Ids:
    """All documents of the segment that hold a term of a wildcard."""
    segment, name = context.segment, query.field
    if query in context.limited:
        return _holding(context.limited[query], name, segment)

    def look() -> Ids:
        return _holding(expanded_terms(query, segment), name, segment).astype(np.int32)

    return segment.cached(("like", replace(query, weight=1.0)), look).astype(np.intp)


def _holding(ordinals: Ints, name: str, segment: Segment) -> Ids:
    """The documents that hold any of some terms."""
    if len(ordinals) < 2:
        return segment.ids(name, int(ordinals[0])).astype(np.intp) if len(ordinals) else NONE
    postings = segment.postings(name)
    if int(postings.entries["documents"][ordinals].sum()) * DENSE < segment.documents:
        return distinct_ids(postings.many_ids(ordinals)[0].astype(np.intp), segment.documents)
    return postings.holding_any(ordinals).nonzero()[0]
